//! One number for everything that a ledger holds.

use std::fmt;

use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::{Snapshot, every_table};
use crate::error::{LedgerError, Trouble};
use crate::row::{Row, checked, image};
use crate::tables::*;
use crate::work::values_of;

/// A hash over every row of every table of a ledger but what rollbacks need: the same for two ledgers exactly if they say the
/// same. What a ledger says follows from its chain alone, up to its newest block, so one that came about in whatever way and one
/// that was made anew from the same blocks have the same.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint(pub [u8; 32]);

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Snapshot<'_> {
    /// The hash of all that is here. It reads every row, and checks it: a second for some ten thousands of events.
    ///
    /// # Errors
    /// [`LedgerError::Damaged`], and those of storage.
    pub fn fingerprint(&self) -> Result<Fingerprint, LedgerError> {
        let compute = || -> Result<Fingerprint, Trouble> {
            let mut hash = Sha256::new();
            macro_rules! add {
                ($($row:ident),* $(,)?) => {
                    $(add_table::<$row>(&self.connection, &mut hash)?;)*
                };
            }
            every_table!(add);
            Ok(Fingerprint(hash.finalize().into()))
        };
        self.at(compute())
    }
}

fn add_table<R: Row>(connection: &Connection, hash: &mut Sha256) -> Result<(), Trouble> {
    hash.update(R::TABLE);
    let keys = R::COLUMNS.get(..R::KEYS).unwrap_or_default().join(", ");
    let mut statement = connection.prepare(&format!("SELECT * FROM {} ORDER BY {keys}", R::TABLE))?;
    let mut rows = statement.query([])?;
    let mut count = 0_u64;
    let mut bytes = Vec::new();
    while let Some(row) = rows.next()? {
        bytes.clear();
        image::write(&checked(values_of(row, R::COLUMNS.len() + 1)?, R::TABLE)?, &mut bytes);
        hash.update(&bytes);
        count += 1;
    }
    // Where a table ends, so that no row can pass for one of the next.
    hash.update(count.to_be_bytes());
    Ok(())
}
