//! Takes out of a text what says who somebody is or what they own, and leaves what helps to find a defect: the same thing is named the
//! same wherever it stands.

use std::collections::BTreeMap;

/// Addresses of Stacks begin so, and have so many characters.
const ADDRESS_BEGINS: [&str; 4] = ["SP", "SM", "ST", "SN"];
const ADDRESS_LENGTH: std::ops::RangeInclusive<usize> = 38..=42;
/// Ids of transactions, hashes of blocks, digests and keys have so many hexadecimal digits or more.
const HASH_LENGTH: usize = 40;
/// Units of money, as they stand after an amount.
const UNITS: [&str; 7] = ["STX", "sBTC", "BTC", "sats", "USD", "micro-STX", "uSTX"];

/// What is taken out, and what stands for it.
#[derive(Default)]
pub(crate) struct Redaction {
    /// Texts that are known to say too much, and the words in their place; the longest first.
    known: Vec<(String, String)>,
    /// What was found, by what it is.
    found: BTreeMap<(&'static str, String), usize>,
}

impl Redaction {
    /// Takes this text out wherever it stands.
    pub(crate) fn known(&mut self, text: &str, stands_for: &str) {
        // What is as short as that is in other words, too.
        if text.chars().count() >= 3 && !self.known.iter().any(|(known, _)| known == text) {
            self.known.push((text.to_owned(), format!("<{stands_for}>")));
            self.known.sort_by_key(|(known, _)| std::cmp::Reverse(known.len()));
        }
    }

    /// The text without all that.
    pub(crate) fn of(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for (known, placeholder) in &self.known {
            text = text.replace(known, placeholder);
        }
        let text = self.tokens(&text);
        without_amounts(&text)
    }

    /// Words that are addresses or hashes, by their form.
    fn tokens(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some(start) = rest.find(|sign: char| sign.is_ascii_alphanumeric()) {
            let (before, from) = rest.split_at(start);
            let end = from.find(|sign: char| !sign.is_ascii_alphanumeric()).unwrap_or(from.len());
            let (token, after) = from.split_at(end);
            out.push_str(before);
            match kind_of(token) {
                Some(kind) => {
                    let next = self.found.keys().filter(|(of, _)| *of == kind).count() + 1;
                    let name = token.trim_start_matches("0x").to_ascii_lowercase();
                    let number = *self.found.entry((kind, name)).or_insert(next);
                    out.push_str(&format!("<{kind} {number}>"));
                }
                None => out.push_str(token),
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }
}

fn kind_of(token: &str) -> Option<&'static str> {
    let is_address = ADDRESS_LENGTH.contains(&token.len())
        && ADDRESS_BEGINS.iter().any(|begin| token.starts_with(begin))
        && token.chars().all(|sign| sign.is_ascii_digit() || sign.is_ascii_uppercase());
    if is_address {
        return Some("account");
    }
    let digits = token.strip_prefix("0x").unwrap_or(token);
    let is_hash = digits.len() >= HASH_LENGTH && digits.chars().all(|sign| sign.is_ascii_hexdigit());
    is_hash.then_some("hash")
}

/// Numbers before a unit of money.
fn without_amounts(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|sign: char| sign.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let is_of_number = |sign: char| {
            sign.is_ascii_digit() || matches!(sign, '.' | ',' | '_' | '\'' | '\u{202f}' | '\u{a0}')
        };
        let end = from.find(|sign: char| !is_of_number(sign)).unwrap_or(from.len());
        let (number, after) = from.split_at(end);
        out.push_str(before);
        let unit = after.trim_start_matches([' ', '\u{a0}', '\u{202f}']);
        let has_unit = UNITS.iter().any(|name| {
            let after_it = unit.strip_prefix(name);
            after_it.is_some_and(|after| !after.starts_with(|sign: char| sign.is_ascii_alphanumeric()))
        });
        out.push_str(if has_unit { "<amount>" } else { number });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_hashes_amounts_and_what_is_known_are_taken_out() {
        let mut redaction = Redaction::default();
        redaction.known("/people/irene/.local/share/app.bithedge.desktop", "data folder");
        redaction.known("/people/irene", "home");
        redaction.known("node.irene.example", "own host 1");
        redaction.known("Rent", "label 1");
        redaction.known("a", "never");
        let address = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM";
        let txid = "ab".repeat(32);
        let text = format!(
            "account {address} (Rent) at https://node.irene.example:3999/v2/accounts/{address}.sbtc-token: 0x{txid}, again {txid}; \
             The fee is 0.012 STX, not 1,200 sats; block 1200 in /people/irene/.local/share/app.bithedge.desktop/logs of /people/irene"
        );
        assert_eq!(
            redaction.of(&text),
            "account <account 1> (<label 1>) at https://<own host 1>:3999/v2/accounts/<account 1>.sbtc-token: <hash 1>, again <hash 1>; \
             The fee is <amount> STX, not <amount> sats; block 1200 in <data folder>/logs of <home>"
        );
        // The same in another file.
        assert_eq!(redaction.of(&format!("{txid} {address}")), "<hash 1> <account 1>");
        assert_eq!(
            redaction.of("STACKS SP1 2026-11-22T10:00:00Z 80000000 deadbeef"),
            "STACKS SP1 2026-11-22T10:00:00Z 80000000 deadbeef"
        );
    }
}
