//! Rows: how a Rust struct is a row of a table, with a checksum, and an image of it that can be put back.

use bithedge_stacks::{Principal, Value};
use rusqlite::types::Value as Sql;

/// Stored data that cannot be what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the table {table} holds a row that was not written like this")]
pub struct DamagedRow {
    /// The table.
    pub table: &'static str,
}

/// What a column can hold. Reading what was written gives the same, for every value.
pub(crate) trait Column: Sized {
    fn to_sql(&self) -> Sql;
    fn from_sql(value: &Sql) -> Option<Self>;
}

/// 64 bits as SQLite's signed integer, bit for bit: times and heights in order below 2^63.
impl Column for u64 {
    fn to_sql(&self) -> Sql {
        Sql::Integer(self.cast_signed())
    }

    fn from_sql(value: &Sql) -> Option<Self> {
        if let Sql::Integer(number) = value { Some(number.cast_unsigned()) } else { None }
    }
}

impl Column for u32 {
    fn to_sql(&self) -> Sql {
        Sql::Integer(i64::from(*self))
    }

    fn from_sql(value: &Sql) -> Option<Self> {
        if let Sql::Integer(number) = value { Self::try_from(*number).ok() } else { None }
    }
}

impl Column for u8 {
    fn to_sql(&self) -> Sql {
        Sql::Integer(i64::from(*self))
    }

    fn from_sql(value: &Sql) -> Option<Self> {
        if let Sql::Integer(number) = value { Self::try_from(*number).ok() } else { None }
    }
}

impl Column for bool {
    fn to_sql(&self) -> Sql {
        Sql::Integer(i64::from(*self))
    }

    fn from_sql(value: &Sql) -> Option<Self> {
        match value {
            Sql::Integer(0) => Some(false),
            Sql::Integer(1) => Some(true),
            _ => None,
        }
    }
}

/// Amounts: 16 bytes, the highest first, so that they sort and none is too large.
impl Column for u128 {
    fn to_sql(&self) -> Sql {
        Sql::Blob(self.to_be_bytes().to_vec())
    }

    fn from_sql(value: &Sql) -> Option<Self> {
        if let Sql::Blob(bytes) = value {
            Some(Self::from_be_bytes(bytes.as_slice().try_into().ok()?))
        } else {
            None
        }
    }
}

/// As the chain serialises it: no checksum to compute, and shorter than the text.
impl Column for Principal {
    fn to_sql(&self) -> Sql {
        Sql::Blob(Value::Principal(self.clone()).encode())
    }

    fn from_sql(value: &Sql) -> Option<Self> {
        let Sql::Blob(bytes) = value else { return None };
        match Value::decode(bytes) {
            Ok(Value::Principal(principal)) => Some(principal),
            _ => None,
        }
    }
}

impl Column for String {
    fn to_sql(&self) -> Sql {
        Sql::Text(self.clone())
    }

    fn from_sql(value: &Sql) -> Option<Self> {
        if let Sql::Text(text) = value { Some(text.clone()) } else { None }
    }
}

impl Column for Vec<u8> {
    fn to_sql(&self) -> Sql {
        Sql::Blob(self.clone())
    }

    fn from_sql(value: &Sql) -> Option<Self> {
        if let Sql::Blob(bytes) = value { Some(bytes.clone()) } else { None }
    }
}

impl Column for [u8; 32] {
    fn to_sql(&self) -> Sql {
        Sql::Blob(self.to_vec())
    }

    fn from_sql(value: &Sql) -> Option<Self> {
        if let Sql::Blob(bytes) = value { bytes.as_slice().try_into().ok() } else { None }
    }
}

/// A short list of figures inside a row: each record is so many numbers of 16 bytes.
pub(crate) trait Record: Sized {
    /// How many numbers.
    const WIDTH: usize;
    fn numbers(&self) -> Vec<u128>;
    fn of(numbers: &[u128]) -> Option<Self>;
}

/// A list in a column.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Listed<T>(pub(crate) Vec<T>);

impl<T: Record> Column for Listed<T> {
    fn to_sql(&self) -> Sql {
        Sql::Blob(self.0.iter().flat_map(Record::numbers).flat_map(u128::to_be_bytes).collect())
    }

    fn from_sql(value: &Sql) -> Option<Self> {
        let Sql::Blob(bytes) = value else { return None };
        let numbers: Option<Vec<u128>> =
            bytes.chunks(16).map(|one| Some(u128::from_be_bytes(one.try_into().ok()?))).collect();
        let records: Option<Vec<T>> = numbers?.chunks(T::WIDTH).map(T::of).collect();
        records.map(Self)
    }
}

impl Record for u64 {
    const WIDTH: usize = 1;

