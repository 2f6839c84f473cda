//! The activity as a table for other programs.

use bithedge_ipc::{ActivityLine, Money};
use bithedge_protocol::{Asset, MicroStx, Sats};

const HEAD: &str = "time (UTC),block,transaction,what,policy,tier,paid sBTC,paid STX,received sBTC,received STX,network fee STX,\
     words,refused";

/// The lines as a table with one head, in the order given: RFC 4180, amounts in whole units with a point and no grouping. What would be
/// taken for a formula by a spreadsheet is made text.
#[must_use]
pub fn csv(lines: &[ActivityLine]) -> String {
    let mut table = String::from(HEAD);
    table.push_str("\r\n");
    for line in lines {
        let cell = |money: Option<Money>, asset: Asset| {
            money.filter(|money| money.asset == asset).map(|money| plain(&money)).unwrap_or_default()
        };
        let or_empty = |number: Option<String>| number.unwrap_or_default();
        let row = [
            line.time.civil().to_string(),
            line.place.height.get().to_string(),
            line.txid.clone(),
            line.what.clone(),
            or_empty(line.policy.map(|policy| policy.to_string())),
            or_empty(line.bucket.map(|bucket| bucket.tier.to_string())),
            cell(line.paid, Asset::Sbtc),
            cell(line.paid, Asset::Stx),
            cell(line.received, Asset::Sbtc),
            cell(line.received, Asset::Stx),
            or_empty(line.fee.map(stx)),
            line.words.clone(),
            line.refused.clone().unwrap_or_default(),
        ];
        table.push_str(&row.map(|text| quoted(&text)).join(","));
        table.push_str("\r\n");
    }
    table
}

fn plain(money: &Money) -> String {
    match money.asset {
        Asset::Sbtc => sats(money.amount.as_sbtc()),
        Asset::Stx => stx(money.amount.as_stx()),
    }
}

fn sats(amount: Sats) -> String {
    let parts = amount.parts();
    format!("{}.{}", parts.whole.replace(',', ""), parts.fraction)
}

fn stx(amount: MicroStx) -> String {
    let parts = amount.parts();
    format!("{}.{}", parts.whole.replace(',', ""), parts.fraction)
}

fn quoted(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\r', '\n']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_or_split_is_text() {
        assert_eq!(quoted("=1+1"), "'=1+1");
        assert_eq!(quoted("@a"), "'@a");
        assert_eq!(quoted("a,b"), "\"a,b\"");
        assert_eq!(quoted("a \"b\"\n"), "\"a \"\"b\"\"\n\"");
        assert_eq!(quoted("plain"), "plain");
        assert_eq!(sats(Sats::new(123_456_789_012)), "1234.56789012");
        assert_eq!(stx(MicroStx::new(1)), "0.000001");
    }
}
