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
/// What an amount is called where it stands without a unit: types and fields, as programs print them, in small letters.
const AMOUNT_NAMES: [&str; 28] = [
    "amount",
    "amounts",
    "assets",
    "at_least",
    "balance",
    "base_units",
    "cost",
    "fee",
    "fees",
    "locked",
    "max_cost",
    "micro",
    "micro_stx",
    "microstx",
    "min_payout",
    "min_refund",
    "paid",
    "payout",
    "premium",
    "sats",
    "sbtc",
    "shares",
    "size",
    "strike",
    "stx",
    "tokenamount",
    "uint",
    "usde8",
];

/// What is taken out, and what stands for it.
#[derive(Default)]
pub(crate) struct Redaction {
    /// Texts that are known to say too much, and the words in their place; the longest first.
    known: Vec<(String, String)>,
    /// What was found, by what it is.
    found: BTreeMap<(&'static str, String), usize>,
}

impl Redaction {
    /// Takes this text out wherever it stands, also where JSON, a program's own printing or an address on the web spells it otherwise.
    pub(crate) fn known(&mut self, text: &str, stands_for: &str) {
        // What is as short as that is in other words, too.
        if text.chars().count() < 3 || names_money(text) {
            return;
        }
        for spelling in spellings(text) {
            if !self.known.iter().any(|(known, _)| *known == spelling) {
                self.known.push((spelling, format!("<{stands_for}>")));
            }
        }
        self.known.sort_by_key(|(known, _)| std::cmp::Reverse(known.len()));
    }

