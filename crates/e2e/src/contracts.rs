//! What the contracts themselves answer: their read-only functions, asked through the node as any wallet does, and the transactions that
//! the node tells of. Clarity values are read from their bytes by nobody else's code.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value as Json, json};

use crate::devnet::{Account, Chain, SBTC};

/// The characters of an address.
const C32: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// A value of Clarity, as far as the contracts' answers are made of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Clarity {
    Uint(u128),
    Int(i128),
    Bool(bool),
    Nothing,
    Some(Box<Clarity>),
    Ok(Box<Clarity>),
    Err(Box<Clarity>),
    List(Vec<Clarity>),
    Tuple(BTreeMap<String, Clarity>),
    /// Text, bytes and principals, which no test looks into.
    Bytes(Vec<u8>),
}

impl Clarity {
    /// What is inside `(ok …)` and `(some …)`.
    pub(crate) fn inner(&self) -> Result<&Self> {
        match self {
            Self::Ok(inner) | Self::Some(inner) => inner.inner(),
            Self::Err(_) | Self::Nothing => bail!("the contract answered {self:?}"),
            other => Ok(other),
        }
    }

    /// An unsigned number among a tuple's fields.
    pub(crate) fn uint(&self, field: &str) -> Result<u128> {
        let Self::Tuple(fields) = self.inner()? else { bail!("no tuple: {self:?}") };
        match fields.get(field) {
            Some(Self::Uint(number)) => Ok(*number),
            other => bail!("its {field} is {other:?}"),
        }
    }

    fn read(bytes: &mut &[u8]) -> Result<Self> {
        let boxed = |bytes: &mut &[u8]| Self::read(bytes).map(Box::new);
        Ok(match take(bytes, 1)?[0] {
            0x00 => Self::Int(i128::from_be_bytes(take(bytes, 16)?.try_into()?)),
            0x01 => Self::Uint(u128::from_be_bytes(take(bytes, 16)?.try_into()?)),
            0x02 | 0x0d | 0x0e => {
                let length = length(bytes)?;
                Self::Bytes(take(bytes, length)?.to_vec())
            }
            0x03 => Self::Bool(true),
            0x04 => Self::Bool(false),
            0x05 => Self::Bytes(take(bytes, 21)?.to_vec()),
            0x06 => {
                let mut principal = take(bytes, 21)?.to_vec();
                let length = usize::from(take(bytes, 1)?[0]);
                principal.extend_from_slice(take(bytes, length)?);
                Self::Bytes(principal)
            }
            0x07 => Self::Ok(boxed(bytes)?),
            0x08 => Self::Err(boxed(bytes)?),
            0x09 => Self::Nothing,
            0x0a => Self::Some(boxed(bytes)?),
            0x0b => {
                let length = length(bytes)?;
                Self::List((0..length).map(|_| Self::read(bytes)).collect::<Result<_>>()?)
            }
            0x0c => {
                let count = length(bytes)?;
                let mut fields = BTreeMap::new();
                for _ in 0..count {
                    let length = usize::from(take(bytes, 1)?[0]);
                    let name = String::from_utf8(take(bytes, length)?.to_vec())?;
                    fields.insert(name, Self::read(bytes)?);
                }
                Self::Tuple(fields)
            }
            other => bail!("a value of the unknown type {other:#x}"),
        })
    }
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Result<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count).context("a value ends in its middle")?;
    *bytes = rest;
    Ok(taken)
}

fn length(bytes: &mut &[u8]) -> Result<usize> {
    Ok(usize::try_from(u32::from_be_bytes(take(bytes, 4)?.try_into()?))?)
}

fn from_hex(text: &str) -> Result<Vec<u8>> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    ensure!(digits.len().is_multiple_of(2) && digits.is_ascii(), "not hexadecimal: {text}");
    (0..digits.len())
        .step_by(2)
        .map(|at| {
            u8::from_str_radix(&digits[at..at + 2], 16).with_context(|| format!("not hexadecimal: {text}"))
        })
        .collect()
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold("0x".to_owned(), |text, byte| format!("{text}{byte:02x}"))
}

