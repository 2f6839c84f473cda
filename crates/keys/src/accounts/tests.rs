//! Altered, damaged and odd lists.

use super::*;

const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const BURN: &str = "SP000000000000000000002Q6VF78";
const BURN_TESTNET: &str = "ST000000000000000000002AMW42H";

fn keys() -> (SealKey, Box<Seed>) {
    let mnemonic = Mnemonic::parse(WORDS).ok().unwrap();
    (SealKey::of(&mnemonic), mnemonic.seed().unwrap())
}

fn list() -> AccountList {
    let (key, seed) = keys();
    let mut list = AccountList::default();
    for index in 0..3 {
        let public = *seed.account(index).unwrap().public_key();
        list.add_derived(index, &format!("Account {}", index + 1), public).unwrap();
    }
    list.add_watched("Cold store", BURN, TransactionVersion::Mainnet).unwrap();
    list.sealed(&key)
}

fn verified(bytes: &[u8]) -> Result<(), AccountsError> {
    // Made once: a seed takes 2,048 rounds of a hash.
    thread_local! { static KEYS: (SealKey, Box<Seed>) = keys(); }
    let list = AccountList::parse(bytes)?;
    KEYS.with(|(key, seed)| list.verify(key, seed))
}

#[test]
fn a_list_reads_back_and_verifies() {
    let bytes = list().to_bytes();
    assert_eq!(AccountList::parse(&bytes).unwrap(), list());
    assert_eq!(verified(&bytes), Ok(()));
    // Its layout does not matter.
    let compact: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(verified(compact.to_string().as_bytes()), Ok(()));
}

#[test]
fn every_alteration_is_noticed() {
    let text = String::from_utf8(list().to_bytes()).unwrap();
    let (_, seed) = keys();
    let key = |index| seed.account(index).unwrap().public_key().to_string();
    let attacker = Seed::from_mnemonic("zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong", "").unwrap();
    let theirs = attacker.account(0).unwrap().public_key().to_string();
    let start = text.find("\"seal\"").unwrap();
    let without_seal = format!("{}\"seal\": null\n}}", &text[..start]);
    let swapped =
        text.replace(&key(0), "x").replace(&key(1), &key(0)).replace("\"x\"", &format!("\"{}\"", key(1)));
    for altered in [
        text.replace(&key(0), &theirs),
        text.replace(&key(2), &theirs),
        swapped,
        text.replace(BURN, "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4"),
        text.replace("Cold store", "Exchange"),
        text.replace("Account 1", "Account 9"),
        text.replace("\"index\": 2", "\"index\": 5"),
        without_seal,
    ] {
        assert_ne!(altered, text);
        assert_eq!(verified(altered.as_bytes()), Err(AccountsError::Altered), "{altered}");
    }
    let shorter = list().watched().to_bytes();
    assert_eq!(verified(&shorter), Err(AccountsError::Altered));
    // Sealed by this wallet, with a key that is not its own.
    let (seal, _) = keys();
    let foreign = text.replace(&key(2), &theirs);
    let foreign = AccountList::parse(foreign.as_bytes()).unwrap().sealed(&seal).to_bytes();
    assert_eq!(verified(&foreign), Err(AccountsError::Altered));
    // Sealed by another wallet.
    let other =
        SealKey::of(&Mnemonic::parse("zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo zoo wrong").ok().unwrap());
    assert_eq!(verified(&list().sealed(&other).to_bytes()), Err(AccountsError::Altered));
}

#[test]
fn any_flipped_bit_is_an_error() {
    let list = list();
    let bytes = list.to_bytes();
    for position in 0..bytes.len() {
        for bit in 0..8 {
            let mut flipped = bytes.clone();
            flipped[position] ^= 1 << bit;
            if let Ok(()) = verified(&flipped) {
                // White space around the values, and the case of hexadecimal digits, say nothing.
                assert_eq!(AccountList::parse(&flipped).unwrap(), list, "byte {position}, bit {bit}");
            }
        }
    }
    for length in 0..bytes.len() - 2 {
        assert!(matches!(verified(&bytes[..length]), Err(AccountsError::Damaged(_))), "{length}");
    }
}