    fn numbers(&self) -> Vec<u128> {
        vec![u128::from(*self)]
    }

    fn of(numbers: &[u128]) -> Option<Self> {
        if let [number] = numbers { Self::try_from(*number).ok() } else { None }
    }
}

/// A row of a table whose first columns are its key.
pub(crate) trait Row: Sized {
    /// The key's columns as Rust values.
    type Key;
    const TABLE: &'static str;
    /// How many columns the key has.
    const KEYS: usize;
    /// Columns in the table's order, without the checksum.
    const COLUMNS: &'static [&'static str];
    /// `INSERT OR REPLACE`, every column and the checksum.
    const PUT: &'static str;
    /// `INSERT`, likewise.
    const ADD: &'static str;
    /// All columns of one row, by its key.
    const GET: &'static str;
    const DELETE: &'static str;
    fn key_values(key: &Self::Key) -> Vec<Sql>;
    fn values(&self) -> Vec<Sql>;
    fn from_values(values: &[Sql]) -> Option<Self>;
}

/// Declares rows: `Name in "table" (key fields) { other fields }`.
macro_rules! rows {
    ($(
        $(#[$doc:meta])*
        $name:ident in $table:literal ($first_key:ident: $first_type:ty $(, $key:ident: $key_type:ty)*) {
            $($(#[$field_doc:meta])* $field:ident: $type:ty,)*
        }
    )*) => {
        $(
            $(#[$doc])*
            #[derive(Debug, Clone, PartialEq, Eq)]
            pub(crate) struct $name {
                pub(crate) $first_key: $first_type,
                $(pub(crate) $key: $key_type,)*
                $($(#[$field_doc])* pub(crate) $field: $type,)*
            }

            impl $crate::row::Row for $name {
                type Key = ($first_type, $($key_type,)*);
                const TABLE: &'static str = $table;
                const KEYS: usize = 1 $(+ { let _ = stringify!($key); 1 })*;
                const COLUMNS: &'static [&'static str] =
                    &[stringify!($first_key), $(stringify!($key),)* $(stringify!($field),)*];
                const PUT: &'static str = concat!("INSERT OR REPLACE INTO ", $table, " VALUES (?,",
                    $($crate::row::placeholder!($key),)* $($crate::row::placeholder!($field),)* "?)");
                const ADD: &'static str = concat!("INSERT INTO ", $table, " VALUES (?,",
                    $($crate::row::placeholder!($key),)* $($crate::row::placeholder!($field),)* "?)");
                const GET: &'static str = concat!("SELECT * FROM ", $table, " WHERE ", stringify!($first_key), " = ?",
                    $(" AND ", stringify!($key), " = ?",)*);
                const DELETE: &'static str = concat!("DELETE FROM ", $table, " WHERE ", stringify!($first_key), " = ?",
                    $(" AND ", stringify!($key), " = ?",)*);

                fn key_values(key: &Self::Key) -> Vec<rusqlite::types::Value> {
                    let ($first_key, $($key,)*) = key;
                    vec![
                        $crate::row::Column::to_sql($first_key),
                        $($crate::row::Column::to_sql($key),)*
                    ]
                }

                fn values(&self) -> Vec<rusqlite::types::Value> {
                    vec![
                        $crate::row::Column::to_sql(&self.$first_key),
                        $($crate::row::Column::to_sql(&self.$key),)*
                        $($crate::row::Column::to_sql(&self.$field),)*
                    ]
                }

                fn from_values(values: &[rusqlite::types::Value]) -> Option<Self> {
                    let mut values = values.iter();
                    let row = Self {
                        $first_key: $crate::row::Column::from_sql(values.next()?)?,
                        $($key: $crate::row::Column::from_sql(values.next()?)?,)*
                        $($field: $crate::row::Column::from_sql(values.next()?)?,)*
                    };
                    values.next().is_none().then_some(row)
                }
            }
        )*
    };
}

/// One `?,` for a column.
macro_rules! placeholder {
    ($field:ident) => {
        "?,"
    };
}

pub(crate) use {placeholder, rows};

/// A row's values as bytes, and back.
pub(crate) mod image {
    use super::Sql;

    pub(crate) fn write(values: &[Sql], out: &mut Vec<u8>) {
        out.push(u8::try_from(values.len()).unwrap_or(u8::MAX));
        for value in values {
            match value {
                Sql::Null => out.push(0),
                Sql::Integer(number) => {
                    out.push(1);
                    out.extend_from_slice(&number.to_be_bytes());
                }
                Sql::Real(number) => {
                    out.push(2);
                    out.extend_from_slice(&number.to_bits().to_be_bytes());
                }
                Sql::Text(text) => sized(3, text.as_bytes(), out),
                Sql::Blob(bytes) => sized(4, bytes, out),
            }
        }
    }

    fn sized(tag: u8, bytes: &[u8], out: &mut Vec<u8>) {
        out.push(tag);
        out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        out.extend_from_slice(bytes);
    }

    /// Takes the first row off the bytes; `None` if they are not what [`write()`] makes.
    pub(crate) fn read(bytes: &mut &[u8]) -> Option<Vec<Sql>> {
        let count = take(bytes, 1)?.first().copied()?;
        (0..count).map(|_| value(bytes)).collect()
    }

    fn value(bytes: &mut &[u8]) -> Option<Sql> {
        Some(match take(bytes, 1)?.first()? {
            0 => Sql::Null,
            1 => Sql::Integer(i64::from_be_bytes(take(bytes, 8)?.try_into().ok()?)),
            2 => Sql::Real(f64::from_bits(u64::from_be_bytes(take(bytes, 8)?.try_into().ok()?))),
            3 => Sql::Text(String::from_utf8(with_size(bytes)?.to_vec()).ok()?),
            4 => Sql::Blob(with_size(bytes)?.to_vec()),
            _ => return None,
        })
    }

    fn with_size<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
        let size = u32::from_be_bytes(take(bytes, 4)?.try_into().ok()?);
        take(bytes, usize::try_from(size).ok()?)
    }

    pub(crate) fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = bytes.split_at_checked(count)?;
        *bytes = rest;
        Some(taken)
    }
}

