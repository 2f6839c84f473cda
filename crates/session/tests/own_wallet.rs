//! The person's own wallet: made, imported, locked and unlocked, and what a session remembers of it. No network is needed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::time::Duration;

use bithedge_ipc::secret::{
    KeychainState, SecretChange, SecretCreation, SecretImport, SecretPassphrase, SecretTask, SecretWords,
    WordCount,
};
use bithedge_ipc::{
    Event, Fault, KeyProtection, KeyState, NetworkInput, NetworkKind, NetworkUse, PageQuery, Theme,
    WalletKind, Wish,
};
use bithedge_keys::KeychainError;
use bithedge_protocol::{Asset, Seconds, TokenAmount};
use bithedge_session::Session;
use support::{Home, fault, until};

const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const PASSPHRASE: &str = "a long and quiet evening";
/// Derived from [`WORDS`] at m/44'/5757'/0'/0/0.
const WATCHED: &str = "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7";

fn passphrase(text: &str) -> SecretPassphrase {
    SecretPassphrase { passphrase: text.to_owned() }
}

fn answers(words: &SecretWords) -> Vec<String> {
    words.asked.iter().map(|place| words.words[usize::try_from(*place).unwrap() - 1].clone()).collect()
}

fn creation(answers: Vec<String>, passphrase: &str) -> SecretCreation {
    SecretCreation { answers, passphrase: passphrase.to_owned(), without_keychain: false }
}

async fn import(session: &Session) {
    session.secret_open(SecretTask::Import).await.unwrap();
    let import = SecretImport {
        words: WORDS.to_uppercase().replace(' ', "\n "),
        passphrase: PASSPHRASE.to_owned(),
        without_keychain: false,
    };
    let done = session.secret_import(import).await.unwrap();
    assert!(done.notices.is_empty(), "{done:?}");
}

#[tokio::test]
async fn a_wallet_is_made_only_by_who_wrote_the_words_down() {
    let home = Home::new();
    let session = home.open().await;
    // Outside of its window nothing of it can be asked.
    assert_eq!(fault(session.secret_new_words(WordCount::Twelve).await.map(drop)), Fault::InputUnfit);
    let view = session.secret_open(SecretTask::Create).await.unwrap();
    assert_eq!((view.task, view.keychain), (SecretTask::Create, KeychainState::Usable));
    assert_eq!((view.shortest_passphrase, view.waiting), (8, 0));
    assert_eq!(home.keychain.entries().len(), 0, "trying the keychain leaves nothing in it");
    // One at a time, and for what it was opened for.
    assert_eq!(fault(session.secret_open(SecretTask::Import).await), Fault::InputUnfit);
    assert_eq!(fault(session.secret_unlock(passphrase(PASSPHRASE)).await), Fault::InputUnfit);
    assert_eq!(fault(session.secret_reveal(passphrase(PASSPHRASE)).await.map(drop)), Fault::InputUnfit);

    let first = session.secret_new_words(WordCount::TwentyFour).await.unwrap();
    let words = session.secret_new_words(WordCount::Twelve).await.unwrap();
    assert_eq!((first.words.len(), words.words.len(), words.asked.len()), (24, 12, 3));
    let wrong = vec!["zoo".to_owned(); 3];
    assert_eq!(fault(session.secret_create(creation(wrong, PASSPHRASE)).await), Fault::WordsWrong);
    let few = answers(&words)[..2].to_vec();
    assert_eq!(fault(session.secret_create(creation(few, PASSPHRASE)).await), Fault::WordsWrong);
    assert_eq!(
        fault(session.secret_create(creation(answers(&words), "short")).await),
        Fault::PassphraseUnfit
    );
    assert_eq!(session.session().wallet, None);
    // The words that were shown last are still asked for.
    let done = session.secret_create(creation(answers(&words), PASSPHRASE)).await.unwrap();
    assert!(done.notices.is_empty());
    assert!(session.secret().is_none(), "the window has nothing more to do");
    let view = session.session();
    let wallet = view.wallet.clone().unwrap();
    assert_eq!((wallet.kind, wallet.keys), (WalletKind::Own, KeyState::Unlocked));
    assert_eq!(wallet.protection, Some(KeyProtection::PassphraseAndKeychain));
    assert!(view.has_own_keys && view.accounts[0].is_verified);
    // It is never overwritten.
    for task in [SecretTask::Create, SecretTask::Import] {
        assert_eq!(fault(session.secret_open(task).await), Fault::WalletExists);
    }
    // The words can be seen again with the passphrase, and are those.
    session.secret_open(SecretTask::Reveal).await.unwrap();
    assert_eq!(
        fault(session.secret_reveal(passphrase("another one")).await.map(drop)),
        Fault::PassphraseWrong
    );
    let again = session.secret_reveal(passphrase(PASSPHRASE)).await.unwrap();
    assert_eq!((again.words, again.asked), (words.words, vec![]));
    session.secret_close();
    assert!(session.secret().is_none());

    // After a restart it is there, and locked.
    session.shut_down().await;
    drop(session);
    let session = home.open().await;
    let view = session.session();
    assert_eq!(view.wallet.unwrap().keys, KeyState::Locked);
    assert!(!view.accounts[0].is_verified);
}

