//! Reading. All answers of one [`Snapshot`] are of one block: whatever is applied meanwhile is not in them.

mod activity;
mod closes;
mod fingerprint;
mod health;
mod money;
mod policies;
mod pool;

pub use activity::{ActivityEntry, Said, What};
pub use closes::{Claim, EpochRecord, PolicyClaim, Settlement};
pub use fingerprint::Fingerprint;
pub use health::{HealthHistory, HealthPoint};
pub use money::{
    AcceptedPrice, Boundary, BoundaryMethod, FeeRecord, FeeTotal, Fund, TokenTotals, Treasury, VaultAccount,
};
pub use policies::{EffectiveStatus, OwnerTotals, PolicyFilter, PolicyRecord, PolicyStatus, Portfolio};
pub use pool::{BucketRecord, BucketStatistics, ProviderRecord};

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bithedge_protocol::{BlockHeight, TokenAmount, UnixSeconds};
use bithedge_stacks::Principal;
use bithedge_suite::Contract;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, Transaction};

use crate::block::{BlockHeader, Identity, Place};
use crate::error::{LedgerError, Trouble};
use crate::project::{Refusal, Subject};
use crate::row::{Column, Row, checked};
use crate::tables::*;
use crate::work::{fetch, select, values_of};
use crate::{ledger, store};

/// Whether a figure can be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trust {
    /// Every event that made it was understood and fitted what was known.
    Sound,
    /// An event that concerns it could not be understood, or contradicts what was known ([`Snapshot::anomalies`]): show it as
    /// doubtful, and act on what the chain itself answers.
    Doubtful,
}

impl Trust {
    /// Of what depends on both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        if matches!(self, Self::Sound) { other } else { self }
    }
}

/// What was found, and whether it is all that there is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing<T> {
    /// What was found.
    pub rows: Vec<T>,
    /// Whether the list can be relied on. A doubtful one may lack what should be in it, and be empty for that reason: never
    /// show an empty doubtful list as "nothing". What each row is worth, it says itself.
    pub trust: Trust,
}

impl<T> Listing<T> {
    /// Leaves out what cannot be computed, and says so: one absurd amount takes no other row with it.
    fn of(
        answers: impl Iterator<Item = Result<T, LedgerError>>,
        mut trust: Trust,
    ) -> Result<Self, LedgerError> {
        let mut rows = Vec::new();
        for answer in answers {
            match answer {
                Ok(row) => rows.push(row),
                Err(LedgerError::Uncountable { .. }) => trust = Trust::Doubtful,
                Err(other) => return Err(other),
            }
        }
        Ok(Self { rows, trust })
    }
}

/// Which moments a question is about: from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeRange {
    /// The first.
    pub from: UnixSeconds,
    /// The last.
    pub to: UnixSeconds,
}

impl TimeRange {
    /// All of them.
    pub const ALL: Self = Self { from: UnixSeconds::new(0), to: UnixSeconds::new(i64::MAX.cast_unsigned()) };

    fn parameters(self) -> [Sql; 2] {
        let bound = |time: UnixSeconds| Sql::Integer(i64::try_from(time.get()).unwrap_or(i64::MAX));
        [bound(self.from), bound(self.to)]
    }
}

/// A bucket's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BucketKey {
    /// The tier's number.
    pub tier: u8,
    /// The token.
    pub token: Principal,
}

/// An event that could not be understood, or that contradicts what is known. The event itself is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anomaly {
    /// The event.
    pub place: Place,
    /// What is wrong with it.
    pub why: String,
    /// What is doubtful because of it.
    pub subjects: Vec<String>,
}

/// A connection that reads.
pub struct Reader {
    connection: Connection,
    path: PathBuf,
}

impl Reader {
    /// Opens a ledger that exists, for reading; any number of readers may be beside the one that writes.
    ///
    /// # Errors
    /// Those of storage, [`LedgerError::Damaged`], [`LedgerError::NewerSchema`].
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        Ok(Self { connection: store::open_reader(path)?, path: path.to_path_buf() })
    }

    /// What the ledger holds at this moment. Keep it for as long as one answer takes: the log cannot be emptied past it.
    ///
    /// # Errors
    /// Those of storage.
    pub fn snapshot(&mut self) -> Result<Snapshot<'_>, LedgerError> {
        Snapshot::of(&self.connection, &self.path)
    }

    /// Looks for damage: every page, and every row against its checksum. It takes a second for some ten thousands of events,
    /// and the writer need not wait for it: for the background, after a start and now and then.
    ///
    /// # Errors
    /// [`LedgerError::Damaged`], and those of storage.
    pub fn check(&self) -> Result<(), LedgerError> {
        let check = || {
            store::check_pages(&self.connection)?;
            check_rows(&self.connection)
        };
        check().map_err(|trouble: Trouble| trouble.at(&self.path, "be checked"))
    }
}

