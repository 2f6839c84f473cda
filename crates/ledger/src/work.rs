//! What one block changes, gathered before it is written.
//!
//! Rows are read once, changed in memory event by event, and written once at the end of the block, together with what they
//! were before. An event that contradicts what is known leaves no trace in them.

use std::collections::BTreeMap;

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};

use crate::error::Trouble;
use crate::project::Subject;
use crate::row::{DamagedRow, Row, checked, checksum, checksum_of, decode, image};
use crate::tables::*;

type Values = Option<Vec<Sql>>;
/// The table's name and the key's image.
type Name = (&'static str, Vec<u8>);

struct Held {
    key: Vec<Sql>,
    before: Values,
    now: Values,
    put: &'static str,
    delete: &'static str,
}

/// The rows that a block has touched so far.
pub(crate) struct Work<'c> {
    connection: &'c Connection,
    held: BTreeMap<Name, Held>,
    /// What the event in hand has changed.
    draft: Vec<(Name, Values)>,
    /// What it makes doubtful although it is kept, and why.
    remarks: Vec<(String, String)>,
}

fn name_of<R: Row>(key: &[Sql]) -> Name {
    let mut bytes = Vec::with_capacity(64);
    image::write(key, &mut bytes);
    (R::TABLE, bytes)
}

impl<'c> Work<'c> {
    pub(crate) const fn new(connection: &'c Connection) -> Self {
        Self { connection, held: BTreeMap::new(), draft: Vec::new(), remarks: Vec::new() }
    }

    /// A row as it is now.
    pub(crate) fn get<R: Row>(&mut self, key: &R::Key) -> Result<Option<R>, Trouble> {
        let key = R::key_values(key);
        let name = name_of::<R>(&key);
        let values = match self.draft.iter().rev().find(|(one, _)| *one == name) {
            Some((_, drafted)) => drafted.as_deref(),
            None => self.load::<R>(name, key)?.now.as_deref(),
        };
        values.map(|values| R::from_values(values).ok_or(DamagedRow { table: R::TABLE }.into())).transpose()
    }

    fn load<R: Row>(&mut self, name: Name, key: Vec<Sql>) -> Result<&Held, Trouble> {
        use std::collections::btree_map::Entry;
        match self.held.entry(name) {
            Entry::Occupied(entry) => Ok(entry.into_mut()),
            Entry::Vacant(entry) => {
                let before = read_one::<R>(self.connection, &key)?;
                let now = before.clone();
                Ok(entry.insert(Held { key, before, now, put: R::PUT, delete: R::DELETE }))
            }
        }
    }

    /// Every row of a table that belongs to no key: for tables that stay small.
    pub(crate) fn all<R: Row>(&mut self) -> Result<Vec<R>, Trouble> {
        let sql = format!("SELECT * FROM {}", R::TABLE);
        let mut rows: BTreeMap<Vec<u8>, Vec<Sql>> = BTreeMap::new();
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut found = statement.query([])?;
        while let Some(row) = found.next()? {
            let values = checked(values_of(row, R::COLUMNS.len() + 1)?, R::TABLE)?;
            let (_, key) = name_of::<R>(values.get(..R::KEYS).unwrap_or_default());
            rows.insert(key, values);
        }
        for ((table, key), held) in &self.held {
            if *table == R::TABLE {
                match &held.now {
                    Some(values) => rows.insert(key.clone(), values.clone()),
                    None => rows.remove(key),
                };
            }
        }
        for ((table, key), values) in &self.draft {
            if *table == R::TABLE {
                match values {
                    Some(values) => rows.insert(key.clone(), values.clone()),
                    None => rows.remove(key),
                };
            }
        }
        rows.into_values()
            .map(|values| R::from_values(&values).ok_or(DamagedRow { table: R::TABLE }.into()))
            .collect()
    }

    /// Writes a row, when the event in hand is kept.
    pub(crate) fn put<R: Row>(&mut self, row: &R) -> Result<(), Trouble> {
        let values = row.values();
        let key = values.get(..R::KEYS).unwrap_or_default().to_vec();
        let name = name_of::<R>(&key);
        self.load::<R>(name.clone(), key)?;
        self.draft.push((name, Some(values)));
        Ok(())
    }

    /// Removes a row, when the event in hand is kept.
    pub(crate) fn remove<R: Row>(&mut self, key: &R::Key) -> Result<(), Trouble> {
        let key = R::key_values(key);
        let name = name_of::<R>(&key);
        self.load::<R>(name.clone(), key)?;
        self.draft.push((name, None));
        Ok(())
    }

    /// Keeps what the event in hand has changed.
    pub(crate) fn keep(&mut self) {
        for (name, values) in self.draft.drain(..) {
            if let Some(held) = self.held.get_mut(&name) {
                held.now = values;
            }
        }
    }

    /// Forgets it.
    pub(crate) fn drop_draft(&mut self) {
        self.draft.clear();
        self.remarks.clear();
    }

    /// Says that something is doubtful, if the event in hand is kept: it is right, but something before it is missing, or what
    /// comes after it will be.
    pub(crate) fn remark(&mut self, why: String, subject: &Subject<'_>) {
        self.remarks.push((why, subject.text()));
    }

