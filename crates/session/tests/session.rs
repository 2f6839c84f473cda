//! The running application on a practice devnet in this process: what a person would do in its windows, without them.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod support;

use std::time::Duration;

use bithedge_ipc::secret::{SecretImport, SecretPassphrase, SecretTask};
use bithedge_ipc::{
    Ask, DevnetDeed, Effect, Event, Fault, KeeperInput, KeeperView, KeyState, NetworkUse, PageAnswer,
    PageQuery, PolicyState, TransactionStage, WalletKind, Wish,
};
use bithedge_protocol::pool::Order;
use bithedge_protocol::risk;
use bithedge_protocol::{Asset, MicroStx, Sats, Seconds, TokenAmount, UsdE8};
use bithedge_session::Session;
use support::{Home, approve, confirmed, fault, opened, page, until};

const SBTC: u128 = 100_000_000;
const WORDS: &str =
    "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about";
const PASSPHRASE: &str = "a long and quiet evening";

/// Irene commits, a day passes, Peter buys: the whole way through questions, once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_practice_session_from_the_first_start_to_a_policy_and_a_restart() {
    let home = Home::new();
    let session = home.open().await;
    nothing_is_chosen_at_first(&session).await;
    practice_gives_two_accounts_money(&session).await;
    irene_commits(&session).await;
    questions_come_one_at_a_time_and_are_answered_by_their_digest(&session).await;
    practice_keys_act_nowhere_else(&session).await;
    the_keeper_works_by_a_standing_order(&session).await;
    a_day_passes(&session).await;
    let policy = peter_buys(&session).await;
    let session = what_is_under_way_goes_on_with_the_next_session(&home, session, policy).await;
    a_question_waits_for_locked_keys_and_ends_in_time(&home, &session).await;
    session.shut_down().await;
}

async fn nothing_is_chosen_at_first(session: &Session) {
    let view = session.session();
    assert_eq!((view.wallet, view.network, view.account), (None, NetworkUse::None, None));
    assert!(!view.has_own_keys && view.accounts.is_empty() && view.notices.is_empty());
    assert_eq!(fault(session.page(PageQuery::Home {}).await), Fault::ChainUnreadable);
    assert_eq!(fault(session.choose_network("testnet").await), Fault::WalletAbsent);
    assert!(session.devnet().await.is_none() && session.question().is_none());
}

async fn practice_gives_two_accounts_money(session: &Session) {
    let mut events = session.events();
    session.begin_practice().await.unwrap();
    let view = opened(session).await;
    let wallet = view.wallet.unwrap();
    assert_eq!((wallet.kind, wallet.keys), (WalletKind::Practice, KeyState::Unlocked));
    let labels: Vec<&str> = view.accounts.iter().map(|account| account.label.as_str()).collect();
    assert_eq!(labels, ["Peter", "Irene"]);
    assert_eq!(view.account.as_deref(), Some("derived-0"));
    assert!(view.accounts.iter().all(|account| account.can_sign && account.is_verified));
    // What was done was told while it was done.
    let mut told = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let Event::Session(view) = event
            && let NetworkUse::Opening { doing, .. } = view.network
            && told.last() != Some(&doing)
        {
            told.push(doing);
        }
    }
    assert!(told.len() >= 4, "{told:?}");

    let mut chain = session.chain_snapshots();
    let expected = [(1_000_000_000, 2 * SBTC), (20_000_000_000, 5 * SBTC)];
    let funded = chain.wait_for(|snapshot| {
        snapshot.balances.len() == 2
            && snapshot.balances.iter().zip(expected).all(|(one, (stx, sbtc))| {
                one.stx == Some(MicroStx::new(stx)) && one.sbtc == Some(Sats::new(sbtc))
            })
    });
    tokio::time::timeout(Duration::from_secs(60), funded).await.expect("both are funded").unwrap();
    let devnet = session.devnet().await.expect("it is in use");
    assert!(devnet.height.get() > 0 && !devnet.scenarios.is_empty());
}

async fn irene_commits(session: &Session) {
    session.choose_account("derived-1").unwrap();
    for (asset, amount) in [(Asset::Sbtc, 4 * SBTC), (Asset::Stx, 10_000_000_000)] {
        let wish = Wish::Commit { tier: 2, asset, amount: TokenAmount::new(amount) };
        let proposed = session.propose(wish, None).await.unwrap();
        let question = session.question().unwrap();
        assert_eq!((question.id, question.account_label.as_str()), (proposed.question, "Irene"));
        let Ask::Transaction { approval, effect, .. } = question.ask else {
            panic!("a transaction is asked")
        };
        let Effect::Capital { bucket, due, exit_fee, .. } = effect else { panic!("capital moves") };
        assert_eq!((bucket.tier, bucket.asset, exit_fee), (2, asset, None));
        assert!(due.unwrap() > session.devnet().await.unwrap().time);
        assert_eq!(approval.leaves.len(), 1, "{approval:?}");
        session.approve(question.id, &approval.digest).await.unwrap();
        assert!(session.session().question.is_none());
        confirmed(session, question.id).await;
    }
}