/// What the ledger holds at one moment.
pub struct Snapshot<'c> {
    connection: Transaction<'c>,
    path: PathBuf,
    tip: Option<BlockHeader>,
    doubts: BTreeSet<String>,
    /// Whether nothing in it can be relied on.
    all_doubtful: bool,
}

impl<'c> Snapshot<'c> {
    pub(crate) fn of(connection: &'c Connection, path: &Path) -> Result<Self, LedgerError> {
        let begin = || -> Result<Self, Trouble> {
            let transaction = connection.unchecked_transaction()?;
            // The first thing that is read fixes what is seen.
            let tip = ledger::tip(&transaction)?;
            let doubts =
                select::<DoubtRow>(&transaction, "", &[])?.into_iter().map(|row| row.subject).collect();
            Ok(Self { connection: transaction, path: path.to_path_buf(), tip, doubts, all_doubtful: false })
        };
        begin().map_err(|trouble| trouble.at(path, "be read"))
    }

    fn at<T>(&self, answer: Result<T, Trouble>) -> Result<T, LedgerError> {
        answer.map_err(|trouble| trouble.at(&self.path, "be read"))
    }

    fn rows<R: Row>(&self, rest: &str, parameters: &[Sql]) -> Result<Vec<R>, LedgerError> {
        self.at(select(&self.connection, rest, parameters))
    }

    fn row<R: Row>(&self, key: &R::Key) -> Result<Option<R>, LedgerError> {
        self.at(fetch(&self.connection, key))
    }

    fn trust(&self, subjects: &[Subject<'_>]) -> Trust {
        let is_doubted = |subject: &Subject<'_>| self.doubts.contains(&subject.text());
        if self.all_doubtful || (!self.doubts.is_empty() && subjects.iter().any(is_doubted)) {
            Trust::Doubtful
        } else {
            Trust::Sound
        }
    }

    /// Of its books and its terms.
    fn trust_in_bucket(&self, tier: u8, token: &Principal) -> Trust {
        self.trust(&[
            Subject::Bucket(tier.into(), token),
            Subject::Tier(tier.into()),
            Subject::Token(token),
            Subject::Contract("liquidity-pool"),
        ])
    }

    /// Of what is made of it and of prices.
    fn trust_in_bucket_at_prices(&self, tier: u8, token: &Principal) -> Trust {
        self.trust_in_bucket(tier, token).and(self.trust(&[Subject::Contract("oracle")]))
    }

    /// Whether there is no doubt of some kind.
    fn trust_unless(&self, is_it: impl Fn(&str) -> bool) -> Trust {
        let is_doubted = self.all_doubtful || self.doubts.iter().any(|subject| is_it(subject));
        if is_doubted { Trust::Doubtful } else { Trust::Sound }
    }

    /// From now on nothing that it says can be relied on: whoever asks knows that it is not what the chain holds now.
    pub const fn doubt_everything(&mut self) {
        self.all_doubtful = true;
    }

    /// The newest block that is known to be ours; `None` of an empty ledger.
    #[must_use]
    pub const fn tip(&self) -> Option<&BlockHeader> {
        self.tip.as_ref()
    }

    /// What the ledger is about.
    ///
    /// # Errors
    /// Those of storage.
    pub fn identity(&self) -> Result<Identity, LedgerError> {
        self.at(store::identity_of(&self.connection))
    }

    /// The newest blocks that held something, newest first: to be compared with the chain's after a reorganisation.
    ///
    /// # Errors
    /// Those of storage.
    pub fn blocks(&self, count: u32) -> Result<Vec<BlockHeader>, LedgerError> {
        let rows = self.rows::<BlockRow>("ORDER BY height DESC LIMIT ?", &[count.to_sql()])?;
        Ok(rows.iter().map(BlockRow::header).collect())
    }

    /// Whether what is said of a bucket can be relied on: its closes, settlements, claims and health too, and so the prices
    /// that they are made of. Its books alone ([`BucketRecord::trust`]) need no prices.
    #[must_use]
    pub fn trust_of_bucket(&self, key: &BucketKey) -> Trust {
        self.trust_in_bucket_at_prices(key.tier, &key.token)
    }

    /// Whether all policies are here, each as it was sold: whether that there is none of some number, or none of some owner,
    /// means that there is none.
    #[must_use]
    pub fn trust_of_policies(&self) -> Trust {
        self.trust_unless(|subject| subject.starts_with("policy ") || subject == "contract policy-registry")
    }

    /// Whether all buckets are here, each with everybody in it.
    #[must_use]
    pub fn trust_of_buckets(&self) -> Trust {
        self.trust_unless(|subject| subject.starts_with("bucket ") || subject == "contract liquidity-pool")
    }

    /// Whether what a contract of the suite said in general can be relied on: prices and boundaries of the `oracle`, fees of
    /// the `treasury`, all policies of the `policy-registry`, all buckets and terms of the `liquidity-pool`.
    #[must_use]
    pub fn trust_of_contract(&self, contract: Contract) -> Trust {
        let (whole, holdings) =
            (format!("contract {}", contract.name()), format!("holdings {} ", contract.name()));
        let parts: &[&str] = match contract.name() {
            "policy-registry" => &["policy "],
            "liquidity-pool" => &["bucket ", "tier ", "token "],
            _ => &[],
        };
        self.trust_unless(|subject| {
            subject == whole
                || subject.starts_with(&holdings)
                || parts.iter().any(|part| subject.starts_with(part))
        })
    }

    /// Whether everything in it can be relied on.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        !self.all_doubtful && self.doubts.is_empty()
    }