#[tokio::test]
async fn a_wallet_is_imported_locked_and_unlocked_by_its_passphrase_alone() {
    let home = Home::new();
    let session = home.open().await;
    session.secret_open(SecretTask::Import).await.unwrap();
    for (words, phrase, expected) in [
        ("abandon abandon", PASSPHRASE, Fault::WordsWrong),
        ("abandon ".repeat(12).trim(), PASSPHRASE, Fault::WordsWrong),
        (WORDS, "short", Fault::PassphraseUnfit),
    ] {
        let import =
            SecretImport { words: words.to_owned(), passphrase: phrase.to_owned(), without_keychain: false };
        assert_eq!(fault(session.secret_import(import).await), expected);
    }
    session.secret_close();
    import(&session).await;
    assert!(session.session().accounts[0].address.starts_with("SP"));

    let mut events = session.events();
    session.lock();
    assert_eq!(session.session().wallet.unwrap().keys, KeyState::Locked);
    assert!(
        matches!(events.try_recv(), Ok(Event::Session(view)) if view.wallet.as_ref().unwrap().keys == KeyState::Locked)
    );
    assert_eq!(fault(session.add_account("One more".to_owned()).await), Fault::WalletLocked);
    session.secret_open(SecretTask::Unlock).await.unwrap();
    for wrong in ["", "a long and quiet morning", "A long and quiet evening"] {
        assert_eq!(fault(session.secret_unlock(passphrase(wrong)).await), Fault::PassphraseWrong, "{wrong}");
    }
    session.secret_unlock(passphrase(PASSPHRASE)).await.unwrap();
    assert_eq!(session.session().wallet.unwrap().keys, KeyState::Unlocked);
    assert_eq!(fault(session.secret_open(SecretTask::Unlock).await), Fault::WalletUnlocked);

    // Accounts have names, and the one in use is remembered.
    session.add_account("Savings".to_owned()).await.unwrap();
    session.rename_account("derived-0", "Daily".to_owned()).await.unwrap();
    session.choose_account("derived-1").unwrap();
    for unknown in ["derived-7", "watched-SP1", "", "derived-01"] {
        assert_eq!(fault(session.choose_account(unknown)), Fault::AccountUnfit);
    }
    let view = session.session();
    let labels: Vec<_> = view.accounts.iter().map(|account| account.label.as_str()).collect();
    assert_eq!((labels, view.account.as_deref()), (vec!["Daily", "Savings"], Some("derived-1")));

    session.secret_open(SecretTask::ChangePassphrase).await.unwrap();
    let change = |present: &str| SecretChange {
        present: present.to_owned(),
        new: "another quiet evening".to_owned(),
        is_known_to_others: true,
        without_keychain: false,
    };
    assert_eq!(fault(session.secret_change(change("wrong wrong wrong")).await), Fault::PassphraseWrong);
    session.secret_change(change(PASSPHRASE)).await.unwrap();
    session.shut_down().await;
    drop(session);

    let session = home.open().await;
    assert_eq!(session.session().account.as_deref(), Some("derived-1"));
    session.secret_open(SecretTask::Unlock).await.unwrap();
    assert_eq!(fault(session.secret_unlock(passphrase(PASSPHRASE)).await), Fault::PassphraseWrong);
    session.secret_unlock(passphrase("another quiet evening")).await.unwrap();
}

#[tokio::test]
async fn without_a_keychain_a_person_has_to_agree_first() {
    let home = Home::new();
    home.keychain.fail_with(Some(KeychainError::NoKeychain { reason: "none here".to_owned() }));
    let session = home.open().await;
    let view = session.secret_open(SecretTask::Create).await.unwrap();
    assert!(
        matches!(view.keychain, KeychainState::Unusable { notice } if notice.fault == Fault::KeychainUnusable)
    );
    let words = session.secret_new_words(WordCount::Twelve).await.unwrap();
    let refused = session.secret_create(creation(answers(&words), PASSPHRASE)).await;
    assert_eq!(fault(refused), Fault::KeychainUnusable);
    let agreed = SecretCreation { without_keychain: true, ..creation(answers(&words), PASSPHRASE) };
    let done = session.secret_create(agreed).await.unwrap();
    assert_eq!(done.notices.len(), 1, "what it means is said");
    assert_eq!(session.session().wallet.unwrap().protection, Some(KeyProtection::PassphraseAlone));
}

