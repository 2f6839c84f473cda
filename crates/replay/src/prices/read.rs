//! The rows of a CSV of prices.

use std::io::{self, Read};

use bithedge_protocol::UsdE8;
use bithedge_protocol::math::MAX_PRICE;

use super::{Date, History, PriceError};

const DATE: &str = "date";
const CLOSE: &str = "close_usd";
const LOW: &str = "low_usd";
const STX: &str = "stx_usd";

/// One line.
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) date: Date,
    pub(super) close: UsdE8,
    pub(super) low: Option<UsdE8>,
    pub(super) stx: Option<UsdE8>,
}

/// All lines below the header, in order, each date once.
pub(super) fn parse(source: impl Read) -> Result<Vec<Row>, PriceError> {
    let text = read_text(source)?;
    let mut reader =
        csv::ReaderBuilder::new().flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let header = reader.headers().map_err(io::Error::from)?.clone();
    if header.iter().all(str::is_empty) {
        return Err(PriceError::Empty);
    }
    let column = |name: &'static str| {
        let mut places =
            header.iter().enumerate().filter(|(_, title)| *title == name).map(|(place, _)| place);
        match (places.next(), places.next()) {
            (_, Some(_)) => Err(PriceError::RepeatedColumn { column: name }),
            (place, None) => Ok(place),
        }
    };
    let required = |name| column(name)?.ok_or(PriceError::MissingColumn { column: name });
    let (date_at, close_at, low_at, stx_at) = (required(DATE)?, required(CLOSE)?, column(LOW)?, column(STX)?);

    let mut lines = Lines { text: &text, byte: 0, line: 1 };
    let mut rows: Vec<Row> = Vec::new();
    for record in reader.into_records() {
        let record = record.map_err(io::Error::from)?;
        let line = lines.at(record.position().map_or(0, csv::Position::byte));
        if record.len() != header.len() {
            return Err(PriceError::Fields { line, expected: header.len(), found: record.len() });
        }
        let cell = |place: usize| record.get(place).unwrap_or_default();
        let price = |place, column| read_price(cell(place), line, column);
        let text = cell(date_at);
        let date = text.parse().map_err(|_| PriceError::BadDate { line, text: shown(text) })?;
        match rows.last() {
            Some(before) if before.date == date => return Err(PriceError::RepeatedDate { line, date }),
            Some(before) if before.date > date => {
                // Any date further up is there already, whatever stands between.
                let is_repeated = rows.binary_search_by_key(&date, |row| row.date).is_ok();
                let after = before.date;
                return Err(if is_repeated {
                    PriceError::RepeatedDate { line, date }
                } else {
                    PriceError::OutOfOrder { line, date, after }
                });
            }
            _ => {}
        }
        let close = price(close_at, CLOSE)?;
        let low = match low_at {
            Some(place) if !cell(place).is_empty() => Some(price(place, LOW)?),
            _ => None,
        };
        if low.is_some_and(|low| low > close) {
            return Err(PriceError::LowAboveClose { line });
        }
        let stx = stx_at.map(|place| price(place, STX)).transpose()?;
        rows.push(Row { line, date, close, low, stx });
    }
    if rows.is_empty() { Err(PriceError::Empty) } else { Ok(rows) }
}

fn read_text(source: impl Read) -> Result<String, PriceError> {
    let mut bytes = Vec::new();
    let read = source.take(History::MAX_BYTES + 1).read_to_end(&mut bytes)?;
    if u64::try_from(read).is_ok_and(|read| read > History::MAX_BYTES) {
        return Err(PriceError::TooLong);
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let good = error.as_bytes().get(..error.utf8_error().valid_up_to()).unwrap_or_default();
        PriceError::NotUtf8 { line: 1 + line_ends(&String::from_utf8_lossy(good)) }
    })?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// Counts lines, forwards.
struct Lines<'a> {
    text: &'a str,
    byte: usize,
    /// The line of that byte.
    line: u64,
}

impl Lines<'_> {
    /// The line of what begins at a byte, or after the blank lines there.
    fn at(&mut self, byte: u64) -> u64 {
        let is_line_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let byte = usize::try_from(byte).unwrap_or(usize::MAX).min(self.text.len());
        let blank = self.text.bytes().skip(byte).take_while(is_line_end).count();
        self.line += line_ends(self.text.get(self.byte..byte + blank).unwrap_or_default());
        self.byte = byte + blank;
        self.line
    }
}

/// Line ends of Unix, Windows and the first Macintosh.
fn line_ends(text: &str) -> u64 {
    let count = text.matches('\n').count() + text.matches('\r').count() - text.matches("\r\n").count();
    u64::try_from(count).unwrap_or(u64::MAX)
}

/// A plain decimal number, digits after the eighth decimal rounded.
fn read_price(text: &str, line: u64, column: &'static str) -> Result<UsdE8, PriceError> {
    let (is_negative, number) = text.strip_prefix('-').map_or((false, text), |number| (true, number));
    let consists_of =
        |others: &[u8]| number.bytes().all(|byte| byte.is_ascii_digit() || others.contains(&byte));
    let is_digit = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_digit());
    let has_digits_around = is_digit(number.bytes().next()) && is_digit(number.bytes().last());
    let text = shown(text);
    if has_digits_around && number.contains(',') && consists_of(b".,") {
        return Err(PriceError::Comma { line, column, text });
    }
    if !has_digits_around || !consists_of(b".") || number.matches('.').count() > 1 {
        return Err(PriceError::NotANumber { line, column, text });
    }
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    let (kept, rest) = fraction.split_at_checked(8).unwrap_or((fraction, ""));
    let is_rounded_up = rest.bytes().next().is_some_and(|digit| digit >= b'5');
    // There are only digits: what still cannot be read is too large.
    let price = format!("{whole}.{kept}")
        .parse::<UsdE8>()
        .ok()
        .and_then(|price| price.checked_add(UsdE8::new(is_rounded_up.into())).ok());
    match price {
        _ if is_negative => Err(PriceError::NotPositive { line, column, text }),
        Some(UsdE8::ZERO) => Err(PriceError::NotPositive { line, column, text }),
        Some(price) if price <= MAX_PRICE => Ok(price),
        _ => Err(PriceError::TooHigh { line, column, text }),
    }
}

/// What an error shows of a cell.
fn shown(text: &str) -> String {
    text.chars().take(40).collect()
}