    /// The newest events that did not fit, newest first.
    ///
    /// # Errors
    /// Those of storage.
    pub fn anomalies(&self, count: u32) -> Result<Vec<Anomaly>, LedgerError> {
        let rows =
            self.rows::<AnomalyRow>("ORDER BY height DESC, tx DESC, event DESC LIMIT ?", &[count.to_sql()])?;
        Ok(rows
            .into_iter()
            .map(|row| Anomaly {
                place: place(row.height, row.tx, row.event),
                why: row.why,
                subjects: row.subjects.lines().map(str::to_owned).collect(),
            })
            .collect())
    }
}

const fn amount(base_units: u128) -> TokenAmount {
    TokenAmount::new(base_units)
}

fn place(height: u64, transaction: u32, event: u32) -> Place {
    Place { height: BlockHeight::new(height), transaction, event }
}

/// Figures that cannot be computed with: what events said was stored as they said it, so no rebuild would change them.
fn trouble(refusal: Refusal) -> Trouble {
    match refusal {
        Refusal::Contradiction(why) => Trouble::Uncountable(why),
        Refusal::Trouble(trouble) => trouble,
    }
}

/// Runs something for the row type of every table but `undo`.
macro_rules! every_table {
    ($run:ident) => {
        $run!(
            IdentityRow,
            TipRow,
            BlockRow,
            TransactionRow,
            EventRow,
            ActivityRow,
            PriceRow,
            FeeRow,
            AnomalyRow,
            HealthRow,
            DoubtRow,
            MarketRow,
            CollateralRow,
            TierRow,
            BucketRow,
            BookRow,
            SoldRow,
            SettlementRow,
            ClaimRow,
            EpochRow,
            ExitGenerationRow,
            PositionRow,
            CreditRow,
            CreditTotalRow,
            PolicyRow,
            OwnerRow,
            BoundaryRow,
            TreasuryRow,
            FeeTotalRow,
            AllocationRow,
            TreasuryCreditRow,
            FundRow,
            CoverRow,
            TakenPolicyRow,
            VaultAccountRow,
            VaultTokenRow,
            BucketHealthRow,
        );
    };
}
pub(crate) use every_table;

/// Every row of every table against its checksum.
pub(crate) fn check_rows(connection: &Connection) -> Result<(), Trouble> {
    macro_rules! check {
        ($($row:ident),* $(,)?) => {
            $(check_table(connection, $row::TABLE, $row::COLUMNS.len())?;)*
        };
    }
    every_table!(check);
    let mut statement = connection.prepare("SELECT images, checksum FROM undo")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let images: Vec<u8> = row.get(0)?;
        if crate::row::checksum_of(&images) != row.get::<_, i64>(1)? {
            return Err(Trouble::Inconsistent("what rollbacks need is damaged".to_owned()));
        }
    }
    Ok(())
}

fn check_table(connection: &Connection, table: &'static str, columns: usize) -> Result<(), Trouble> {
    let mut statement = connection.prepare(&format!("SELECT * FROM {table}"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        checked(values_of(row, columns + 1)?, table)?;
    }
    Ok(())
}