/// An unsigned number as an argument.
pub(crate) fn uint(number: u128) -> String {
    to_hex(&[&[0x01][..], &number.to_be_bytes()].concat())
}

/// A principal as an argument: an address, or an address with a contract's name after a point.
pub(crate) fn principal(text: &str) -> Result<String> {
    let (address, contract) =
        text.split_once('.').map_or((text, None), |(address, name)| (address, Some(name)));
    let bytes = address_bytes(address)?;
    Ok(to_hex(&match contract {
        None => [&[0x05][..], &bytes].concat(),
        Some(name) => [&[0x06][..], &bytes, &[u8::try_from(name.len())?], name.as_bytes()].concat(),
    }))
}

/// An address's version and hash. Its check sum is the node's business.
fn address_bytes(address: &str) -> Result<[u8; 21]> {
    let digit = |sign: char| C32.find(sign).and_then(|at| u8::try_from(at).ok());
    let mut signs = address.strip_prefix('S').with_context(|| format!("{address} is no address"))?.chars();
    let version = signs.next().and_then(digit).with_context(|| format!("{address} has no version"))?;
    // The hash and four bytes of check sum, as one number with leading zeros left out or not.
    let mut number = [0_u8; 24];
    for sign in signs {
        let mut carry = u32::from(digit(sign).with_context(|| format!("{address} has a `{sign}` in it"))?);
        for byte in number.iter_mut().rev() {
            carry += u32::from(*byte) << 5;
            *byte = carry.to_be_bytes()[3];
            carry >>= 8;
        }
        ensure!(carry == 0, "{address} is too long");
    }
    let mut bytes = [0; 21];
    bytes[0] = version;
    bytes[1..].copy_from_slice(&number[..20]);
    Ok(bytes)
}

/// The suite's contracts on a devnet.
pub(crate) struct Contracts {
    chain: Chain,
    deployer: String,
}

impl Contracts {
    /// Those that this devnet was founded with.
    pub(crate) async fn on(chain: &Chain) -> Result<Self> {
        let status = chain.get("/devnet/status").await?;
        let accounts = status["accounts"].as_array().context("the devnet names no accounts")?;
        let deployer = accounts.iter().find(|account| account["label"] == "deployer");
        let deployer = deployer.and_then(|account| account["address"].as_str()).context("no deployer")?;
        Ok(Self { chain: chain.clone(), deployer: deployer.to_owned() })
    }

    async fn call(&self, contract: &str, function: &str, arguments: &[String]) -> Result<Clarity> {
        let path = format!("/v2/contracts/call-read/{}/{contract}/{function}", self.deployer);
        let body = json!({ "sender": self.deployer, "arguments": arguments });
        let answer = self.chain.post(&path, &body).await?;
        let result = answer["result"].as_str().with_context(|| format!("{contract}.{function}: {answer}"))?;
        let bytes = from_hex(result)?;
        let mut rest = bytes.as_slice();
        let value = Clarity::read(&mut rest)?;
        ensure!(rest.is_empty(), "{contract}.{function}: more than a value: {result}");
        Ok(value)
    }

    /// How many policies were ever sold, which is the number of the newest.
    pub(crate) async fn policies(&self) -> Result<u64> {
        match self.call("policy-registry", "get-policy-count", &[]).await? {
            Clarity::Uint(count) => Ok(u64::try_from(count)?),
            other => bail!("the number of policies is {other:?}"),
        }
    }

    /// A policy's record.
    pub(crate) async fn policy(&self, id: u64) -> Result<Clarity> {
        self.call("policy-registry", "get-policy", &[uint(id.into())]).await
    }

    /// What the pool would give for a policy now, `refund`, and what activating it would pay, `payout`.
    pub(crate) async fn policy_value(&self, id: u64) -> Result<Clarity> {
        self.call("policy-registry", "get-policy-value", &[uint(id.into())]).await
    }

    /// What somebody has in a bucket of sBTC, after all closes so far.
    pub(crate) async fn provider(&self, tier: u128, who: &Account) -> Result<Clarity> {
        let token = SBTC.split("::").next().unwrap_or(SBTC);
        let arguments = [uint(tier), principal(token)?, principal(&who.address)?];
        self.call("liquidity-pool", "get-provider", &arguments).await
    }
}