/// The checksum that stands in every row: FNV-1a, 64 bits, over the row's image. It finds what a disk or a foreign hand
/// changed; it keeps nobody out who computes it too.
pub(crate) fn checksum(values: &[Sql]) -> i64 {
    let mut bytes = Vec::with_capacity(512);
    image::write(values, &mut bytes);
    checksum_of(&bytes)
}

pub(crate) fn checksum_of(bytes: &[u8]) -> i64 {
    let hash = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    hash.cast_signed()
}

/// Splits off the checksum of values that were just read.
///
/// # Errors
/// [`DamagedRow`] if it is not theirs.
pub(crate) fn checked(mut values: Vec<Sql>, table: &'static str) -> Result<Vec<Sql>, DamagedRow> {
    match values.pop() {
        Some(Sql::Integer(found)) if found == checksum(&values) => Ok(values),
        _ => Err(DamagedRow { table }),
    }
}

/// A row from what was read of it, its checksum last.
///
/// # Errors
/// [`DamagedRow`].
pub(crate) fn decode<R: Row>(values: Vec<Sql>) -> Result<R, DamagedRow> {
    R::from_values(&checked(values, R::TABLE)?).ok_or(DamagedRow { table: R::TABLE })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn back<T: Column>(value: &T) -> Option<T> {
        T::from_sql(&value.to_sql())
    }

    #[test]
    fn the_largest_amounts_are_stored_exactly_and_sort() {
        for amount in [0, 1, u128::from(u64::MAX), i128::MAX.cast_unsigned(), u128::MAX - 1, u128::MAX] {
            assert_eq!(back(&amount), Some(amount));
        }
        for number in [0, i64::MAX.cast_unsigned(), u64::MAX] {
            assert_eq!(back(&number), Some(number));
        }
        let connection = rusqlite::Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE t (a BLOB) STRICT").unwrap();
        for amount in [u128::MAX, 0, 255, 256, 1 << 64, u128::MAX - 1] {
            connection.execute("INSERT INTO t VALUES (?)", [amount.to_sql()]).unwrap();
        }
        let mut statement = connection.prepare("SELECT a FROM t ORDER BY a").unwrap();
        let sorted: Vec<u128> = statement
            .query_map([], |row| Ok(u128::from_sql(&row.get(0)?).unwrap()))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(sorted, [0, 255, 256, 1 << 64, u128::MAX - 1, u128::MAX]);
    }

    proptest! {
        #[test]
        fn an_image_reads_back(numbers in prop::collection::vec(any::<i64>(), 0..5), blob: Vec<u8>, text: String) {
            let mut values: Vec<Sql> = numbers.into_iter().map(Sql::Integer).collect();
            values.extend([Sql::Blob(blob), Sql::Text(text), Sql::Null]);
            let mut bytes = Vec::new();
            image::write(&values, &mut bytes);
            let mut rest = bytes.as_slice();
            prop_assert_eq!(image::read(&mut rest), Some(values));
            prop_assert!(rest.is_empty());
            for cut in 0..bytes.len() {
                prop_assert_eq!(image::read(&mut &bytes[..cut]), None);
            }
        }

        #[test]
        fn no_bytes_make_reading_fail_otherwise_than_by_none(bytes: Vec<u8>) {
            let _ = image::read(&mut bytes.as_slice());
        }
    }
}