    /// The text without all that.
    pub(crate) fn of(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        // A plain word may stand by chance in the middle of a hash, whose parts would not be known for what they are.
        let is_word = |known: &str| known.chars().all(|sign| sign.is_ascii_alphanumeric());
        for (known, placeholder) in self.known.iter().filter(|(known, _)| !is_word(known)) {
            text = text.replace(known, placeholder);
        }
        let mut text = self.tokens(&text);
        for (known, placeholder) in self.known.iter().filter(|(known, _)| is_word(known)) {
            text = text.replace(known, placeholder);
        }
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

/// Whether it is a word by which amounts are found: without it they would be left standing, and alone it says nothing of anybody.
fn names_money(text: &str) -> bool {
    UNITS.iter().chain(&AMOUNT_NAMES).any(|name| name.eq_ignore_ascii_case(text))
}

/// How a text may be spelled. What is printed twice, as JSON in a line of a log, is escaped twice.
fn spellings(text: &str) -> Vec<String> {
    let unquoted = |quoted: String| {
        let inner = quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
        inner.map_or_else(|| quoted.clone(), str::to_owned)
    };
    let as_json = |text: &str| serde_json::to_string(text).map_or_else(|_| text.to_owned(), unquoted);
    let as_debug = |text: &str| unquoted(format!("{text:?}"));
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let in_an_address: String = text
        .bytes()
        .map(|byte| if is_plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    let (json, debug) = (as_json(text), as_debug(text));
    let (json_twice, debug_twice) = (as_json(&json), as_debug(&debug));
    vec![text.to_owned(), json, debug, json_twice, debug_twice, in_an_address]
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

/// Whether what is printed before a number says that it is an amount: `fee: `, `"amount": "`, `stx=Some(MicroStx(`.
fn is_named_amount(before: &str) -> bool {
    let named = before.trim_end_matches(|sign: char| {
        sign.is_whitespace() || matches!(sign, '"' | '\'' | '\\' | '(' | ':' | '=' | '-')
    });
    if !before[named.len()..].contains(['(', ':', '=']) {
        return false;
    }
    let name_begins = named
        .rfind(|sign: char| !(sign.is_ascii_alphanumeric() || sign == '_'))
        .map_or(0, |at| at + named[at..].chars().next().map_or(1, char::len_utf8));
    match &named[name_begins..] {
        "Some" => is_named_amount(&named[..name_begins]),
        name => AMOUNT_NAMES.contains(&&*name.to_ascii_lowercase()),
    }
}

/// Numbers before a unit of money, or after a name for some.
fn without_amounts(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|sign: char| sign.is_ascii_digit()) {
        let (before, from) = rest.split_at(start);
        let is_of_number = |sign: char| {
            sign.is_ascii_digit() || matches!(sign, '.' | ',' | '_' | '\'' | '\u{202f}' | '\u{a0}')
        };
        let end = from.find(|sign: char| !is_of_number(sign)).unwrap_or(from.len());
        // What stands after its last digit belongs to the sentence.
        let end = from[..end].rfind(|sign: char| sign.is_ascii_digit()).map_or(end, |last| last + 1);
        let (number, after) = from.split_at(end);
        out.push_str(before);
        let unit = after.trim_start_matches([' ', '\u{a0}', '\u{202f}']);
        let has_unit = UNITS.iter().any(|name| {
            let after_it = unit.strip_prefix(name);
            after_it.is_some_and(|after| !after.starts_with(|sign: char| sign.is_ascii_alphanumeric()))
        });
        let is_word = out.ends_with(|sign: char| sign.is_alphanumeric() || sign == '_');
        out.push_str(match has_unit || !is_word && is_named_amount(&out) {
            false => number,
            // A bare number in JSON: a placeholder has to be a text there.
            true if out.trim_end().ends_with("\":") && !out.trim_end().ends_with("\\\":") => "\"<amount>\"",
            true => "<amount>",
        });
        rest = after;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_label_and_no_name_of_a_user_hides_amounts_and_hashes_from_the_search() {
        let mut redaction = Redaction::default();
        for label in ["BTC", "stx", "fee", "Some rent"] {
            redaction.known(label, "label");
        }
        redaction.known("ada", "user");
        assert_eq!(
            redaction.of("It costs 7,654.5 BTC, fee=7654, 12 STX"),
            "It costs <amount> BTC, fee=<amount>, <amount> STX"
        );
        let hash = format!("{}ada{}", "3f".repeat(14), "91".repeat(16));
        assert_eq!(redaction.of(&format!("/people/ada has {hash}")), "/people/<user> has <hash 1>");
        assert_eq!(redaction.of("Some rent"), "<label>");
    }

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

    #[test]
    fn amounts_are_taken_out_also_as_a_program_prints_them() {
        let mut redaction = Redaction::default();
        for (text, expected) in [
            (
                "needs MicroStx(7654000000), has MicroStx(12)",
                "needs MicroStx(<amount>), has MicroStx(<amount>)",
            ),
            (
                "Some(TokenAmount(\n    7654,\n)) of block 7",
                "Some(TokenAmount(\n    <amount>,\n)) of block 7",
            ),
            ("stx: Some(7654), height: Some(7)", "stx: Some(<amount>), height: Some(7)"),
            ("signed fee=7654 nonce=7 size=-5", "signed fee=<amount> nonce=7 size=-<amount>"),
            ("{\"amount\":\"7654\",\"height\":7}", "{\"amount\":\"<amount>\",\"height\":7}"),
            ("{\"fee\": 7654,\n\"id\": 7}", "{\"fee\": \"<amount>\",\n\"id\": 7}"),
            ("a line with {\\\"fee\\\":7654}", "a line with {\\\"fee\\\":<amount>}"),
            ("a line with {\\\"amount\\\":\\\"7654\\\"}", "a line with {\\\"amount\\\":\\\"<amount>\\\"}"),
            ("It costs 7,654.5 STX, and 3 blocks.", "It costs <amount> STX, and 3 blocks."),
            ("the fee 7 times, err u1940301, part0007", "the fee 7 times, err u1940301, part0007"),
        ] {
            assert_eq!(redaction.of(text), expected);
        }
    }

    #[test]
    fn what_is_known_is_taken_out_however_it_is_spelled() {
        let label = "Z\u{fc}rich \"old\"\\house";
        let mut redaction = Redaction::default();
        redaction.known(label, "label 1");
        redaction.known("/people/irene m\u{fc}ller", "home");
        for spelled in [
            label.to_owned(),
            serde_json::to_string(label).unwrap(),
            format!("{label:?}"),
            format!("{:?}", format!("{label:?}")),
            serde_json::to_string(&serde_json::to_string(label).unwrap()).unwrap(),
        ] {
            let text = redaction.of(&spelled);
            assert!(text.contains("<label 1>") && !text.contains("old"), "{spelled}: {text}");
        }
        assert_eq!(redaction.of("file:///people/irene%20m%C3%BCller/logs"), "file://<home>/logs");
    }
}