/// What the node tells of a transaction.
pub(crate) struct Told {
    pub(crate) status: String,
    pub(crate) nonce: u64,
    /// In micro-STX.
    pub(crate) fee: u128,
    pub(crate) sender: String,
    events: Vec<Json>,
}

impl Told {
    /// What of sBTC it brought an account, less what it took, in satoshis.
    pub(crate) fn sbtc_for(&self, account: &Account) -> Result<i128> {
        self.moved_for(account, |event| event["asset"]["asset_id"] == SBTC)
    }

    /// The same of STX, the network's fee left out, in micro-STX.
    pub(crate) fn stx_for(&self, account: &Account) -> Result<i128> {
        self.moved_for(account, |event| event["event_type"] == "stx_asset")
    }

    fn moved_for(&self, account: &Account, is_asset: impl Fn(&Json) -> bool) -> Result<i128> {
        let mut sum = 0;
        for event in self.events.iter().filter(|event| is_asset(event)) {
            let asset = &event["asset"];
            let amount: i128 = asset["amount"].as_str().context("an event without an amount")?.parse()?;
            if asset["recipient"] == account.address.as_str() {
                sum += amount;
            }
            if asset["sender"] == account.address.as_str() {
                sum -= amount;
            }
        }
        Ok(sum)
    }
}

impl Chain {
    /// A transaction, by its identity with or without `0x`; `None` if the node has none.
    pub(crate) async fn transaction(&self, txid: &str) -> Result<Option<Told>> {
        let txid = txid.trim_start_matches("0x");
        let found = match self.get(&format!("/extended/v1/tx/0x{txid}")).await {
            Ok(found) => found,
            Err(error) if format!("{error:#}").contains("404") => return Ok(None),
            Err(error) => return Err(error),
        };
        let text = |field: &str| {
            found[field].as_str().map(str::to_owned).with_context(|| format!("no {field}: {found}"))
        };
        let events = found["events"].as_array().cloned().unwrap_or_default();
        let counted = found["event_count"].as_u64().unwrap_or_default();
        ensure!(
            counted == events.len() as u64,
            "the node told {} of {counted} events of {txid}",
            events.len()
        );
        Ok(Some(Told {
            status: text("tx_status")?,
            nonce: found["nonce"].as_u64().context("no nonce")?,
            fee: text("fee_rate")?.parse()?,
            sender: text("sender_address")?,
            events,
        }))
    }

    /// How many transactions of an account are in the chain, which is its next nonce.
    pub(crate) async fn executed(&self, account: &Account) -> Result<u64> {
        let answer = self.get(&format!("/v2/accounts/{}?proof=0", account.address)).await?;
        answer["nonce"].as_u64().context("the account has no nonce")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_its_version_and_its_hash() {
        let expected = "0x051a6d78de7b0625dfbfc16c3a8a5735f6dc3dc3f2ce";
        assert_eq!(principal("ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM").unwrap(), expected);
        let named = principal("ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.pool").unwrap();
        assert_eq!(named, "0x061a6d78de7b0625dfbfc16c3a8a5735f6dc3dc3f2ce04706f6f6c");
        // Leading zeros of the hash are written, and not counted twice.
        assert_eq!(principal("ST000000000000000000002AMW42H").unwrap(), format!("0x051a{}", "00".repeat(20)));
        assert!(principal("bc1q").is_err() && principal("ST1IO").is_err());
    }

    #[test]
    fn values_are_read_to_their_end() {
        let bytes = from_hex("0x070c0000000201610100000000000000000000000000000007016203").unwrap();
        let value = Clarity::read(&mut bytes.as_slice()).unwrap();
        assert_eq!(value.uint("a").unwrap(), 7);
        assert!(value.uint("b").is_err() && value.uint("c").is_err());
        for end in 0..bytes.len() {
            assert!(Clarity::read(&mut &bytes[..end]).is_err(), "{end}");
        }
        assert!(Clarity::Err(Box::new(Clarity::Uint(1))).uint("a").is_err());
    }
}
