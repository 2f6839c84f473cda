#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use bithedge_protocol::Seconds;

use super::*;

const ACCOUNT: &str = "ST1SJ3DTE5DN7X54YDH5D64R3BCB6A2AG2ZQ8YPD5";

fn input(duties: &[KeeperDuty]) -> KeeperInput {
    KeeperInput {
        duties: duties.to_vec(),
        only_if_paid: true,
        a_call: MicroStx::new(1_000),
        a_day: MicroStx::new(10_001),
        lasts: Seconds::new(86_400),
    }
}

fn ask(input: KeeperInput) -> Asked {
    asked(ACCOUNT.parse().unwrap(), input, UnixSeconds::new(1_000), &place("80000000-ab"), Seconds::new(600))
        .unwrap()
}

fn place(chain: &str) -> Place {
    Place { network: "devnet".to_owned(), chain: chain.to_owned(), deployer: ACCOUNT.to_owned() }
}

#[test]
fn both_budgets_together_are_what_was_allowed() {
    use KeeperDuty::{ClaimForOthers, ReportPrices, ServePool};
    for (duties, reports, others) in [
        (vec![ServePool, ClaimForOthers], 0, 10_001),
        (vec![ReportPrices], 10_001, 0),
        (vec![ReportPrices, ServePool], 5_000, 5_001),
        (vec![ReportPrices, ReportPrices], 10_001, 0),
    ] {
        let Asked { order, .. } = ask(input(&duties));
        let caps = (order.caps.a_day_for_reports.micro(), order.caps.a_day.micro());
        assert_eq!((caps, order.caps.a_call.micro()), ((reports, others), 1_000), "{duties:?}");
    }
}

#[test]
fn an_order_allows_what_its_words_name_and_nothing_else() {
    let Asked { order, input, sentences, .. } = ask(input(&[KeeperDuty::CollectRewards]));
    assert_eq!(order.kinds, [DutyKind::ClaimBounties, DutyKind::ClaimAllocation]);
    assert_eq!(order.until, UnixSeconds::new(87_400));
    let policy = policy(&input);
    for kind in DutyKind::ALL {
        let expected = if order.kinds.contains(&kind) { When::Paid } else { When::Off };
        assert_eq!(policy.when(kind), expected, "{kind:?}");
    }
    let all = sentences.join(" ");
    assert!(all.contains(&order_amount(1_000)) && all.contains(&order_amount(10_001)), "{all}");
    assert!(!all.contains("reports the market"), "{all}");
}

fn order_amount(micro: u128) -> String {
    MicroStx::new(micro).to_string()
}

#[test]
fn whatever_is_changed_changes_the_digest() {
    let one = ask(input(&[KeeperDuty::ServePool]));
    let same = KeeperInput { duties: vec![KeeperDuty::ServePool; 2], ..input(&[]) };
    assert_eq!(ask(same).digest, one.digest, "named twice is named once");
    let mut digests = std::collections::BTreeSet::from([one.digest.clone()]);
    let changed = [
        KeeperInput { only_if_paid: false, ..one.input.clone() },
        KeeperInput { a_call: MicroStx::new(1_001), ..one.input.clone() },
        KeeperInput { a_day: MicroStx::new(10_002), ..one.input.clone() },
        KeeperInput { lasts: Seconds::new(86_401), ..one.input.clone() },
        input(&[KeeperDuty::ServePool, KeeperDuty::ReportPrices]),
    ];
    for other in changed {
        assert!(digests.insert(ask(other).digest));
    }
    let other = "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG".parse().unwrap();
    let elsewhere = digest(other, &one.input, one.order.until, &place("80000000-ab"));
    assert!(digests.insert(elsewhere), "another account");
    let account = ACCOUNT.parse().unwrap();
    let other = digest(account, &one.input, one.order.until, &place("80000000-cd"));
    assert!(digests.insert(other), "another chain");
    assert_eq!(one.digest.len(), 64);
}

#[test]
fn the_log_is_bounded_and_does_not_repeat_itself() {
    let mut keeping = Keeping::default();
    for round in 0..100 {
        for _ in 0..3 {
            keeping.tell(UnixSeconds::new(round), (format!("line {round}"), false));
        }
    }
    assert_eq!(keeping.log.len(), MOST_LINES);
    assert_eq!(keeping.log.front().unwrap().words, "line 99");
    assert_eq!(keeping.log.back().unwrap().words, "line 50");
}

fn wallet(folder: &std::path::Path, words: &str) -> Wallet {
    use bithedge_keys::{KdfCost, MemoryKeychain, Mnemonic, Passphrase, WithoutKeychain};
    let wallet =
        Wallet::open_with_cost(folder, Arc::new(MemoryKeychain::default()), KdfCost::for_tests()).unwrap();
    let words = Mnemonic::parse(words).ok().unwrap();
    let passphrase = Passphrase::new("a long and quiet evening").unwrap();
    wallet.create(&words, &passphrase, WithoutKeychain::Refused, Moment::now()).unwrap();
    wallet
}

#[test]
fn only_what_these_keys_sealed_for_this_chain_is_the_person_s() {
    let words = "abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon";
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let own = wallet(one.path(), &format!("{words} about"));
    let account: Address = ACCOUNT.parse().unwrap();
    let here = place("80000000-ab");
    let Asked { order, input, digest: approved, .. } = ask(input(&[KeeperDuty::ServePool]));
    let seal = own.seal_text(Sealed::KeeperOrder, approved.as_bytes(), Moment::now()).unwrap().to_string();
    let kept = KeptOrder { order: input, until: order.until, digest: approved, seal: Some(seal) };
    let found = |kept: &KeptOrder, place: &Place| kept.provenance(&own, account, place, Moment::now());
    assert_eq!(found(&kept, &here), Provenance::Approved);
    assert_eq!(found(&kept, &place("80000000-cd")), Provenance::Foreign, "copied from another chain");

    // Who forges computes the digest as well.
    let mut forged = kept.clone();
    forged.order.a_day = MicroStx::new(10_000_000);
    assert_eq!(found(&forged, &here), Provenance::Foreign);
    forged.digest = digest(account, &forged.order, forged.until, &here);
    assert_eq!(found(&forged, &here), Provenance::Foreign);
    let later = kept.until.checked_add(Seconds::new(86_400)).unwrap();
    let longer =
        KeptOrder { until: later, digest: digest(account, &kept.order, later, &here), ..kept.clone() };
    assert_eq!(found(&longer, &here), Provenance::Foreign);
    // As a file of before there were seals.
    let text = serde_json::to_string(&kept).unwrap();
    let mut old: serde_json::Value = serde_json::from_str(&text).unwrap();
    old.as_object_mut().unwrap().remove("seal");
    let old: KeptOrder = serde_json::from_value(old).unwrap();
    assert_eq!(found(&old, &here), Provenance::Foreign);
    for seal in ["", "zz", &"ab".repeat(32)] {
        let wrong = KeptOrder { seal: Some(seal.to_owned()), ..kept.clone() };
        assert_eq!(found(&wrong, &here), Provenance::Foreign, "{seal}");
    }

    // Another wallet's, and one whose keys are locked.
    let theirs =
        wallet(other.path(), "legal winner thank year wave sausage worth useful legal winner thank yellow");
    assert_eq!(kept.provenance(&theirs, account, &here, Moment::now()), Provenance::Foreign);
    own.lock();
    assert_eq!(found(&kept, &here), Provenance::NotKnown);
}
