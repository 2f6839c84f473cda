//! Who signs, what time it is, and what is asked for.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use bithedge_engine::Clock;
use bithedge_engine::transactions::{
    Asset, AssetAmount, Depths, Digest, Prepared, Settings, Signer, SignerError, Transactions,
};
use bithedge_protocol::UnixSeconds;
use bithedge_stacks::address::Address;
use bithedge_stacks::clarity::Value;
use bithedge_stacks::network::Network;
use bithedge_stacks::transaction::{
    Authorization, FungibleCode, Payload, PostCondition, PostConditionPrincipal, Signature,
    SpendingCondition, Transaction, TransactionBuilder, UnsignedTransaction,
};
use bithedge_stacks::units::MicroStx;
use bithedge_stacks::{SecretKey, Seed};

use crate::fake::FakeChain;

pub(crate) const NETWORK: Network = Network::TESTNET;
pub(crate) const GENESIS: u64 = 1_700_000_000;
/// The words of every test; nothing is worth anything behind them.
const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
pub(crate) const POOL: &str = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM.pool";

/// Accounts that the tests have keys of.
pub(crate) const ACCOUNTS: usize = 3;

/// Derived once: it takes long.
static KEYS: LazyLock<Vec<SecretKey>> = LazyLock::new(|| {
    let seed = Seed::from_mnemonic(WORDS, "").unwrap();
    (0..3).map(|account| seed.account(account).unwrap()).collect()
});

pub(crate) fn key(account: usize) -> &'static SecretKey {
    &KEYS[account]
}

pub(crate) fn address(account: usize) -> Address {
    key(account).address(NETWORK.version)
}

/// What the signer is like at the moment.
#[derive(Default)]
pub(crate) struct Hand {
    pub(crate) error: Option<SignerError>,
    /// Signs something else than what it was given.
    pub(crate) tampers: bool,
    pub(crate) signed: u32,
    /// How long it takes to sign.
    pub(crate) takes: Duration,
}

#[derive(Clone, Default)]
pub(crate) struct FakeSigner(pub(crate) Arc<Mutex<Hand>>);

impl Signer for FakeSigner {
    async fn sign(
        &self,
        account: &Address,
        mut unsigned: UnsignedTransaction,
    ) -> Result<Transaction, SignerError> {
        let takes = self.0.lock().unwrap().takes;
        tokio::time::sleep(takes).await;
        let mut hand = self.0.lock().unwrap();
        if let Some(error) = &hand.error {
            return Err(error.clone());
        }
        hand.signed += 1;
        let key = (0..ACCOUNTS).map(key).find(|key| key.address(NETWORK.version) == *account).unwrap();
        if hand.tampers {
            let (nonce, fee) = (unsigned.transaction().origin_nonce(), unsigned.transaction().fee());
            let other = TransactionBuilder::new(NETWORK, prepared(0, "other", 0).payload);
            return Ok(other.nonce(nonce).fee(fee).sign(key).unwrap());
        }
        unsigned.sign(key).unwrap();
        Ok(unsigned.finish().unwrap())
    }
}

/// A clock that follows the tests' virtual time, and can be set.
#[derive(Clone)]
pub(crate) struct FakeClock {
    started: tokio::time::Instant,
    offset: Arc<Mutex<i64>>,
}

impl FakeClock {
    pub(crate) fn new() -> Self {
        Self { started: tokio::time::Instant::now(), offset: Arc::default() }
    }

    pub(crate) fn jump(&self, seconds: i64) {
        *self.offset.lock().unwrap() += seconds;
    }
}

impl Clock for FakeClock {
    fn now(&self) -> UnixSeconds {
        let now = GENESIS + self.started.elapsed().as_secs();
        UnixSeconds::new(now.saturating_add_signed(*self.offset.lock().unwrap()))
    }
}

/// A call of the tests' contract; `tag` tells one intent from another.
pub(crate) fn prepared(account: usize, function: &str, tag: u128) -> Prepared {
    Prepared {
        account: address(account),
        network: NETWORK,
        payload: Payload::ContractCall {
            contract: POOL.parse().unwrap(),
            function: function.parse().unwrap(),
            args: vec![Value::UInt(tag)],
        },
        post_conditions: vec![PostCondition::Stx {
            principal: PostConditionPrincipal::Origin,
            code: FungibleCode::Le,
            amount: MicroStx::new(1),
        }],
        intent: function.to_owned(),
        words: vec!["It sends one micro-STX.".to_owned()],
        leaves: vec![AssetAmount { asset: Asset::Stx, amount: 1 }],
        arrives: vec![AssetAmount { asset: Asset::Stx, amount: 2 }],
        valid_until: None,
    }
}

/// What an approval would have named for a signed transaction.
pub(crate) fn digest_of(signed: &Transaction) -> Digest {
    let mut cleared = signed.clone();
    if let Authorization::Standard(SpendingCondition::SingleSig(condition)) = &mut cleared.auth {
        condition.signature = Signature::EMPTY;
    }
    Digest::of(&cleared.encode())
}

/// What another wallet with the same key sends.
pub(crate) fn elsewhere(account: usize, nonce: u64, fee: u64, tag: u128) -> Transaction {
    let payload = prepared(account, "elsewhere", tag).payload;
    TransactionBuilder::new(NETWORK, payload).nonce(nonce).fee(MicroStx::new(fee)).sign(key(account)).unwrap()
}

/// The usual ones, but settled after a dozen blocks.
pub(crate) fn settings() -> Settings {
    Settings { depths: Depths { confirmed: 1, settled: 12 }, ..Settings::default() }
}

pub(crate) type Service = Transactions<FakeChain, FakeSigner>;