async fn questions_come_one_at_a_time_and_are_answered_by_their_digest(session: &Session) {
    let wish = || Wish::Commit { tier: 1, asset: Asset::Stx, amount: TokenAmount::new(1_000_000_000) };
    let first = session.propose(wish(), None).await.unwrap().question;
    assert_eq!(session.session().question, Some(first));
    // A second one is refused, whatever it is.
    assert_eq!(fault(session.propose(wish(), None).await), Fault::TransactionInTheWay);
    assert_eq!(fault(session.propose_keeper(support::keeper())), Fault::TransactionInTheWay);
    // Another digest, another number, another text.
    let digest = support::digest(session);
    for wrong in ["00".repeat(32), digest.to_uppercase(), digest[..62].to_owned(), String::new()] {
        assert_eq!(fault(session.approve(first, &wrong).await), Fault::TermsChanged, "{wrong}");
    }
    assert_eq!(fault(session.approve(first + 1, &digest).await), Fault::QuestionGone);
    assert_eq!(fault(session.refuse(first + 1)), Fault::QuestionGone);
    assert_eq!(session.session().question, Some(first), "it is still open");
    // No.
    session.refuse(first).unwrap();
    assert!(session.question().is_none() && session.session().question.is_none());
    assert_eq!(fault(session.approve(first, &digest).await), Fault::QuestionGone);
    assert_eq!(support::stage(session, first).await, None, "nothing was signed");

    // Somebody else answers meanwhile: two answers at once are one.
    let second = session.propose(wish(), None).await.unwrap().question;
    let digest = support::digest(session);
    let (one, other) = tokio::join!(session.approve(second, &digest), session.approve(second, &digest));
    assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
    confirmed(session, second).await;

    // What makes no sense, or would fail, is no question.
    let nothing = Wish::Commit { tier: 2, asset: Asset::Stx, amount: TokenAmount::new(0) };
    assert!(session.propose(nothing, None).await.is_err());
    let much = Wish::Commit { tier: 2, asset: Asset::Sbtc, amount: TokenAmount::new(1_000 * SBTC) };
    assert_eq!(fault(session.propose(much, None).await), Fault::ContractRefuses);
    assert!(session.question().is_none());
    let claim = Wish::Claim { policy: 4_711, asset: Asset::Sbtc, owner: None };
    assert!(session.propose(claim, None).await.is_err());
}

async fn practice_keys_act_nowhere_else(session: &Session) {
    for network in ["testnet", "mainnet", "own-1"] {
        assert_eq!(fault(session.choose_network(network).await), Fault::AccountUnfit, "{network}");
    }
    assert_eq!(fault(session.choose_network("moon").await), Fault::InputUnfit);
    assert!(session.session().network.is_ready(), "the devnet is still in use");
    // Nobody can lock what nobody can unlock.
    session.lock();
    assert_eq!(session.session().wallet.unwrap().keys, KeyState::Unlocked);
}

async fn the_keeper_works_by_a_standing_order(session: &Session) {
    let order = support::keeper();
    for wrong in [
        KeeperInput { duties: Vec::new(), ..order.clone() },
        KeeperInput { lasts: Seconds::new(59), ..order.clone() },
        KeeperInput { a_day: MicroStx::ZERO, ..order.clone() },
        KeeperInput { a_call: MicroStx::new(u128::MAX), a_day: MicroStx::new(u128::MAX), ..order.clone() },
    ] {
        assert_eq!(fault(session.propose_keeper(wrong)), Fault::InputUnfit);
    }
    let id = session.propose_keeper(order.clone()).unwrap().question;
    let Ask::StandingOrder { digest, order: asked, sentences, .. } = session.question().unwrap().ask else {
        panic!("a standing order is asked")
    };
    assert_eq!(asked, order);
    assert!(sentences.len() >= 5, "{sentences:?}");
    assert_eq!(fault(session.approve(id, &"11".repeat(32)).await), Fault::TermsChanged);
    session.approve(id, &digest).await.unwrap();
    let KeeperView::On { account, order: on, log, .. } = session.session().keeper else { panic!("it is on") };
    let irene = session.session().account_in_use().unwrap().address.clone();
    assert_eq!((account, on), (irene, order));
    assert_eq!(log.len(), 1);
}

