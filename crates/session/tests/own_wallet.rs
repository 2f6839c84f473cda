//! The person's own wallet: made, imported, locked and unlocked, and what a session remembers of it. No network is needed.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bithedge_ipc::secret::{
    KeychainState, SecretChange, SecretCreation, SecretImport, SecretPassphrase, SecretTask, SecretWords,
    WordCount,
};
use bithedge_ipc::{
    Ask, Event, Fault, KeyProtection, KeyState, NetworkInput, NetworkKind, NetworkUse, PageQuery,
    SavedNetwork, Theme, WalletKind, Wish,
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

fn network(name: &str, kind: NetworkKind, endpoint: &str, deployer: Option<&str>) -> NetworkInput {
    NetworkInput {
        name: name.to_owned(),
        kind,
        endpoints: vec![endpoint.to_owned()],
        deployer: deployer.map(str::to_owned),
        sbtc: None,
    }
}

/// Proposes a network; the number of the question that it became.
async fn proposed(session: &Session, replaces: Option<&str>, input: NetworkInput) -> u64 {
    match session.save_network(replaces, input).await.unwrap() {
        SavedNetwork::Asked { question, .. } => question,
        SavedNetwork::Kept(network) => panic!("nobody was asked about {network:?}"),
    }
}

async fn unusable(session: &Session) -> Fault {
    let view = until(session, |view| matches!(view.network, NetworkUse::Unusable { .. })).await;
    let NetworkUse::Unusable { notice, .. } = view.network else { panic!("unusable") };
    notice.fault
}

#[tokio::test]
async fn networks_of_one_s_own_are_kept_and_told_apart() {
    let home = Home::new();
    let session = home.open().await;
    let listed: Vec<String> = session.networks().into_iter().map(|network| network.id).collect();
    assert_eq!(listed, ["devnet", "testnet", "mainnet"]);
    let devnet = &session.networks()[0];
    assert!(devnet.endpoints.is_empty(), "it has no address before it runs: {devnet:?}");
    let testnet = |name: &str, endpoint: &str| network(name, NetworkKind::Testnet, endpoint, None);
    assert_eq!(fault(session.save_network(None, testnet("Mine", "ftp://here")).await), Fault::InputUnfit);
    let id = proposed(&session, None, testnet("Mine", "http://127.0.0.1:9")).await;
    assert_eq!(session.networks().len(), 3, "nothing is kept before the answer");
    support::approve(&session, id).await;
    let saved = session.networks().pop().unwrap();
    assert_eq!((saved.id.as_str(), saved.name.as_str(), saved.is_own), ("own-1", "Mine", true));
    // What is not changed is not asked about.
    let same = session.save_network(Some("own-1"), testnet("Mine", "http://127.0.0.1:9/")).await.unwrap();
    assert!(matches!(same, SavedNetwork::Kept(_)), "{same:?}");
    let id = proposed(&session, Some("own-1"), testnet("Yours", "http://127.0.0.1:9")).await;
    let Ask::Network { before: Some(before), network: asked, .. } = session.question().unwrap().ask else {
        panic!("a network is asked about, and what it replaces")
    };
    assert_eq!((before.name.as_str(), asked.name.as_str()), ("Mine", "Yours"));
    support::approve(&session, id).await;
    assert_eq!(session.networks().pop().unwrap().name, "Yours");
    assert!(session.save_network(Some("own-9"), testnet("No", "http://127.0.0.1:9")).await.is_err());
    assert!(session.save_network(Some("mainnet"), testnet("No", "http://127.0.0.1:9")).await.is_err());
    assert_eq!(session.question(), None);
    let verdicts = session.check_network("own-1").await.unwrap();
    assert!(!verdicts.iter().any(|verdict| verdict.is_usable));

    // There were no keys to seal it with: now that there are some, it is asked about before it is used.
    import(&session).await;
    session.choose_network("own-1").await.unwrap();
    assert_eq!(unusable(&session).await, Fault::NotApproved);
    let question = session.question().unwrap();
    assert!(!question.is_locked);
    support::approve(&session, question.id).await;
    // A network that is not deployed cannot be used, and says why; the wallet's choice is remembered.
    let is_not_deployed = |view: &bithedge_ipc::SessionView| matches!(&view.network, NetworkUse::Unusable { notice, .. } if notice.fault == Fault::NotDeployed);
    until(&session, is_not_deployed).await;
    assert_eq!(fault(session.page(PageQuery::Home {}).await), Fault::ChainUnreadable);
    assert!(session.session().accounts[0].address.starts_with("ST"), "addresses are the network's");
    session.shut_down().await;
    drop(session);
    let session = home.open().await;
    let view = until(&session, is_not_deployed).await;
    assert_eq!(view.network.network().unwrap().name, "Yours");
    session.remove_network("own-1").await.unwrap();
    assert_eq!(session.session().network, NetworkUse::None);
    assert_eq!(fault(session.remove_network("devnet").await), Fault::InputUnfit);
    assert_eq!(session.networks().len(), 3);
}

/// A node that only counts who comes.
async fn counting_node() -> (String, Arc<AtomicUsize>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let came = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&came);
    tokio::spawn(async move {
        while listener.accept().await.is_ok() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    (url, came)
}

#[tokio::test]
async fn nobody_but_a_person_puts_money_on_other_contracts_or_asks_a_new_node() {
    let home = Home::new();
    let session = home.open().await;
    import(&session).await;
    let (node, came) = counting_node().await;
    let mine = || network("Mine", NetworkKind::Mainnet, &node, Some(WATCHED));
    let id = proposed(&session, None, mine()).await;
    let question = session.question().unwrap();
    let place = question.network.clone().unwrap();
    assert_eq!((place.name.as_str(), place.kind), ("Mine", NetworkKind::Mainnet));
    assert_eq!((place.node.as_str(), place.deployer.as_deref()), (node.as_str(), Some(WATCHED)));
    let Ask::Network { network: asked, before: None, sentences, .. } = question.ask else {
        panic!("a network is asked about")
    };
    assert_eq!(asked.deployer.as_deref(), Some(WATCHED));
    assert!(sentences.iter().any(|sentence| sentence.contains("published")), "{sentences:?}");
    // Nothing else is asked meanwhile, nothing else is answered, and no is no.
    assert_eq!(fault(session.save_network(None, mine()).await), Fault::TransactionInTheWay);
    assert_eq!(fault(session.approve(id, &"11".repeat(32)).await), Fault::TermsChanged);
    session.refuse(id).unwrap();
    assert_eq!(session.networks().len(), 3);
    assert!(session.choose_network("own-1").await.is_err() && session.check_network("own-1").await.is_err());

    // The yes is given with the keys at hand.
    session.lock();
    let id = proposed(&session, None, mine()).await;
    assert!(session.question().unwrap().is_locked);
    let digest = support::digest(&session);
    assert_eq!(fault(session.approve(id, &digest).await), Fault::WalletLocked);
    assert_eq!(session.networks().len(), 3);
    session.secret_open(SecretTask::Unlock).await.unwrap();
    session.secret_unlock(passphrase(PASSPHRASE)).await.unwrap();
    session.approve(id, &digest).await.unwrap();
    assert_eq!(session.networks().len(), 4);
    assert_eq!(came.load(Ordering::SeqCst), 0, "its node was asked before anybody used it");

    // Another deployer in the same place is another question, and until it is answered the network is what it was.
    let other = "SP000000000000000000002Q6VF78";
    let theirs = network("Mine", NetworkKind::Mainnet, &node, Some(other));
    let id = proposed(&session, Some("own-1"), theirs).await;
    let Ask::Network { before: Some(before), .. } = session.question().unwrap().ask else {
        panic!("it takes the place of another")
    };
    assert_eq!(before.deployer.as_deref(), Some(WATCHED));
    session.refuse(id).unwrap();
    // Nor is it made play money without a person, which would take it away.
    let id =
        proposed(&session, Some("own-1"), network("Mine", NetworkKind::Devnet, "http://127.0.0.1:9", None))
            .await;
    session.refuse(id).unwrap();
    assert_eq!(session.networks().pop().unwrap().deployer.as_deref(), Some(WATCHED));
    session.choose_network("own-1").await.unwrap();
    assert_eq!(session.question(), None, "it was approved");
    let asked = tokio::time::timeout(Duration::from_secs(20), async {
        while came.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    asked.await.expect("its node is asked now");
    session.shut_down().await;

    // A devnet on this computer is play money, and kept at once.
    let devnet = network("Play", NetworkKind::Devnet, "http://127.0.0.1:9", None);
    assert!(matches!(session.save_network(None, devnet).await.unwrap(), SavedNetwork::Kept(_)));
}

#[tokio::test]
async fn a_list_of_networks_that_something_else_wrote_is_found_out_by_the_keys() {
    let home = Home::new();
    let session = home.open().await;
    import(&session).await;
    let (node, came) = counting_node().await;
    let id = proposed(&session, None, network("Mine", NetworkKind::Mainnet, &node, Some(WATCHED))).await;
    support::approve(&session, id).await;
    session.shut_down().await;
    drop(session);

    // Somebody else's contracts, by the same name, at the same node.
    let list = home.folder().join("networks.json");
    let text = fs::read_to_string(&list).unwrap();
    let forged = text.replace(WATCHED, "SP000000000000000000002Q6VF78");
    assert_ne!(text, forged);
    fs::write(&list, &forged).unwrap();
    let session = home.open().await;
    assert_eq!(session.networks().len(), 4);
    session.choose_network("own-1").await.unwrap();
    assert_eq!(unusable(&session).await, Fault::NotApproved);
    assert_eq!(fault(session.check_network("own-1").await), Fault::NotApproved);
    let question = session.question().expect("it is asked about");
    let Ask::Network { before: None, sentences, .. } = question.ask else {
        panic!("a network is asked about")
    };
    assert!(sentences[0].contains("have not approved"), "{sentences:?}");
    assert!(question.is_locked, "the yes has to be sealed");
    session.refuse(question.id).unwrap();
    assert_eq!(came.load(Ordering::SeqCst), 0, "its node was asked");
    session.shut_down().await;
    drop(session);

    // A seal that does not fit is as good as none; that takes the keys to be seen.
    let approved = home.folder().join("networks-approved.json");
    let text = fs::read_to_string(&approved).unwrap();
    let mut kept: serde_json::Value = serde_json::from_str(&text).unwrap();
    for seal in kept["approved"].as_object_mut().unwrap().values_mut() {
        *seal = "ab".repeat(32).into();
    }
    fs::write(&approved, kept.to_string()).unwrap();
    fs::write(&list, forged.replace("SP000000000000000000002Q6VF78", WATCHED)).unwrap();
    let session = home.open().await;
    session.secret_open(SecretTask::Unlock).await.unwrap();
    session.secret_unlock(passphrase(PASSPHRASE)).await.unwrap();
    session.choose_network("own-1").await.unwrap();
    assert_eq!(unusable(&session).await, Fault::NotApproved);
    // Who knows it says yes, and it is as before.
    let question = session.question().unwrap();
    support::approve(&session, question.id).await;
    let opens = |view: &bithedge_ipc::SessionView| match &view.network {
        NetworkUse::Unusable { notice, .. } => notice.fault != Fault::NotApproved,
        _ => false,
    };
    until(&session, opens).await;
    session.shut_down().await;
}

#[tokio::test]
async fn a_network_that_nobody_approved_is_asked_about_when_the_other_question_is_over() {
    let home = Home::new();
    let session = home.open().await;
    import(&session).await;
    let (node, came) = counting_node().await;
    for name in ["Mine", "Yours"] {
        let id = proposed(&session, None, network(name, NetworkKind::Mainnet, &node, Some(WATCHED))).await;
        support::approve(&session, id).await;
    }
    session.shut_down().await;
    drop(session);
    fs::remove_file(home.folder().join("networks-approved.json")).unwrap();

    let session = home.open().await;
    session.set_auto_lock(Seconds::new(3_600)).unwrap();
    let other = session.question().unwrap();
    session.choose_network("own-1").await.unwrap();
    assert_eq!(unusable(&session).await, Fault::NotApproved);
    assert_eq!(session.question().unwrap().id, other.id, "one at a time");
    // Who only wants another one checked does not take the place of the one in use, and is told what is in the way.
    assert_eq!(fault(session.check_network("own-2").await), Fault::TransactionInTheWay);
    session.refuse(other.id).unwrap();
    let view = tokio::time::timeout(Duration::from_secs(10), async {
        loop {
            match session.question() {
                Some(question) => break question,
                None => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    });
    let question = view.await.expect("it is asked about now");
    let Ask::Network { network: asked, .. } = question.ask else { panic!("a network is asked about") };
    assert_eq!(asked.name, "Mine");
    // A no is a no.
    session.refuse(question.id).unwrap();
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(session.question(), None);
    assert_eq!(came.load(Ordering::SeqCst), 0, "its node was asked");
    session.shut_down().await;
}

#[tokio::test]
async fn a_network_whose_seal_did_not_fit_is_not_forgotten_when_the_keys_lock() {
    let home = Home::new();
    let session = home.open().await;
    import(&session).await;
    let (node, came) = counting_node().await;
    let id = proposed(&session, None, network("Mine", NetworkKind::Mainnet, &node, Some(WATCHED))).await;
    support::approve(&session, id).await;
    session.shut_down().await;
    drop(session);
    let approved = home.folder().join("networks-approved.json");
    let mut kept: serde_json::Value = serde_json::from_slice(&fs::read(&approved).unwrap()).unwrap();
    for seal in kept["approved"].as_object_mut().unwrap().values_mut() {
        *seal = "ab".repeat(32).into();
    }
    fs::write(&approved, kept.to_string()).unwrap();

    let session = home.open().await;
    unlock(&session).await;
    session.set_auto_lock(Seconds::new(3_600)).unwrap();
    let other = session.question().unwrap();
    session.choose_network("own-1").await.unwrap();
    assert_eq!(unusable(&session).await, Fault::NotApproved);
    // Without the keys nobody knows that the seal does not fit: it is read, and signed for no more than any other with locked keys.
    session.lock();
    session.refuse(other.id).unwrap();
    let asked = tokio::time::timeout(Duration::from_secs(20), async {
        while came.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    asked.await.expect("it is tried again");
    assert_eq!(session.question(), None);
    session.shut_down().await;
}

/// The person's own wallet, locked, and practice begun: no devnet is needed for that.
async fn practising(home: &Home) -> Session {
    let mut setup = home.setup();
    setup.devnet_worker = home.folder().join("nowhere");
    let session = Session::open(setup).await;
    import(&session).await;
    session.rename_account("derived-0", "Savings jar".to_owned()).await.unwrap();
    session.lock();
    session.begin_practice().await.unwrap();
    until(&session, |view| matches!(view.network, NetworkUse::Unusable { .. })).await;
    session
}

async fn unlock(session: &Session) {
    session.secret_open(SecretTask::Unlock).await.unwrap();
    session.secret_unlock(passphrase(PASSPHRASE)).await.unwrap();
}

#[tokio::test]
async fn a_network_is_asked_about_only_where_the_yes_can_be_sealed() {
    let home = Home::new();
    let session = practising(&home).await;
    let (node, came) = counting_node().await;
    let mine = || network("Mine", NetworkKind::Mainnet, &node, Some(WATCHED));
    let told = session.save_network(None, mine()).await.unwrap_err();
    assert_eq!(told.fault, Fault::WalletLocked);
    assert!(told.remedy.contains("Leave practice"), "{told:?}");
    assert_eq!(session.question(), None);

    unlock(&session).await;
    let id = proposed(&session, None, mine()).await;
    // The keys lock themselves while it is read.
    let revision = session.session().revision;
    session.lock();
    assert!(session.session().revision > revision, "the window of the question is told");
    assert!(session.question().unwrap().is_locked);
    let digest = support::digest(&session);
    assert_eq!(fault(session.approve(id, &digest).await), Fault::WalletLocked);
    assert_eq!(session.networks().len(), 3, "nothing is kept that is not sealed");
    unlock(&session).await;
    session.approve(id, &digest).await.unwrap();

    // It is not asked about again.
    session.leave_practice().await.unwrap();
    session.choose_network("own-1").await.unwrap();
    let asked = tokio::time::timeout(Duration::from_secs(20), async {
        while came.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    asked.await.expect("its node is asked now");
    assert_eq!(session.question(), None);
    session.shut_down().await;
}

#[tokio::test]
async fn keys_that_lock_themselves_are_the_person_s_own_also_while_practising() {
    let home = Home::new();
    let session = practising(&home).await;
    let hour = Seconds::new(3_600);
    session.set_auto_lock(hour).unwrap();
    let question = session.question().unwrap();
    assert!(question.is_locked, "what the answer needs is locked");
    let digest = support::digest(&session);
    assert_eq!(fault(session.approve(question.id, &digest).await), Fault::WalletLocked);
    let revision = session.session().revision;
    unlock(&session).await;
    assert!(session.session().revision > revision, "the window of the question is told");
    assert!(!session.question().unwrap().is_locked);
    session.approve(question.id, &digest).await.unwrap();
    assert_eq!(session.preferences().auto_lock, hour);
    session.shut_down().await;
}

#[tokio::test]
async fn diagnostics_do_not_name_what_is_in_the_wallet_that_is_not_in_use() {
    let home = Home::new();
    let session = practising(&home).await;
    let logs = home.folder().join("logs");
    fs::create_dir_all(&logs).unwrap();
    let line = "Savings jar and Peter need MicroStx(7654), as {:?} says \"Savings jar\", at block 7655\n";
    fs::write(logs.join("bithedge.log"), line).unwrap();
    let bundle = session.diagnostics().await;
    let (_, log) = bundle.iter().find(|(name, _)| name.starts_with("logs/")).unwrap();
    let log = String::from_utf8_lossy(log);
    for telling in ["Savings", "Peter", "7654"] {
        assert!(!log.contains(telling), "{log}");
    }
    assert!(log.contains("at block 7655"), "{log}");
    session.shut_down().await;
}

#[tokio::test]
async fn who_cannot_practise_has_a_wallet_of_their_own_still() {
    let home = Home::new();
    let session = home.open().await;
    import(&session).await;
    fs::write(home.folder().join("practice"), "a file where the folder should be").unwrap();
    session.begin_practice().await.unwrap_err();
    let view = session.session();
    assert_eq!((view.wallet.unwrap().kind, view.network), (WalletKind::Own, NetworkUse::None));
    session.choose_network("testnet").await.unwrap();
    session.shut_down().await;
}

#[tokio::test]
async fn another_account_than_the_chosen_one_is_never_in_use_without_a_word() {
    let home = Home::new();
    let session = home.open().await;
    import(&session).await;
    session.watch_address("SP000000000000000000002Q6VF78".to_owned(), "Burn".to_owned()).await.unwrap();
    let burn = session.session().accounts.last().unwrap().id.clone();
    session.choose_account(&burn).unwrap();
    assert_eq!(session.session().notices, []);
    // An address of mainnet is none of a testnet's.
    session.choose_network("testnet").await.unwrap();
    let view = until(&session, |view| view.network.network().is_some()).await;
    assert_eq!(view.account.as_deref(), Some("derived-0"));
    let told = &view.notices[0];
    assert!(told.fault == Fault::AccountUnfit && told.happened.contains("Account 1"), "{told:?}");
    session.choose_account("derived-0").unwrap();
    assert_eq!(session.session().notices, []);
    session.shut_down().await;
}

#[tokio::test]
async fn keys_stay_open_longer_only_by_an_answer() {
    let home = Home::new();
    let session = home.open().await;
    import(&session).await;
    let minutes = |minutes: u64| Seconds::new(minutes * 60);
    // Sooner is free.
    assert_eq!(session.set_auto_lock(minutes(5)).unwrap().auto_lock, minutes(5));
    assert_eq!(session.question(), None);
    // Later is asked about, and is not so before the answer.
    assert_eq!(session.set_auto_lock(minutes(60)).unwrap().auto_lock, minutes(5));
    let question = session.question().unwrap();
    let Ask::Decision { sentences, .. } = question.ask else { panic!("a decision is asked") };
    assert!(sentences[0].contains("5 min") && sentences[0].contains("1 h"), "{sentences:?}");
    assert_eq!(fault(session.set_auto_lock(minutes(30))), Fault::TransactionInTheWay);
    session.refuse(question.id).unwrap();
    assert_eq!(session.preferences().auto_lock, minutes(5));
    // Whoever says yes has the keys.
    session.set_auto_lock(minutes(60)).unwrap();
    session.lock();
    let question = session.question().unwrap();
    assert!(question.is_locked);
    let digest = support::digest(&session);
    assert_eq!(fault(session.approve(question.id, &digest).await), Fault::WalletLocked);
    assert_eq!(session.preferences().auto_lock, minutes(5));
    session.secret_open(SecretTask::Unlock).await.unwrap();
    session.secret_unlock(passphrase(PASSPHRASE)).await.unwrap();
    let mut events = session.events();
    session.approve(question.id, &digest).await.unwrap();
    assert_eq!(session.preferences().auto_lock, minutes(60));
    let told = |event: Event| matches!(event, Event::Preferences(told) if told.auto_lock == minutes(60));
    assert!(std::iter::from_fn(|| events.try_recv().ok()).any(told));
    drop(session);
    assert_eq!(home.open().await.preferences().auto_lock, minutes(60));
}

/// The first look at a future, which begins it.
async fn begun<T>(future: impl Future<Output = T>) -> impl Future<Output = T> {
    let mut future = Box::pin(future);
    tokio::select! {
        biased;
        _ = &mut future => panic!("it was done at once"),
        () = std::future::ready(()) => {}
    }
    future
}

#[tokio::test]
async fn who_closes_the_window_does_not_unlock() {
    let home = Home::new();
    let session = home.open().await;
    import(&session).await;
    session.lock();
    session.secret_open(SecretTask::Unlock).await.unwrap();
    let unlocking = begun(session.secret_unlock(passphrase(PASSPHRASE))).await;
    assert!(!session.secret_is_changing(), "it may be closed");
    session.secret_close();
    assert_eq!(fault(unlocking.await.map(drop)), Fault::InputUnfit);
    assert_eq!(session.session().wallet.unwrap().keys, KeyState::Locked);
}

#[tokio::test]
async fn a_passphrase_is_not_changed_without_a_word() {
    let home = Home::new();
    let session = home.open().await;
    import(&session).await;
    session.secret_open(SecretTask::ChangePassphrase).await.unwrap();
    let number = session.secret_number().unwrap();
    let change = SecretChange {
        present: PASSPHRASE.to_owned(),
        new: "another quiet evening".to_owned(),
        is_known_to_others: false,
        without_keychain: false,
    };
    let changing = begun(session.secret_change(change)).await;
    // The window is to stay. If it is gone all the same, the main one says what became of it.
    assert!(session.secret_is_changing());
    session.secret_end(number);
    changing.await.unwrap();
    let notices = session.session().notices;
    assert!(notices.iter().any(|notice| notice.happened.contains("passphrase was changed")), "{notices:?}");
    // A window that goes away late ends its own task, and no later one.
    session.secret_open(SecretTask::Reveal).await.unwrap();
    session.secret_end(number);
    assert!(session.secret().is_some());
}

#[tokio::test]
async fn a_wallet_begins_only_with_an_address_that_is_watched() {
    let home = Home::new();
    let session = home.open().await;
    assert_eq!(
        fault(session.watch_address("nonsense".to_owned(), "Mine".to_owned()).await),
        Fault::AccountUnfit
    );
    // Nothing is in use, so there is no network to choose either.
    assert_eq!(fault(session.choose_network("testnet").await), Fault::WalletAbsent);
    session.watch_address(WATCHED.to_owned(), "Mine".to_owned()).await.unwrap();
    assert_eq!(session.session().wallet.unwrap().kind, WalletKind::Own);
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
