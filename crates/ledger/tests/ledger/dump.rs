//! Everything in a ledger's file.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OpenFlags};

/// Every table with every row, sorted.
pub(crate) type Dump = BTreeMap<String, Vec<Vec<Sql>>>;

pub(crate) fn connect(path: &Path) -> Connection {
    Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap()
}

pub(crate) fn dump(path: &Path) -> Dump {
    let connection = connect(path);
    let transaction = connection.unchecked_transaction().unwrap();
    let mut tables = transaction.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(tables.len() > 30, "{tables:?}");
    tables
        .into_iter()
        .map(|table| {
            let mut statement =
                transaction.prepare(&format!("SELECT * FROM {table} ORDER BY 1, 2, 3")).unwrap();
            let width = statement.column_count();
            let rows = statement
                .query_map([], |row| (0..width).map(|index| row.get(index)).collect::<Result<Vec<Sql>, _>>())
                .unwrap()
                .map(Result::unwrap)
                .collect();
            (table, rows)
        })
        .collect()
}

/// Fails with the first difference only: a dump is long.
pub(crate) fn assert_same(found: &Dump, wanted: &Dump, when: &str) {
    assert_eq!(found.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>());
    for (table, wanted) in wanted {
        let found = &found[table];
        for (index, wanted) in wanted.iter().enumerate() {
            assert_eq!(found.get(index), Some(wanted), "{when}: row {index} of {table}");
        }
        assert_eq!(found.len(), wanted.len(), "{when}: rows of {table}");
    }
}