    /// What was remarked on the event in hand.
    pub(crate) fn take_remarks(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.remarks)
    }

    /// Writes all rows that differ from before, and what they were, for `height`.
    pub(crate) fn flush(self, height: u64) -> Result<(), Trouble> {
        let mut images = Vec::new();
        for ((table, _), held) in self.held {
            if held.before == held.now {
                continue;
            }
            match held.now {
                Some(values) => write(self.connection, held.put, values)?,
                None => {
                    self.connection.prepare_cached(held.delete)?.execute(params_from_iter(&held.key))?;
                }
            }
            image::write(&[Sql::Text(table.to_owned())], &mut images);
            image::write(&held.key, &mut images);
            image::write(held.before.as_deref().unwrap_or_default(), &mut images);
        }
        let checksum = checksum_of(&images);
        self.connection.prepare_cached("INSERT INTO undo VALUES (?, ?, ?)")?.execute((
            height.cast_signed(),
            images,
            checksum,
        ))?;
        Ok(())
    }
}

fn write(connection: &Connection, sql: &str, mut values: Vec<Sql>) -> Result<(), Trouble> {
    let sum = checksum(&values);
    values.push(Sql::Integer(sum));
    connection.prepare_cached(sql)?.execute(params_from_iter(values))?;
    Ok(())
}

/// Adds a row to a table that only grows.
pub(crate) fn add<R: Row>(connection: &Connection, row: &R) -> Result<(), Trouble> {
    write(connection, R::ADD, row.values())
}

/// Writes a row that stands outside blocks.
pub(crate) fn replace<R: Row>(connection: &Connection, row: &R) -> Result<(), Trouble> {
    write(connection, R::PUT, row.values())
}

pub(crate) fn values_of(row: &rusqlite::Row<'_>, count: usize) -> Result<Vec<Sql>, Trouble> {
    Ok((0..count).map(|index| row.get(index)).collect::<Result<_, _>>()?)
}

fn read_one<R: Row>(connection: &Connection, key: &[Sql]) -> Result<Values, Trouble> {
    let mut statement = connection.prepare_cached(R::GET)?;
    let mut rows = statement.query(params_from_iter(key))?;
    match rows.next()? {
        Some(row) => Ok(Some(checked(values_of(row, R::COLUMNS.len() + 1)?, R::TABLE)?)),
        None => Ok(None),
    }
}

/// A row by its key.
pub(crate) fn fetch<R: Row>(connection: &Connection, key: &R::Key) -> Result<Option<R>, Trouble> {
    let values = read_one::<R>(connection, &R::key_values(key))?;
    values.map(|values| R::from_values(&values).ok_or(DamagedRow { table: R::TABLE }.into())).transpose()
}

/// The rows that a query over all columns of a table finds: what stands after `FROM table`.
pub(crate) fn select<R: Row>(
    connection: &Connection,
    rest: &str,
    parameters: &[Sql],
) -> Result<Vec<R>, Trouble> {
    let sql = format!("SELECT {0}.* FROM {0} {rest}", R::TABLE);
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(parameters))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(decode::<R>(values_of(row, R::COLUMNS.len() + 1)?)?);
    }
    Ok(found)
}

/// The statements that put a row back or take it away, by its table.
fn statements(table: &str) -> Option<(&'static str, &'static str)> {
    macro_rules! find {
        ($($row:ident),* $(,)?) => {
            $(if table == $row::TABLE {
                return Some(($row::PUT, $row::DELETE));
            })*
        };
    }
    find!(
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
        OwnerRow,
    );
    None
}

/// Takes one block off: rows become what they were before it.
pub(crate) fn undo(connection: &Connection, height: u64) -> Result<(), Trouble> {
    let lost =
        || Trouble::Inconsistent(format!("what is needed to take block {height} back is missing or damaged"));
    let (images, sum): (Vec<u8>, i64) = connection
        .prepare_cached("SELECT images, checksum FROM undo WHERE height = ?")?
        .query_row([height.cast_signed()], |row| Ok((row.get(0)?, row.get(1)?)))
        .map_err(|error| if error == rusqlite::Error::QueryReturnedNoRows { lost() } else { error.into() })?;
    if checksum_of(&images) != sum {
        return Err(lost());
    }
    let mut rest = images.as_slice();
    while !rest.is_empty() {
        let mut next = || image::read(&mut rest).ok_or_else(lost);
        let (table, key, before) = (next()?, next()?, next()?);
        let Some(Sql::Text(table)) = table.first() else { return Err(lost()) };
        let (put, delete) = statements(table).ok_or_else(lost)?;
        if before.is_empty() {
            connection.prepare_cached(delete)?.execute(params_from_iter(&key))?;
        } else {
            write(connection, put, before)?;
        }
    }
    for table in [
        BlockRow::TABLE,
        TransactionRow::TABLE,
        EventRow::TABLE,
        ActivityRow::TABLE,
        PriceRow::TABLE,
        FeeRow::TABLE,
        AnomalyRow::TABLE,
        HealthRow::TABLE,
        "undo",
    ] {
        connection
            .prepare_cached(&format!("DELETE FROM {table} WHERE height = ?"))?
            .execute([height.cast_signed()])?;
    }
    Ok(())
}
