//! What was said yes to is known again, by the same keys and for the same purpose.

use super::*;

const TEXT: &[u8] = b"at most 10 STX a day";

#[test]
fn a_seal_fits_its_text_its_purpose_and_its_keys_and_nothing_else() {
    let setting = Setting::new();
    let wallet = setting.created();
    let seal = wallet.seal_text(Sealed::KeeperOrder, TEXT, setting.start).unwrap();
    let fits = |wallet: &Wallet, what, text: &[u8], seal| {
        wallet.has_sealed(what, text, seal, setting.start).unwrap()
    };
    assert!(fits(&wallet, Sealed::KeeperOrder, TEXT, seal));
    assert!(!fits(&wallet, Sealed::KeeperOrder, b"at most 99 STX a day", seal));
    assert!(!fits(&wallet, Sealed::Network, TEXT, seal), "another purpose");
    assert_eq!(seal.to_string().parse::<Seal>(), Ok(seal));
    for text in ["", "ab", &"zz".repeat(32), &"ab".repeat(33)] {
        assert_eq!(text.parse::<Seal>(), Err(NoSeal));
    }

    // Not who started the application, nor which passphrase, but which words.
    wallet
        .change_passphrase(
            &typed(OLD),
            &typed(NEW),
            WithoutKeychain::Refused,
            PreviousKeyFile::KeptUntilProven,
            setting.start,
        )
        .unwrap();
    wallet.lock();
    wallet.unlock(&typed(NEW), setting.start).unwrap();
    assert!(fits(&wallet, Sealed::KeeperOrder, TEXT, seal));
    let other = Setting::new();
    let wallet = other.open();
    let words = Mnemonic::generate(crate::WordCount::Twelve, &OsRandomness).ok().unwrap();
    wallet.create(&words, &typed(OLD), WithoutKeychain::Refused, other.start).unwrap();
    assert!(!wallet.has_sealed(Sealed::KeeperOrder, TEXT, seal, other.start).unwrap());
}

#[test]
fn nothing_is_sealed_or_known_without_the_keys() {
    let setting = Setting::new();
    let wallet = setting.open();
    assert!(matches!(wallet.seal_text(Sealed::Network, TEXT, setting.start), Err(WalletError::Absent)));
    let wallet = {
        drop(wallet);
        setting.created()
    };
    let seal = wallet.seal_text(Sealed::Network, TEXT, setting.start).unwrap();
    wallet.lock();
    assert!(matches!(wallet.seal_text(Sealed::Network, TEXT, setting.start), Err(WalletError::Locked)));
    assert!(matches!(
        wallet.has_sealed(Sealed::Network, TEXT, seal, setting.start),
        Err(WalletError::Locked)
    ));
    wallet.unlock(&typed(OLD), setting.start).unwrap();
    // Nobody was there for too long: it locks first.
    let late = setting.after(86_400);
    assert!(matches!(wallet.seal_text(Sealed::Network, TEXT, late), Err(WalletError::Locked)));
    assert_eq!(wallet.state(), WalletState::Locked);
}

#[test]
fn a_seal_of_the_list_of_accounts_is_no_seal_of_anything_else() {
    let setting = Setting::new();
    let wallet = setting.created();
    let file = setting.file(ACCOUNTS_FILE).unwrap();
    let document: serde_json::Value = serde_json::from_slice(&file).unwrap();
    let seal: Seal = document["seal"].as_str().unwrap().parse().unwrap();
    let text = AccountList::parse(&file).unwrap().sealed_bytes();
    for what in [Sealed::KeeperOrder, Sealed::Network] {
        assert!(!wallet.has_sealed(what, &text, seal, setting.start).unwrap());
    }
}
