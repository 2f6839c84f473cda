//! The life of a question between its answer and the signature: what is told while it is carried out, when its terms change, when it
//! cannot be carried out any more, and when the application ends meanwhile.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use bithedge_ipc::secret::{SecretImport, SecretTask};
use bithedge_ipc::{
    Ask, DevnetDeed, DevnetFaults, Fault, Notice, QuestionState, QuestionView, TransactionPurpose, Wish,
};
use bithedge_protocol::{Asset, TokenAmount};
use bithedge_session::{QuestionWindow, Session, UnderWay};
use bithedge_stacks::transaction::{Memo, TransactionBuilder};
use bithedge_stacks::{Address, MicroStx, Network, NodeClient, Seed};
use support::{Home, approve, confirmed, fault, opened, until};

const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const PASSPHRASE: &str = "a long and quiet evening";
/// How much later every answer of the node comes while an answer is looked at.
const SLOW: u32 = 700;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_told_of_an_answer_that_is_not_so() {
    let home = Home::new();
    let session = home.open().await;
    a_wallet_of_its_own(&session).await;
    while_a_yes_is_carried_out_nobody_is_told_that_nothing_was_signed(&session).await;
    changed_terms_are_asked_anew_and_say_why(&session).await;
    what_cannot_be_carried_out_stays_to_be_read(&session).await;
    leaving_the_network_waits_for_a_yes(&session).await;
    let session = the_end_waits_for_a_yes(&home, session).await;
    session.shut_down().await;
}

/// Whose key the test has as well: another wallet with the same words.
async fn a_wallet_of_its_own(session: &Session) {
    session.secret_open(SecretTask::Import).await.unwrap();
    let import =
        SecretImport { words: WORDS.to_owned(), passphrase: PASSPHRASE.to_owned(), without_keychain: false };
    session.secret_import(import).await.unwrap();
    session.secret_close();
    session.choose_network("devnet").await.unwrap();
    opened(session).await;
    let amount = TokenAmount::new(50_000_000_000);
    session.devnet_do(DevnetDeed::Faucet { asset: Asset::Stx, amount }).await.unwrap();
}

fn wish() -> Wish {
    Wish::Commit { tier: 2, asset: Asset::Stx, amount: TokenAmount::new(1_000_000_000) }
}

async fn misbehave(session: &Session, faults: DevnetFaults) {
    session.devnet_do(DevnetDeed::SetFaults { faults }).await.unwrap();
}

fn never_says_that_nothing_was_signed(notice: &Notice) {
    let text = format!("{} {} {}", notice.happened, notice.means, notice.remedy);
    for wrong in ["Nothing was signed", "nothing was sent", "Your money is where it was", "Ask again if"] {
        assert!(!notice.means.contains(wrong) && !notice.happened.contains(wrong), "{text}");
    }
}

/// A yes on its way: the question, and the answer's end.
async fn answered(session: &Session) -> (QuestionView, tokio::task::JoinHandle<Result<(), Notice>>) {
    let id = session.propose(wish(), None).await.unwrap().question;
    let digest = support::digest(session);
    misbehave(session, DevnetFaults { latency_ms: SLOW, ..DevnetFaults::default() }).await;
    let answering = {
        let (session, digest) = (session.clone(), digest.clone());
        tokio::spawn(async move { session.approve(id, &digest).await })
    };
    let begun = async {
        while session.question_window() != QuestionWindow::Busy {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), begun).await.expect("it is being carried out");
    (session.question().unwrap(), answering)
}

async fn while_a_yes_is_carried_out_nobody_is_told_that_nothing_was_signed(session: &Session) {
    let revision = session.session().revision;
    let (question, answering) = answered(session).await;
    let id = question.id;
    assert_eq!((question.state, question.problem), (QuestionState::Answered, None));
    assert!(session.session().revision > revision, "a window that shows it asks again");
    assert_eq!(session.session().question, Some(id));
    assert_eq!(session.under_way(), Some(UnderWay::Answer));
    assert!(!session.answers_carried_out(Duration::from_millis(1)).await);
    // Somebody closes the window, opens another one, and says no; or yes once more.
    let digest = support::digest(session);
    for told in [session.refuse(id).unwrap_err(), session.approve(id, &digest).await.unwrap_err()] {
        assert_eq!(told.fault, Fault::TransactionInTheWay);
        never_says_that_nothing_was_signed(&told);
    }
    assert_eq!(fault(session.propose(wish(), None).await), Fault::TransactionInTheWay);

    assert!(session.answers_carried_out(Duration::from_secs(60)).await);
    answering.await.unwrap().unwrap();
    assert_eq!((session.question(), session.session().question), (None, None));
    assert_eq!(session.question_window(), QuestionWindow::None);
    // It is signed, and whoever answers once more is not told that it is not.
    for told in [session.refuse(id).unwrap_err(), session.approve(id, &digest).await.unwrap_err()] {
        assert_eq!(told.fault, Fault::QuestionGone);
        never_says_that_nothing_was_signed(&told);
    }
    misbehave(session, DevnetFaults::default()).await;
    confirmed(session, id).await;
    assert_eq!(session.under_way(), None);
}