#[test]
fn odd_files_are_refused() {
    let parse = |text: &str| AccountList::parse(text.as_bytes()).err().unwrap();
    assert_eq!(parse(r#"{"version":2,"new":true}"#), AccountsError::Newer { found: 2, known: 1 });
    let watched = format!(r#"{{"kind":"watch-only","address":"{BURN}","label":"x"}}"#);
    for damaged in [
        "".to_owned(),
        "[]".to_owned(),
        "null".to_owned(),
        "[".repeat(100_000),
        r#"{"version":0,"accounts":[],"seal":null}"#.to_owned(),
        r#"{"version":1,"accounts":[],"seal":"00"}"#.to_owned(),
        r#"{"version":1,"accounts":[],"seal":null,"more":1}"#.to_owned(),
        format!(r#"{{"version":1,"accounts":[{watched},{watched}],"seal":null}}"#),
        r#"{"version":1,"accounts":[{"kind":"derived","index":0,"label":"x","public_key":"02"}],"seal":null}"#.to_owned(),
        watched.replace("\"x\"", "\"\\u202e\"").replacen('{', "{\"version\":1,\"accounts\":[{", 1) + "],\"seal\":null}",
    ] {
        assert!(matches!(parse(&damaged), AccountsError::Damaged(_)), "{damaged:.80}");
    }
}

#[test]
fn watched_addresses_are_checked() {
    let mut list = list();
    let mainnet = TransactionVersion::Mainnet;
    let testnet = TransactionVersion::Testnet;
    let burn: Address = BURN.parse().unwrap();
    assert_eq!(list.add_watched("x", BURN, mainnet), Err(AccountsError::Duplicate(burn)));
    assert_eq!(
        list.add_watched("x", BURN, testnet),
        Err(AccountsError::OtherNetwork { address: burn, expected: testnet })
    );
    assert!(matches!(list.add_watched("x", "SP123", mainnet), Err(AccountsError::NotAnAddress)));
    assert!(matches!(
        list.add_watched("x", &format!("{BURN}.pool"), mainnet),
        Err(AccountsError::NotAnAddress)
    ));
    for version in [mainnet, testnet] {
        let own = list.find(AccountId::Derived(1)).unwrap().address(version).unwrap();
        assert_eq!(list.add_watched("x", &own.to_string(), version), Err(AccountsError::Duplicate(own)));
    }
    let id = list.add_watched("x", &format!(" {BURN_TESTNET}\n"), testnet).unwrap();
    let account = list.find(id).unwrap();
    assert_eq!(account.address(testnet).map(|address| address.to_string()).as_deref(), Some(BURN_TESTNET));
    assert_eq!(account.address(mainnet), None);
    list.remove_watched(id).unwrap();
    assert_eq!(list.remove_watched(id), Err(AccountsError::Unknown(id)));
    assert_eq!(list.remove_watched(AccountId::Derived(0)), Err(AccountsError::NotWatchOnly));
}

#[test]
fn an_address_that_was_watched_becomes_one_s_own() {
    let (_, seed) = keys();
    let key = *seed.account(0).unwrap().public_key();
    let mut list = AccountList::default();
    let own = key.address(TransactionVersion::Mainnet);
    list.add_watched("mine, I believe", &own.to_string(), TransactionVersion::Mainnet).unwrap();
    list.add_derived(0, "mine", key).unwrap();
    assert_eq!(list.shown(false).len(), 1);
    assert_eq!(list.next_index(), 1);
}

#[test]
fn labels_show_as_what_they_are() {
    let mut list = list();
    let id = AccountId::Derived(0);
    list.rename(id, "  Été 🏖 ").unwrap();
    assert_eq!(list.find(id).unwrap().label(), "Été 🏖");
    list.rename(id, &"é".repeat(64)).unwrap();
    for bad in ["", "   ", "a\nb", "a\u{202e}b", "\u{2067}", &"x".repeat(65)] {
        assert_eq!(list.rename(id, bad), Err(AccountsError::Label), "{bad:?}");
    }
    assert_eq!(list.rename(AccountId::Derived(7), "x"), Err(AccountsError::Unknown(AccountId::Derived(7))));
}

#[test]
fn there_is_an_end_to_it() {
    let mut list = list();
    for number in 0_u32.. {
        let mut hash = [1; 20];
        hash[..4].copy_from_slice(&number.to_be_bytes());
        let address = Address::new(TransactionVersion::Mainnet.single_sig(), bithedge_stacks::Hash160(hash));
        match list.add_watched(&"\u{1F600}".repeat(64), &address.to_string(), TransactionVersion::Mainnet) {
            Ok(_) => {}
            Err(error) => {
                assert_eq!(error, AccountsError::Full);
                break;
            }
        }
    }
    assert_eq!(list.shown(false).len(), MAX_ACCOUNTS);
    let bytes = list.to_bytes();
    assert!(bytes.len() < MAX_FILE_BYTES, "{}", bytes.len());
    assert_eq!(AccountList::parse(&bytes).unwrap().shown(false).len(), MAX_ACCOUNTS);
}