#[tokio::test]
async fn new_words_are_forgotten_with_their_window() {
    let home = Home::new();
    let session = home.open().await;
    session.secret_open(SecretTask::Create).await.unwrap();
    let words = session.secret_new_words(WordCount::Twelve).await.unwrap();
    session.secret_close();
    session.secret_open(SecretTask::Create).await.unwrap();
    let late = session.secret_create(creation(answers(&words), PASSPHRASE)).await;
    assert_eq!(fault(late), Fault::InputUnfit);
    assert_eq!(session.session().wallet, None);
}

#[tokio::test]
async fn who_only_watches_signs_nothing() {
    let home = Home::new();
    let session = home.open().await;
    for wrong in ["nonsense", "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ8", ""] {
        assert_eq!(
            fault(session.watch_address(wrong.to_owned(), "Mine".to_owned()).await),
            Fault::AccountUnfit
        );
        assert_eq!(session.session().wallet, None, "nothing was begun with");
    }
    session.watch_address(WATCHED.to_owned(), "Mine".to_owned()).await.unwrap();
    let view = session.session();
    assert_eq!(view.wallet.unwrap().keys, KeyState::Absent);
    assert_eq!((view.accounts[0].address.as_str(), view.accounts[0].can_sign), (WATCHED, false));
    let wish = Wish::Commit { tier: 1, asset: Asset::Stx, amount: TokenAmount::new(1) };
    assert!(session.propose(wish, None).await.is_err());
    assert!(session.question().is_none());
    session.shut_down().await;
    drop(session);
    let session = home.open().await;
    let id = session.session().account.unwrap();
    assert_eq!(id, format!("watched-{WATCHED}"));
    session.unwatch_address(&id).await.unwrap();
    assert!(session.session().accounts.is_empty());
    assert_eq!(fault(session.unwatch_address(&id).await), Fault::AccountUnfit);
}

#[tokio::test]
async fn a_damaged_memory_is_the_beginning_and_is_said() {
    let home = Home::new();
    fs::write(home.folder().join("session.json"), "{\"format\":1,\"wal").unwrap();
    fs::write(home.folder().join("networks.json"), "[]").unwrap();
    let session = home.open().await;
    let view = session.session();
    assert_eq!((view.wallet, view.network), (None, NetworkUse::None));
    let faults: Vec<Fault> = view.notices.iter().map(|notice| notice.fault).collect();
    assert_eq!(faults, [Fault::FileDamaged, Fault::FileDamaged]);
    drop(session);
    tokio::time::sleep(Duration::from_millis(50)).await;
    let session = home.open().await;
    assert!(session.session().notices.is_empty(), "it is said once");
    // Keys are found whatever was remembered.
    import(&session).await;
    session.shut_down().await;
    drop(session);
    fs::write(home.folder().join("session.json"), "nonsense").unwrap();
    let session = home.open().await;
    assert_eq!(session.session().wallet.unwrap().keys, KeyState::Locked);
    assert_eq!(session.session().notices.len(), 1);
}

#[tokio::test]
async fn a_wallet_that_another_application_uses_is_a_problem_that_is_told() {
    let home = Home::new();
    let first = home.open().await;
    let second = home.open().await;
    let view = second.session();
    let problem = view.wallet.unwrap().problem.unwrap();
    assert_eq!(problem.fault, Fault::FileInUse);
    assert!(second.secret_open(SecretTask::Create).await.is_err());
    drop(second);
    assert_eq!(first.session().wallet, None);
}