/// The other wallet sends one micro-STX with the next nonce, or with this one, and more for it than anybody else.
async fn another_wallet_sends(session: &Session, nonce: Option<u64>) {
    let url = session.session().network.network().unwrap().endpoints[0].clone();
    let client = NodeClient::new([url]).unwrap();
    let key = Seed::from_mnemonic(WORDS, "").unwrap().account(0).unwrap();
    let own: Address = key.address(Network::TESTNET.version);
    assert_eq!(session.session().account_in_use().unwrap().address, own.to_string());
    let next = client.account(&own.into()).await.unwrap().nonce;
    let nonce = nonce.unwrap_or(next);
    let nobody: Address = "ST000000000000000000002AMW42H".parse().unwrap();
    let sent = TransactionBuilder::transfer(Network::TESTNET, nobody, MicroStx::new(1), Memo::EMPTY)
        .nonce(nonce)
        .fee(MicroStx::new(2_500_000))
        .sign(&key)
        .unwrap();
    client.broadcast(&sent).await.unwrap();
    misbehave(session, DevnetFaults::default()).await;
    let mined = async {
        while client.account(&own.into()).await.unwrap().nonce <= nonce {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), mined).await.expect("it is mined");
}

async fn changed_terms_are_asked_anew_and_say_why(session: &Session) {
    let id = session.propose(wish(), None).await.unwrap().question;
    let digest = support::digest(session);
    another_wallet_sends(session, None).await;
    assert_eq!(fault(session.approve(id, &digest).await), Fault::TermsChanged);
    let question = session.question().expect("it is asked anew");
    assert_ne!(question.id, id);
    assert_eq!(question.state, QuestionState::Open);
    assert_eq!(question.problem.unwrap().fault, Fault::TermsChanged);
    let view = session.session();
    assert_eq!((view.question, view.asked_anew_for), (Some(question.id), Some(id)));
    let Ask::Transaction { approval, .. } = question.ask else { panic!("a transaction is asked") };
    assert_ne!(approval.digest, digest);
    // The old answer answers nothing.
    assert_eq!(fault(session.approve(id, &digest).await), Fault::QuestionGone);
    assert_eq!(fault(session.approve(question.id, &digest).await), Fault::TermsChanged);
    approve(session, question.id).await;
    assert_eq!(session.session().asked_anew_for, None);
    confirmed(session, question.id).await;
}

async fn what_cannot_be_carried_out_stays_to_be_read(session: &Session) {
    misbehave(session, DevnetFaults { stale_tip: true, ..DevnetFaults::default() }).await;
    let waits = session.propose(wish(), None).await.unwrap().question;
    approve(session, waits).await;
    assert_eq!(session.under_way(), Some(UnderWay::Transactions(1)));
    let nonce = support::transaction(session, waits).await.unwrap().nonce;
    let raise = session.raise_fee(waits).await.unwrap().question;
    let Ask::Transaction { approval, earlier, .. } = session.question().unwrap().ask else { panic!() };
    assert_eq!(approval.purpose, TransactionPurpose::Replaces { earlier: waits });
    assert_eq!(earlier, approval.sentences, "the very same");
    another_wallet_sends(session, Some(nonce)).await;
    let told = session.approve(raise, &approval.digest).await.unwrap_err();
    assert_eq!(told.fault, Fault::TransactionInTheWay, "{told:?}");

    // It is no question any more, and why can be read for as long as a person likes.
    assert_eq!((session.session().question, session.question_window()), (None, QuestionWindow::Open));
    let ended = session.question().expect("its window has something to show");
    assert_eq!((ended.id, ended.state), (raise, QuestionState::Ended));
    assert_eq!(ended.problem.as_ref(), Some(&told));
    assert_eq!(fault(session.approve(raise, &approval.digest).await), Fault::QuestionGone);
    // It keeps nobody from asking for something else, and comes after that.
    let other = session.propose(wish(), None).await.unwrap().question;
    assert_eq!(session.question().unwrap().id, other);
    session.refuse(other).unwrap();
    assert_eq!(session.question().unwrap(), ended);
    let revision = session.session().revision;
    session.refuse(raise).unwrap();
    assert_eq!((session.question(), session.question_window()), (None, QuestionWindow::None));
    assert!(session.session().revision > revision, "the window is told that it is needed no more");
    assert_eq!(fault(session.refuse(raise)), Fault::QuestionGone);
}

async fn leaving_the_network_waits_for_a_yes(session: &Session) {
    misbehave(session, DevnetFaults::default()).await;
    let (question, answering) = answered(session).await;
    // Any page may choose a network: that takes nothing back.
    session.choose_network("devnet").await.unwrap();
    assert_eq!(session.question(), None);
    answering.await.unwrap().expect("it was signed before the network was left");
    opened(session).await;
    confirmed(session, question.id).await;
}

async fn the_end_waits_for_a_yes(home: &Home, session: Session) -> Session {
    let (question, answering) = answered(&session).await;
    session.shut_down().await;
    answering.await.unwrap().expect("it was signed before the end");
    home.leave(session).await;
    let session = home.open().await;
    opened(&session).await;
    until(&session, |view| view.account.is_some()).await;
    confirmed(&session, question.id).await;
    session
}