async fn a_day_passes(session: &Session) {
    let before = session.devnet().await.unwrap().time;
    session.devnet_do(DevnetDeed::Pass { seconds: Seconds::new(86_400 + 3_600) }).await.unwrap();
    let passed = async {
        loop {
            let now = session.devnet().await.unwrap();
            if now.doing.is_none() && now.time.get() >= before.get() + 86_400 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(300), passed).await.expect("a day passes");
    // What Irene committed became shares, and the books say so.
    let shares = async {
        loop {
            let PageAnswer::Capital(capital) = page(session, PageQuery::Capital {}).await else { panic!() };
            let in_tier = |position: &&bithedge_ipc::PositionView| position.bucket.tier == 2;
            if capital.positions.iter().filter(in_tier).filter(|one| one.shares.count() > 0).count() == 2 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(120), shares).await.expect("deposits became shares");
    session.stop_keeper().unwrap();
    assert_eq!(session.session().keeper, KeeperView::Off);
}

async fn peter_buys(session: &Session) -> u64 {
    session.choose_account("derived-0").unwrap();
    let PageAnswer::Market(market) = page(session, PageQuery::Market {}).await else { panic!() };
    assert_eq!(market.sbtc, Some(Sats::new(2 * SBTC)));
    let spot = market.market.pricing.btc;
    let level = UsdE8::new(spot.base_units() * 85 / 100);
    let wish = risk::Wish { size: Sats::new(SBTC / 2), level, term: Seconds::new(7 * 86_400) };
    let candidates = market.market.candidates(&wish).unwrap();
    let best = candidates.iter().find(|one| one.quote.is_ok());
    let Some(best) = best else { panic!("nothing is sold: {candidates:#?} of {:#?}", market.market.buckets) };
    let order: Order = best.order;
    let offer = session.confirm_order(order).await.unwrap();
    assert_eq!(offer.differs, None);
    assert_eq!(offer.order, order);
    let Wish::Buy { max_cost, valid_until, .. } = offer.wish() else { panic!("it buys") };
    let total = offer.quote.total.base_units();
    assert_eq!(max_cost.base_units(), total + total.div_ceil(100), "one percent on top");
    assert_eq!(valid_until, offer.valid_until);

    let mut events = session.events();
    let id = session.propose(offer.wish(), None).await.unwrap().question;
    let question = session.question().unwrap();
    let Ask::Transaction { approval, effect, .. } = question.ask else { panic!("a transaction is asked") };
    let Effect::Protection { order: drawn, floor, spot, .. } = effect else { panic!("{effect:?}") };
    assert_eq!(drawn, order);
    assert!(floor < order.strike && spot > UsdE8::ZERO);
    assert_eq!(approval.leaves[0].amount, max_cost);
    session.approve(id, &approval.digest).await.unwrap();
    confirmed(session, id).await;
    let policy = async {
        loop {
            let PageAnswer::Policies(policies) = page(session, PageQuery::Policies { before: None }).await
            else {
                panic!()
            };
            if let Some(policy) = policies.policies.first() {
                assert_eq!(
                    (policy.state, policy.strike, policy.size),
                    (PolicyState::Active, order.strike, order.size)
                );
                break policy.id;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    };
    let policy = tokio::time::timeout(Duration::from_secs(60), policy).await.expect("the page shows it");
    // It was told, as an event and as something to notice.
    let told = async {
        let (mut stages, mut noticed) = (Vec::new(), false);
        while !(stages.contains(&TransactionStage::Confirmed) && noticed) {
            match events.recv().await.unwrap() {
                Event::Transaction(event) if event.id == id => stages.push(event.status.stage),
                Event::Notification(told) => {
                    noticed |= told.kind == bithedge_ipc::NotificationKind::TransactionConfirmed;
                }
                _ => {}
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), told).await.expect("it was told");
    assert!(session.notifications().await.iter().any(|told| told.account.is_some()));
    let (table, lines) = session.activity_csv().await.unwrap();
    assert_eq!(table.lines().count(), lines + 1);
    assert!(lines >= 1);
    every_page_can_be_asked(session, policy).await;
    policy
}

async fn every_page_can_be_asked(session: &Session, policy: u64) {
    let bucket = bithedge_ipc::BucketRef { tier: 2, asset: Asset::Sbtc };
    for query in [
        PageQuery::Home {},
        PageQuery::Market {},
        PageQuery::Policies { before: None },
        PageQuery::Policy { policy },
        PageQuery::Capital {},
        PageQuery::Tiers {},
        PageQuery::Bucket { bucket },
        PageQuery::Protocol {},
        PageQuery::Activity { before: None },
        PageQuery::Transactions { before: None },
    ] {
        page(session, query).await;
    }
    let bundle = session.diagnostics().await;
    let text: String = bundle.iter().map(|(_, bytes)| String::from_utf8_lossy(bytes).into_owned()).collect();
    for account in session.session().accounts {
        assert!(!text.contains(&account.address), "an address is in the diagnostics");
    }
    assert!(bundle.iter().any(|(name, _)| name == "session.json"));
}

/// The session is dropped without a word, with a transaction under way.
async fn what_is_under_way_goes_on_with_the_next_session(
    home: &Home,
    session: Session,
    policy: u64,
) -> Session {
    // A node that makes no blocks: what is sent waits.
    let faults = bithedge_ipc::DevnetFaults { stale_tip: true, ..bithedge_ipc::DevnetFaults::default() };
    session.devnet_do(DevnetDeed::SetFaults { faults }).await.unwrap();
    let wish = Wish::SellBack { policy, asset: Asset::Sbtc, min_refund: TokenAmount::new(1) };
    let pending = match session.propose(wish, None).await {
        Ok(proposed) => {
            approve(&session, proposed.question).await;
            Some(proposed.question)
        }
        // The asset of the policy may be STX.
        Err(_) => {
            let wish = Wish::SellBack { policy, asset: Asset::Stx, min_refund: TokenAmount::new(1) };
            let proposed = session.propose(wish, None).await.unwrap();
            approve(&session, proposed.question).await;
            Some(proposed.question)
        }
    };
    let id = pending.unwrap();
    assert!(support::stage(&session, id).await.is_some());
    session.choose_account("derived-1").unwrap();
    let kept = std::fs::read_to_string(home.folder().join("session.json")).unwrap();
    home.leave(session).await;
    let session = home.open().await;
    assert_eq!(std::fs::read_to_string(home.folder().join("session.json")).unwrap(), kept);
    let view = opened(&session).await;
    assert_eq!(view.wallet.unwrap().kind, WalletKind::Practice);
    assert_eq!(view.account.as_deref(), Some("derived-1"));
    session.choose_account("derived-0").unwrap();
    confirmed(&session, id).await;
    let sold = async {
        loop {
            let PageAnswer::Policy(found) = page(&session, PageQuery::Policy { policy }).await else {
                panic!()
            };
            if found.policy.is_some_and(|policy| policy.state == PolicyState::SoldBack) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), sold).await.expect("it was sold back");

    // Leaving practice: there is nothing of the person's own.
    session.leave_practice().await.unwrap();
    let view = session.session();
    assert_eq!((view.wallet, view.network), (None, NetworkUse::None));
    assert!(session.devnet().await.is_none());
    session
}

/// What is written down of an order is looked at with the keys: anybody can write a file.
async fn the_keeper_goes_on_only_if_the_keys_say_so(home: &Home, session: &Session) {
    let order = KeeperInput {
        duties: vec![bithedge_ipc::KeeperDuty::CollectRewards],
        only_if_paid: true,
        ..support::keeper()
    };
    let id = session.propose_keeper(order).unwrap().question;
    let question = session.question().unwrap();
    let place = question.network.unwrap();
    assert_eq!((place.kind, place.name.as_str()), (bithedge_ipc::NetworkKind::Devnet, "Devnet"));
    assert!(place.deployer.is_some() && place.node.starts_with("http://127.0.0.1"), "{place:?}");
    let Ask::StandingOrder { expires, .. } = question.ask else { panic!("a standing order is asked") };
    let now = session.devnet().await.unwrap().time;
    assert!(expires.since(now).unwrap() > Seconds::new(5 * 3_600), "a devnet's clock is moved by hours");
    approve(session, id).await;
    assert!(matches!(session.session().keeper, KeeperView::On { .. }));

    session.lock();
    session.choose_network("devnet").await.unwrap();
    reopened(session).await;
    assert_eq!(session.session().keeper, KeeperView::Waiting, "only the keys tell");
    session.secret_open(SecretTask::Unlock).await.unwrap();
    session.secret_unlock(SecretPassphrase { passphrase: PASSPHRASE.to_owned() }).await.unwrap();
    let view = until(session, |view| matches!(view.keeper, KeeperView::On { .. })).await;
    let KeeperView::On { log, .. } = view.keeper else { panic!("it is on") };
    assert!(log.iter().any(|line| line.words.contains("goes on with what you approved")), "{log:?}");

    // Somebody lets it spend more, and computes whatever can be computed.
    let file = keeper_file(home);
    let text = std::fs::read_to_string(&file).unwrap();
    let forged = text.replace("10000000", "99000000");
    assert_ne!(text, forged);
    let before = session.session().notices.len();
    session.choose_network("mainnet").await.unwrap();
    until(session, |view| matches!(view.network, NetworkUse::Unusable { .. })).await;
    std::fs::write(&file, forged).unwrap();
    session.choose_network("devnet").await.unwrap();
    let view = reopened(session).await;
    assert_eq!(view.keeper, KeeperView::Off);
    assert_eq!(view.notices.get(before).unwrap().fault, Fault::NotApproved);
    assert!(!std::fs::read_to_string(&file).unwrap().contains("99000000"), "it is thrown away");
    // What is not there cannot be acknowledged.
    assert_eq!(fault(session.propose_acknowledgement(1 << 40)), Fault::InputUnfit);
    assert_eq!(session.question(), None);
}

/// Until it is open again. A devnet that still answers somebody when it is ended holds its journal a moment longer, and the network is
/// tried again by itself.
async fn reopened(session: &Session) -> bithedge_ipc::SessionView {
    let is_open = |view: &bithedge_ipc::SessionView| matches!(&view.network, NetworkUse::Ready { books, .. } if books.is_current);
    until(session, is_open).await
}

fn keeper_file(home: &Home) -> std::path::PathBuf {
    let chains = std::fs::read_dir(home.folder().join("network")).unwrap();
    let mut files =
        chains.map(|entry| entry.unwrap().path().join("keeper.json")).filter(|path| path.exists());
    let file = files.next().unwrap();
    assert_eq!(files.next(), None, "one chain");
    file
}

/// A wallet of the person's own may be used on the devnet too, where its keys can be locked.
async fn a_question_waits_for_locked_keys_and_ends_in_time(home: &Home, session: &Session) {
    session.secret_open(SecretTask::Import).await.unwrap();
    let import =
        SecretImport { words: WORDS.to_owned(), passphrase: PASSPHRASE.to_owned(), without_keychain: false };
    session.secret_import(import).await.unwrap();
    session.choose_network("devnet").await.unwrap();
    let view = opened(session).await;
    assert_eq!(view.wallet.unwrap().kind, WalletKind::Own);
    let amount = TokenAmount::new(5_000_000_000);
    session.devnet_do(DevnetDeed::Faucet { asset: Asset::Stx, amount }).await.unwrap();

    let wish = || Wish::Commit { tier: 2, asset: Asset::Stx, amount: TokenAmount::new(1_000_000_000) };
    let id = session.propose(wish(), None).await.unwrap().question;
    assert!(!session.question().unwrap().is_locked);
    session.lock();
    let question = session.question().unwrap();
    assert!(question.is_locked && question.problem.is_none());
    let digest = support::digest(session);
    assert_eq!(fault(session.approve(id, &digest).await), Fault::WalletLocked);
    let question = session.question().expect("it is still open");
    assert_eq!(question.problem.unwrap().fault, Fault::WalletLocked);
    let secret = session.secret_open(SecretTask::Unlock).await.unwrap();
    assert_eq!(secret.waiting, 1, "the question");
    session.secret_unlock(SecretPassphrase { passphrase: PASSPHRASE.to_owned() }).await.unwrap();
    assert!(!session.question().unwrap().is_locked);
    session.approve(id, &digest).await.unwrap();
    confirmed(session, id).await;

    the_keeper_goes_on_only_if_the_keys_say_so(home, session).await;

    // Its time passes: it goes away by itself, and that is told.
    let id = session.propose(wish(), None).await.unwrap().question;
    let digest = support::digest(session);
    session.devnet_do(DevnetDeed::Pass { seconds: Seconds::new(7 * 3_600) }).await.unwrap();
    until(session, |view| view.question.is_none()).await;
    assert_eq!(fault(session.approve(id, &digest).await), Fault::QuestionGone);
    assert_eq!(support::stage(session, id).await, None, "nothing was signed");

    // So it does with its network.
    session.propose(wish(), None).await.unwrap();
    session.choose_network("mainnet").await.unwrap();
    assert!(session.question().is_none());
    let view = until(session, |view| matches!(view.network, NetworkUse::Unusable { .. })).await;
    assert!(view.accounts[0].address.starts_with("SP"), "addresses are the network's");
    assert!(session.devnet().await.is_none());
    assert_eq!(fault(session.devnet_do(DevnetDeed::Stop {}).await), Fault::NotOffered);
}