#[tokio::test]
async fn networks_of_one_s_own_are_kept_and_told_apart() {
    let home = Home::new();
    let session = home.open().await;
    let listed: Vec<String> = session.networks().into_iter().map(|network| network.id).collect();
    assert_eq!(listed, ["devnet", "testnet", "mainnet"]);
    let devnet = &session.networks()[0];
    assert!(devnet.endpoints.is_empty(), "it has no address before it runs: {devnet:?}");
    let input = |name: &str, endpoint: &str| NetworkInput {
        name: name.to_owned(),
        kind: NetworkKind::Testnet,
        endpoints: vec![endpoint.to_owned()],
        deployer: None,
        sbtc: None,
    };
    assert_eq!(fault(session.save_network(None, input("Mine", "ftp://here")).await), Fault::InputUnfit);
    let saved = session.save_network(None, input("Mine", "http://127.0.0.1:9")).await.unwrap();
    assert_eq!((saved.id.as_str(), saved.is_own), ("own-1", true));
    let changed = session.save_network(Some("own-1"), input("Yours", "http://127.0.0.1:9")).await.unwrap();
    assert_eq!(changed.name, "Yours");
    assert!(session.save_network(Some("own-9"), input("No", "http://127.0.0.1:9")).await.is_err());
    assert!(session.save_network(Some("mainnet"), input("No", "http://127.0.0.1:9")).await.is_err());
    let verdicts = session.check_network("own-1").await.unwrap();
    assert!(!verdicts.iter().any(|verdict| verdict.is_usable));

    // A network that is not deployed cannot be used, and says why; the wallet's choice is remembered.
    import(&session).await;
    session.choose_network("own-1").await.unwrap();
    let view = until(&session, |view| matches!(view.network, NetworkUse::Unusable { .. })).await;
    let NetworkUse::Unusable { notice, .. } = view.network else { panic!("unusable") };
    assert_eq!(notice.fault, Fault::NotDeployed);
    assert_eq!(fault(session.page(PageQuery::Home {}).await), Fault::ChainUnreadable);
    assert!(session.session().accounts[0].address.starts_with("ST"), "addresses are the network's");
    session.shut_down().await;
    drop(session);
    let session = home.open().await;
    let view = until(&session, |view| matches!(view.network, NetworkUse::Unusable { .. })).await;
    assert_eq!(view.network.network().unwrap().name, "Yours");
    session.remove_network("own-1").await.unwrap();
    assert_eq!(session.session().network, NetworkUse::None);
    assert_eq!(fault(session.remove_network("devnet").await), Fault::InputUnfit);
    assert_eq!(session.networks().len(), 3);
}

#[tokio::test]
async fn preferences_are_kept_and_told() {
    let home = Home::new();
    let mut setup = home.setup();
    setup.theme = Some(Theme::Dark);
    let session = Session::open(setup).await;
    let mut events = session.events();
    assert_eq!(session.preferences().theme, Theme::Dark);
    session.set_notifies(false).unwrap();
    assert!(matches!(events.try_recv(), Ok(Event::Preferences(told)) if !told.notifies));
    for wrong in [0, 59, 86_401, u64::MAX] {
        assert_eq!(fault(session.set_auto_lock(Seconds::new(wrong))), Fault::InputUnfit);
    }
    session.set_auto_lock(Seconds::new(60)).unwrap();
    drop(session);
    let again = home.open().await.preferences();
    assert_eq!((again.theme, again.auto_lock, again.notifies), (Theme::System, Seconds::new(60), false));
}

#[tokio::test]
async fn the_passphrase_of_the_practice_wallet_is_this_user_s_alone_and_nobody_is_asked_for_it() {
    // Without a devnet the practice wallet is made all the same, and what is missing is said.
    let home = Home::new();
    let mut setup = home.setup();
    setup.devnet_worker = home.folder().join("nowhere");
    let session = Session::open(setup).await;
    session.begin_practice().await.unwrap();
    let view = until(&session, |view| matches!(view.network, NetworkUse::Unusable { .. })).await;
    let NetworkUse::Unusable { notice, .. } = &view.network else { panic!("unusable") };
    assert_eq!(notice.fault, Fault::DevnetMissing);
    assert_eq!(view.wallet.unwrap().kind, WalletKind::Practice);
    let file = home.folder().join("practice").join("passphrase");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let first = view.accounts[0].address.clone();
    assert_eq!(fault(session.secret_open(SecretTask::Unlock).await), Fault::InputUnfit);
    assert_eq!(home.keychain.entries().len(), 0, "the keychain is not asked for play money");
    assert_eq!(fault(session.choose_network("mainnet").await), Fault::AccountUnfit);
    session.shut_down().await;
    drop(session);

    // Practice goes on with the same keys; a wallet that cannot be opened any more is replaced.
    let mut setup = home.setup();
    setup.devnet_worker = home.folder().join("nowhere");
    let session = Session::open(setup.clone()).await;
    let view = until(&session, |view| !view.accounts.is_empty()).await;
    assert_eq!(view.accounts[0].address, first);
    session.shut_down().await;
    drop(session);
    fs::remove_file(&file).unwrap();
    let session = Session::open(setup).await;
    let view = until(&session, |view| view.accounts.len() == 2).await;
    assert_ne!(view.accounts[0].address, first);

    // A wallet of one's own takes its place at once, and the network of practice is left.
    import(&session).await;
    let view = session.session();
    assert_eq!((view.wallet.unwrap().kind, view.network), (WalletKind::Own, NetworkUse::None));
}
