//! What the chain says, read as cheaply as the VM allows: map entries rather than calls.

use bithedge_stacks::{Address, Principal, Value};
use bithedge_suite_world::{num, u, who};

use super::Play;
use crate::model::{Boundary, Place, Pricing, Token, User};

/// A tuple.
pub(crate) fn tuple(fields: &[(&str, Value)]) -> Value {
    Value::tuple(fields.iter().map(|(name, value)| (name.parse().unwrap(), value.clone())))
}

impl Play {
    /// A token's principal.
    pub(crate) fn principal(&self, token: Token) -> Value {
        match token {
            Token::Sbtc => self.w.sbtc.clone(),
            Token::Stx => self.w.stx.clone(),
        }
    }

    /// Somebody's address.
    pub(crate) fn address(&self, user: User) -> Address {
        self.users[user]
    }

    /// Tier and token, as arguments.
    pub(crate) fn at(&self, place: Place) -> [Value; 2] {
        [u(place.tier), self.principal(place.token)]
    }

    fn entry(&mut self, contract: &str, map: &str, key: &Value) -> Option<Value> {
        self.w.vm.entry(contract, map, key).unwrap()
    }

    fn key(&self, place: Place, more: &[(&str, Value)]) -> Value {
        let [tier, token] = self.at(place);
        let mut fields = vec![("tier", tier), ("token", token)];
        fields.extend_from_slice(more);
        tuple(&fields)
    }

    /// A bucket.
    pub(crate) fn bucket(&mut self, place: Place) -> Value {
        let key = self.key(place, &[]);
        self.entry("liquidity-pool", "buckets", &key).unwrap()
    }

    /// How often a bucket's exit index was worn out, or its queue paid in full.
    pub(crate) fn exit_generation(&mut self, place: Place) -> u128 {
        num(&self.bucket(place), "exit-generation")
    }

    /// What a bucket sold for an expiry.
    pub(crate) fn book(&mut self, place: Place, expiry: u64) -> Option<Value> {
        let key = self.key(place, &[("expiry", u(expiry.into()))]);
        self.entry("liquidity-pool", "books", &key)
    }

    /// What an expiry came to.
    pub(crate) fn settlement(&mut self, place: Place, expiry: u64) -> Value {
        let key = self.key(place, &[("expiry", u(expiry.into()))]);
        self.entry("liquidity-pool", "settlements", &key).unwrap()
    }

    /// A settled series.
    pub(crate) fn claim_of(&mut self, place: Place, expiry: u64, strike: u128) -> Option<Value> {
        let key = self.key(place, &[("expiry", u(expiry.into())), ("key", u(strike * 4 + 1))]);
        self.entry("liquidity-pool", "claims", &key)
    }

    /// A provider's position as it was when it was last written; none if it never was.
    pub(crate) fn stored_position(&mut self, place: Place, user: User) -> Option<Value> {
        let key = self.key(place, &[("provider", who(self.address(user)))]);
        self.entry("liquidity-pool", "positions", &key)
    }

    /// A provider's position after all closes.
    pub(crate) fn position(&mut self, place: Place, user: User) -> Value {
        let [tier, token] = self.at(place);
        let asked = [tier, token, who(self.address(user))];
        self.w.read("liquidity-pool", "get-provider", &asked).as_response().unwrap().unwrap().clone()
    }

    /// A keeper's bounties.
    pub(crate) fn credit(&mut self, user: User, token: Token) -> u128 {
        let key = tuple(&[("who", who(self.address(user))), ("token", self.principal(token))]);
        self.entry("liquidity-pool", "credits", &key).map_or(0, |amount| amount.as_uint().unwrap())
    }

    /// What the vault books for the pool: balance and locks.
    pub(crate) fn vault_account(&mut self, token: Token) -> (u128, u128) {
        let pool = Value::from(self.w.vm.contract("liquidity-pool").unwrap());
        let key = tuple(&[("backend", pool), ("token", self.principal(token))]);
        let account = self.entry("liquidity-pool-vault", "accounts", &key);
        account.map_or((0, 0), |account| (num(&account, "balance"), num(&account, "locked")))
    }

    /// A policy's record.
    pub(crate) fn policy(&mut self, id: usize) -> Value {
        self.entry("policy-registry", "policies", &u(u128::try_from(id).unwrap())).unwrap()
    }

    /// Prices and volatilities now; none if they are stale.
    pub(crate) fn pricing(&mut self) -> Option<Pricing> {
        let answer = self.w.read("oracle", "get-pricing", &[]);
        let found = answer.as_response().unwrap().ok()?;
        Some(Pricing {
            at: num(found, "at").try_into().unwrap(),
            btc: num(found, "btc"),
            stx: num(found, "stx"),
            btc_twap: num(found, "btc-twap"),
            stx_twap: num(found, "stx-twap"),
            vol_ask: num(found, "vol-ask"),
            vol_bid: num(found, "vol-bid"),
        })
    }

    /// What is recorded for a boundary.
    pub(crate) fn boundary(&mut self, at: u64) -> Option<Boundary> {
        let found = self.entry("oracle", "boundaries", &u(at.into()))?;
        Some(Boundary {
            btc: num(&found, "btc"),
            stx: num(&found, "stx"),
            vol_ask: num(&found, "vol-ask"),
            vol_low: num(&found, "vol-low"),
        })
    }

    /// The time of the next call.
    pub(crate) fn now(&mut self) -> u64 {
        self.w.vm.now().unwrap()
    }

    /// What somebody or a contract holds of both tokens, sBTC first, in the VM's accounts.
    pub(crate) fn holdings(&mut self) -> impl Fn(&Principal) -> [u128; 2] + use<> {
        let all = self.w.vm.assets().unwrap();
        move |owner: &Principal| {
            let owner = owner.to_string();
            let of = |asset: &dyn Fn(&str) -> bool| {
                let owners = all.iter().find(|(name, _)| asset(name.as_str()));
                owners.and_then(|(_, owners)| owners.get(&owner)).copied().unwrap_or_default()
            };
            [of(&|name| name.ends_with("sbtc-token.sbtc-token")), of(&|name| name == "STX")]
        }
    }

    /// How much there is of both tokens in all.
    pub(crate) fn supply(&mut self) -> [u128; 2] {
        let all = self.w.vm.assets().unwrap();
        let of = |asset: &dyn Fn(&str) -> bool| {
            let owners = all.iter().find(|(name, _)| asset(name.as_str()));
            owners.map(|(_, owners)| owners.values().sum()).unwrap_or_default()
        };
        [of(&|name| name.ends_with("sbtc-token.sbtc-token")), of(&|name| name == "STX")]
    }
}
