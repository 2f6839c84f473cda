//! Who signs, and what the keepers of the tests are made of.

use std::path::Path;
use std::sync::{Arc, Mutex};

use bithedge_engine::keeper::{
    Caps, Deed, DutyKind, EndedPolicies, FromRegistry, Keeper, ListError, Parts, Policy, PriceSource,
    StandingOrder,
};
use bithedge_engine::transactions::{Depths, Journal, Settings, Signer, SignerError, Transactions};
use bithedge_practice::key;
use bithedge_protocol::UnixSeconds;
use bithedge_stacks::transaction::{Transaction, UnsignedTransaction};
use bithedge_stacks::{Address, MicroStx, Network};
use bithedge_suite::Deployment;

use crate::net::Net;

/// Place of the keeper in the devnet's list of accounts.
pub(crate) const KEEPER: usize = 4;

pub(crate) fn address(account: usize) -> Address {
    key(account).unwrap().address(Network::TESTNET.version)
}

/// Keys that can be locked.
#[derive(Clone, Default)]
pub(crate) struct Hand {
    pub(crate) error: Arc<Mutex<Option<SignerError>>>,
    pub(crate) signed: Arc<Mutex<u32>>,
}

impl Signer for Hand {
    async fn sign(
        &self,
        account: &Address,
        mut unsigned: UnsignedTransaction,
    ) -> Result<Transaction, SignerError> {
        if let Some(error) = &*self.error.lock().unwrap() {
            return Err(error.clone());
        }
        let own = (0..9).map(|place| key(place).unwrap());
        let key = own.into_iter().find(|key| key.address(Network::TESTNET.version) == *account);
        unsigned.sign(&key.ok_or(SignerError::UnknownAccount(*account))?).unwrap();
        *self.signed.lock().unwrap() += 1;
        Ok(unsigned.finish().unwrap())
    }
}

pub(crate) fn settings() -> Settings {
    Settings { depths: Depths { confirmed: 1, settled: 12 }, ..Settings::default() }
}

pub(crate) fn journal(folder: &Path, account: usize) -> Journal {
    Journal::open(&folder.join(format!("{account}.sqlite")), Network::TESTNET).unwrap()
}

pub(crate) type Service = Transactions<Net, Hand>;

pub(crate) fn service(net: &Net, hand: &Hand, folder: &Path) -> Arc<Service> {
    let journal = journal(folder, KEEPER);
    Arc::new(
        Transactions::open(journal, Network::TESTNET, net.clone(), hand.clone(), net.clone(), settings())
            .unwrap(),
    )
}

/// Everything, at any fee that tests meet.
pub(crate) fn order(account: usize) -> StandingOrder {
    StandingOrder {
        account: address(account),
        kinds: DutyKind::ALL.to_vec(),
        caps: Caps {
            a_call: MicroStx::new(100_000),
            a_day: MicroStx::new(10_000_000),
            a_day_for_reports: MicroStx::new(100_000_000),
        },
        until: UnixSeconds::new(4_000_000_000),
    }
}

/// What the VM's policies are listed by.
pub(crate) type Lists = FromRegistry<Net>;

pub(crate) fn keeper<P: PriceSource>(
    net: &Net,
    transactions: &Arc<Service>,
    prices: P,
    policy: Policy,
    order: StandingOrder,
) -> Keeper<Net, Net, Hand, P, Lists> {
    let parts = Parts {
        transactions: Arc::clone(transactions),
        reader: net.clone(),
        deployment: Deployment::devnet(),
        prices,
        ended: FromRegistry::new(net.clone(), Deployment::devnet()),
        clock: Arc::new(net.clone()),
        tiers: vec![1, 2, 3],
    };
    Keeper::new(parts, policy, order)
}

/// A list that is what a test says.
pub(crate) struct Listed(pub(crate) Vec<u128>);

impl EndedPolicies for Listed {
    async fn ended(&mut self, _: UnixSeconds) -> Result<Vec<u128>, ListError> {
        Ok(self.0.clone())
    }
}

/// The kinds of what was sent.
pub(crate) fn sent(deeds: &[Deed]) -> Vec<DutyKind> {
    let duties = deeds.iter().filter_map(|deed| match deed {
        Deed::Sent { duty, .. } => Some(duty.kind()),
        _ => None,
    });
    duties.collect()
}
