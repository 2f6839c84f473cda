//! Entries as rows, and rows as entries.

use std::collections::BTreeSet;

use bithedge_protocol::UnixSeconds;
use bithedge_stacks::transaction::{Transaction, Txid};
use bithedge_stacks::units::MicroStx;
use rusqlite::{Connection, Row, params};

use crate::transactions::alarms::{AlarmDigest, Raised};
use crate::transactions::entry::{Approved, Entry};
use crate::transactions::status::TransactionId;

pub(super) const COLUMNS: &str =
    "id, txid, account, nonce, fee, bytes, approved, signed_at, may_be_out, status, is_settled, receipt";

/// An entry from its row, checked: what does not fit together is damage.
pub(super) fn read(row: &Row<'_>) -> Result<Entry, String> {
    fn get<T: rusqlite::types::FromSql>(row: &Row<'_>, name: &str) -> Result<T, String> {
        row.get(name).map_err(|error| error.to_string())
    }
    fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, String> {
        serde_json::from_str(text).map_err(|error| error.to_string())
    }
    let number =
        |name: &str| get::<i64>(row, name).and_then(|n| u64::try_from(n).map_err(|error| error.to_string()));
    let id = TransactionId(number("id")?);
    let within = |reason: String| format!("transaction {id}: {reason}");
    let bytes: Option<Vec<u8>> = get(row, "bytes")?;
    let entry = Entry {
        id,
        txid: Txid(get(row, "txid")?),
        account: get::<String>(row, "account")?.parse().map_err(|error| within(format!("{error}")))?,
        nonce: number("nonce")?,
        fee: MicroStx::new(number("fee")?),
        bytes,
        approved: parse::<Approved>(&get::<String>(row, "approved")?).map_err(within)?,
        signed_at: UnixSeconds::new(number("signed_at")?),
        may_be_out: get(row, "may_be_out")?,
        status: parse(&get::<String>(row, "status")?).map_err(within)?,
        is_settled: get(row, "is_settled")?,
        receipt: get::<Option<String>>(row, "receipt")?.as_deref().map(parse).transpose().map_err(within)?,
        alarms: Vec::new(),
    };
    if let Some(bytes) = &entry.bytes {
        let read = Transaction::decode(bytes).map_err(|error| within(error.to_string()))?;
        let fits = read.txid() == entry.txid
            && read.origin_address() == entry.account
            && read.origin_nonce() == entry.nonce
            && read.fee() == entry.fee;
        if !fits {
            return Err(within("its bytes are those of another transaction".to_owned()));
        }
    }
    Ok(entry)
}

/// SQLite's integers have a sign. Numbers that do not fit cannot be on any chain.
pub(super) fn integer(number: u64) -> Result<i64, rusqlite::Error> {
    i64::try_from(number).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, rusqlite::Error> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

/// What there is to look at about a transaction, the oldest first. The inner error is what is wrong with a row.
pub(super) fn alarms_of(
    connection: &Connection,
    id: TransactionId,
) -> Result<Result<Vec<Raised>, String>, rusqlite::Error> {
    let mut statement = connection.prepare_cached(
        "SELECT digest, statement, seen_at, acknowledged_at FROM alarms WHERE transaction_id = ?1 ORDER BY seen_at, digest",
    )?;
    let moment =
        |seconds: i64| u64::try_from(seconds).map(UnixSeconds::new).map_err(|error| error.to_string());
    let rows = statement.query_map([integer(id.0)?], |row| {
        let (digest, text): (_, String) = (row.get(0)?, row.get(1)?);
        let (seen_at, acknowledged_at): (i64, Option<i64>) = (row.get(2)?, row.get(3)?);
        let read = || -> Result<Raised, String> {
            Ok(Raised {
                digest: AlarmDigest(digest),
                statement: serde_json::from_str(&text).map_err(|error| error.to_string())?,
                seen_at: moment(seen_at)?,
                acknowledged_at: acknowledged_at.map(moment).transpose()?,
            })
        };
        Ok(read().map_err(|reason| format!("what there is to look at about transaction {id}: {reason}")))
    })?;
    rows.collect()
}

/// Writes down what there is to look at and is not there yet.
pub(super) fn raise(connection: &Connection, entry: &Entry) -> Result<(), rusqlite::Error> {
    if entry.alarms.is_empty() {
        return Ok(());
    }
    let mut statement = connection.prepare_cached(
        "INSERT INTO alarms (transaction_id, digest, statement, seen_at, acknowledged_at) VALUES (?1, ?2, ?3, ?4, ?5) \
         ON CONFLICT DO NOTHING",
    )?;
    for Raised { digest, statement: said, seen_at, acknowledged_at } in &entry.alarms {
        statement.execute(params![
            integer(entry.id.0)?,
            digest.0,
            json(said)?,
            integer(seen_at.get())?,
            acknowledged_at.map(|at| integer(at.get())).transpose()?,
        ])?;
    }
    Ok(())
}

/// New entries, with what there is to look at.
pub(super) fn insert(connection: &mut Connection, entries: &[Entry]) -> Result<(), rusqlite::Error> {
    let transaction = connection.transaction()?;
    for entry in entries {
        transaction
            .prepare_cached(&format!(
                "INSERT INTO transactions ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)"
            ))?
            .execute(params![
                integer(entry.id.0)?,
                entry.txid.0,
                entry.account.to_string(),
                integer(entry.nonce)?,
                integer(entry.fee.micro())?,
                entry.bytes,
                json(&entry.approved)?,
                integer(entry.signed_at.get())?,
                entry.may_be_out,
                json(&entry.status)?,
                entry.is_settled,
                entry.receipt.as_ref().map(json).transpose()?,
            ])?;
        raise(&transaction, entry)?;
    }
    transaction.commit()
}

/// What is known of an entry by now, with what there is to look at. Gives whether the entry was there.
pub(super) fn update(connection: &mut Connection, entry: &Entry) -> Result<bool, rusqlite::Error> {
    let transaction = connection.transaction()?;
    let changed = transaction
        .prepare_cached(
            "UPDATE transactions SET may_be_out = ?2, status = ?3, is_settled = ?4, receipt = ?5 WHERE id = ?1",
        )?
        .execute(params![
            integer(entry.id.0)?,
            entry.may_be_out,
            json(&entry.status)?,
            entry.is_settled,
            entry.receipt.as_ref().map(json).transpose()?,
        ])?;
    if changed != 1 {
        return Ok(false);
    }
    raise(&transaction, entry)?;
    transaction.commit()?;
    Ok(true)
}

/// Gives whether all of them were there and open.
pub(super) fn acknowledge(
    connection: &mut Connection,
    id: TransactionId,
    digests: &BTreeSet<AlarmDigest>,
    at: UnixSeconds,
) -> Result<bool, rusqlite::Error> {
    let transaction = connection.transaction()?;
    for digest in digests {
        let changed = transaction.execute(
            "UPDATE alarms SET acknowledged_at = ?3 WHERE transaction_id = ?1 AND digest = ?2 AND acknowledged_at IS NULL",
            params![integer(id.0)?, digest.0, integer(at.get())?],
        )?;
        if changed != 1 {
            return Ok(false);
        }
    }
    transaction.commit()?;
    Ok(true)
}
