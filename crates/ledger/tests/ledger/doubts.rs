//! What is missing, false or beyond this version is noticed, told where it is asked for, and does no more harm than it must.

use bithedge_ledger::{
    Applied, BucketKey, ChainBlock, Ledger, LedgerError, PolicyFilter, Print, TimeRange, TransactionOutcome,
    Trust,
};
use bithedge_protocol::risk::Standing;
use bithedge_protocol::{BlockHeight, UnixSeconds};
use bithedge_stacks::{Principal, Value};
use bithedge_suite::Contract;

use crate::anomalies::{sample, with};
use crate::script::{
    Chain, ODD, OK, STX, closed, committed, created, funded, in_bucket, price, sold, stx_bucket,
};
use crate::stream::{DAY, START, Stream, USD, event, identity, person, principal, text, token, u, who};

#[test]
fn a_late_close_notes_health_at_the_price_of_now() {
    let mut chain = funded();
    let (assets, day) = (2_000_000 * STX, START + DAY);
    let sale = vec![price(USD, day + 3_600), sold(1, 1_000_000, assets), created(1, 1_000_000)];
    assert_eq!(chain.say(day + 3_600, sale), OK);
    let noon = day + DAY + 4 * 3_600;
    assert_eq!(chain.say(noon, vec![price(USD * 45 / 100, noon)]), OK);
    let second = closed(2, day + DAY, (assets + 100, assets * 1_000_000), (0, 0));
    assert_eq!(chain.say(noon + 3_600, vec![second]), OK);
    let snapshot = chain.ledger.snapshot().unwrap();
    let history = snapshot.health_history(&stx_bucket(), TimeRange::ALL).unwrap().points;
    assert!(history.is_sorted_by_key(|point| point.at), "{history:#?}");
    assert_eq!(history.last().unwrap().health.standing, Standing::MarginCall, "{history:#?}");
    let from = TimeRange { from: UnixSeconds::new(noon), ..TimeRange::ALL };
    let later = snapshot.health_history(&stx_bucket(), from).unwrap().points;
    assert_eq!(later.first().unwrap().health.standing, Standing::MarginCall);
}

#[test]
fn a_policy_that_is_missing_costs_no_other() {
    let mut chain = funded();
    let (assets, day) = (2_000_000 * STX, START + DAY + 3_600);
    // The first one's print is left out.
    assert_eq!(chain.say(day, vec![sold(1, 500_000, assets)]), OK);
    let mut second = sold(2, 1_000_000, assets + 100);
    second.1 = with(&second.1, "locked", u(2_000_000 * STX));
    assert_eq!(chain.say(day + 60, vec![second, created(2, 1_000_000)]), ODD);
    {
        let snapshot = chain.ledger.snapshot().unwrap();
        assert_eq!(snapshot.policy(2).unwrap().unwrap().size.base_units(), 1_000_000);
        assert!(snapshot.policy(1).unwrap().is_none());
        assert_eq!(snapshot.trust_of_contract(Contract::PolicyRegistry), Trust::Doubtful);
        // An owner of whom nothing is known is not said to have nothing.
        let nobody = Principal::Standard(person(70));
        let portfolio = snapshot.portfolio(&nobody, 5).unwrap();
        assert!(portfolio.totals.is_empty() && portfolio.trust == Trust::Doubtful);
        let mine = PolicyFilter { owner: Some(nobody), ..PolicyFilter::default() };
        assert_eq!(snapshot.policies(&mine, 5).unwrap().trust, Trust::Doubtful);
        assert_eq!(snapshot.bucket(&stx_bucket()).unwrap().unwrap().trust, Trust::Sound);
    }
    let mut third = sold(3, 1_000_000, assets + 200);
    third.1 = with(&third.1, "locked", u(3_000_000 * STX));
    assert_eq!(chain.say(day + 120, vec![third, created(3, 1_000_000)]), OK);
    // What the pool says of the lost one is still followed.
    let released = in_bucket(
        "collateral-released",
        vec![
            ("expiry", u((START + 30 * DAY).into())),
            ("strike", u(90_000 * USD)),
            ("policy", u(1)),
            ("size", u(500_000)),
            ("lock", u(1_000_000 * STX)),
            ("required", u(1_000_000 * USD)),
            ("paid", u(40)),
            ("owner", who(6)),
            ("assets", u(assets + 260)),
            ("locked", u(2_000_000 * STX)),
        ],
    );
    assert_eq!(chain.say(day + 180, vec![released.clone()]), OK);
    assert_eq!(chain.say(day + 240, vec![released]), ODD, "twice");
    let snapshot = chain.ledger.snapshot().unwrap();
    assert_eq!(snapshot.bucket(&stx_bucket()).unwrap().unwrap().policies, 2);
}

#[test]
fn a_number_from_nowhere_does_not_end_all_policies() {
    let mut chain = funded();
    let day = START + DAY + 3_600;
    let largest = i64::MAX.cast_unsigned().into();
    let peer = |number| {
        let (contract, value) = created(number, 5);
        (contract, with(&value, "backing", u(2)))
    };
    assert_eq!(chain.say(day, vec![peer(largest)]), ODD);
    assert_eq!(chain.say(day + 1, vec![peer(1)]), ODD);
    assert_eq!(chain.say(day + 2, vec![peer(1)]), ODD, "twice");
    assert_eq!(chain.say(day + 3, vec![peer(largest + 1)]), ODD);
    let snapshot = chain.ledger.snapshot().unwrap();
    assert!(snapshot.policy(1).unwrap().is_some());
}

#[test]
fn a_policy_whose_sale_was_refused_is_shown_as_doubtful() {
    let mut chain = funded();
    let day = START + DAY + 3_600;
    // A sale that is left out, and so the next one's totals do not fit: of two policies one is all that is told.
    assert_eq!(chain.say(day, vec![created(1, 5)]), ODD);
    let refused = sold(2, 7, 2_000_000 * STX + 100);
    assert_eq!(chain.say(day + 60, vec![refused, created(2, 7)]), Applied::New { anomalies: 2 });
    let snapshot = chain.ledger.snapshot().unwrap();
    let portfolio = snapshot.portfolio(&Principal::Standard(person(7)), 5).unwrap();
    assert_eq!(portfolio.trust, Trust::Doubtful);
    let sizes: Vec<u128> = portfolio.active.iter().map(|policy| policy.size.base_units()).collect();
    assert_eq!(sizes, [7, 5]);
    assert!(portfolio.active.iter().all(|policy| policy.trust == Trust::Doubtful));
    assert_eq!(snapshot.bucket(&stx_bucket()).unwrap().unwrap().trust, Trust::Doubtful);
    assert!(snapshot.totals().unwrap().iter().any(|all| all.trust == Trust::Doubtful));
}

#[test]
fn what_no_query_could_show_is_refused_when_it_comes() {
    let assets = 2_000_000 * STX;
    let day = START + DAY;
    let second = closed(2, day + DAY, (assets, assets * 1_000_000), (0, 0)).1;
    let mut boundary = sample("boundary-recorded");
    boundary = with(&boundary, "at", u(day.into()));
    boundary = with(&boundary, "recorded-at", u((day + DAY + 60).into()));
    let unknown = principal("another-token");
    let strange = with(&sample("collateral-token-set"), "token", unknown.clone());
    let bucket = sample("bucket-set");
    let cases = [
        ("a method", "oracle", with(&boundary, "method", u(9))),
        ("an asset", "liquidity-pool", with(&strange, "asset", u(3))),
        ("an overflow rule", "liquidity-pool", with(&sample("tier-set"), "overflow", text("away"))),
        ("an unknown token", "liquidity-pool", with(&bucket, "token", unknown)),
        ("an unknown tier", "liquidity-pool", with(&bucket, "tier", u(200))),
        ("a value", "liquidity-pool", with(&second, "nav-exit", u(1 << 127))),
        ("a deposits' value", "liquidity-pool", with(&second, "nav-deposit", u(assets + 1))),
    ];
    let mut chain = funded();
    let before = chain.tip;
    for (what, contract, value) in cases {
        assert_eq!(chain.say(day + DAY + 60, vec![(contract, value)]), ODD, "{what}");
        let snapshot = chain.ledger.snapshot().unwrap();
        snapshot.boundaries(TimeRange::ALL).unwrap();
        assert!(snapshot.buckets().unwrap().rows.len() == 6, "{what}");
        snapshot.statistics(UnixSeconds::new(day)).unwrap();
        snapshot.provider_everywhere(&Principal::Standard(person(1))).unwrap();
        drop(snapshot);
        chain.ledger.roll_back_to(before.height).unwrap();
        chain.tip = before;
    }
    assert_eq!(chain.say(day + DAY + 60, vec![("oracle", boundary), ("liquidity-pool", second)]), OK);
}

#[test]
fn what_cannot_be_counted_takes_nothing_else_with_it() {
    let mut chain = funded();
    let day = START + DAY + 3_600;
    let sale = vec![price(USD, day), sold(1, 1_000_000, 2_000_000 * STX), created(1, 1_000_000)];
    assert_eq!(chain.say(day, sale), OK);
    let tier = with(&with(&sample("tier-set"), "tier", u(2)), "buffer", u(u128::MAX));
    assert_eq!(chain.say(day + 60, vec![("liquidity-pool", tier)]), OK);
    let snapshot = chain.ledger.snapshot().unwrap();
    let statistics = snapshot.statistics(UnixSeconds::new(day)).unwrap();
    assert_eq!(statistics.trust, Trust::Doubtful);
    assert_eq!(statistics.rows.len(), 4, "all but the two buckets of that tier");
    assert!(statistics.rows.iter().all(|one| one.bucket.tier != 2 && one.utilisation.is_some()));
}

#[test]
fn doubts_about_prices_reach_what_is_made_of_them() {
    let mut chain = funded();
    let day = START + DAY + 3_600;
    let sale = vec![price(USD, day), sold(1, 1_000_000, 2_000_000 * STX), created(1, 1_000_000)];
    assert_eq!(chain.say(day, sale), OK);
    for (odd, wanted) in [(false, Trust::Sound), (true, Trust::Doubtful)] {
        if odd {
            assert_eq!(chain.say(day + 60, vec![("oracle", u(1))]), ODD);
        }
        let snapshot = chain.ledger.snapshot().unwrap();
        assert_eq!(snapshot.trust_of_bucket(&stx_bucket()), wanted);
        assert_eq!(snapshot.health_history(&stx_bucket(), TimeRange::ALL).unwrap().trust, wanted);
        let statistics = snapshot.statistics(UnixSeconds::new(day)).unwrap();
        assert!(statistics.rows.iter().all(|one| one.trust == wanted));
        assert_eq!(snapshot.policy(1).unwrap().unwrap().trust, wanted);
        // Its books do not depend on prices.
        assert_eq!(snapshot.bucket(&stx_bucket()).unwrap().unwrap().trust, Trust::Sound);
    }
}

#[test]
fn the_same_block_with_other_content_is_not_the_same() {
    let mut chain = funded();
    let day = START + DAY + 3_600;
    let whole = chain.block(day, vec![price(USD, day), committed(1_000_000, 2)]);
    let mut less = whole.clone();
    less.transactions[0].prints.truncate(1);
    let mut false_ = whole.clone();
    false_.transactions[0].prints[0].value = price(USD * 2, day).1;
    let mut without = whole.clone();
    without.transactions.clear();
    let mut failed = whole.clone();
    failed.transactions[0].outcome = TransactionOutcome::AbortedByResponse;
    let below = BlockHeight::new(whole.header.height.get() - 1);
    for first in [less, false_, without, failed] {
        chain.ledger.apply(&first).unwrap();
        assert_eq!(chain.ledger.apply(&first).unwrap(), Applied::Known);
        let error = chain.ledger.apply(&whole).unwrap_err();
        let LedgerError::OtherContent { height, .. } = error else { panic!("{error}") };
        assert_eq!(height, whole.header.height);
        chain.ledger.roll_back_to(below).unwrap();
        chain.ledger.apply(&whole).unwrap();
        assert_eq!(chain.ledger.apply(&whole).unwrap(), Applied::Known);
        assert!(chain.ledger.snapshot().unwrap().is_sound());
        chain.ledger.roll_back_to(below).unwrap();
    }
}

#[test]
fn a_series_that_was_left_out_of_a_settlement_is_missed() {
    let folder = tempfile::tempdir().unwrap();
    let mut ledger = Ledger::open(&folder.path().join("a"), identity()).unwrap();
    let mut stream = Stream::quick(31, 6, 6);
    let is_series =
        |print: &Print| print.value.field("event").and_then(Value::as_ascii) == Ok("series-settled");
    for _ in 0..1_000 {
        let mut block = stream.next(5);
        let found = block.transactions.iter_mut().find_map(|one| {
            let index = one.prints.iter().position(is_series)?;
            Some(one.prints.remove(index))
        });
        let Applied::New { anomalies } = ledger.apply(&block).unwrap() else { panic!("known") };
        let Some(series) = found else { continue };
        assert!(anomalies > 0);
        let key = BucketKey {
            tier: series.value.field("tier").unwrap().as_uint().unwrap().try_into().unwrap(),
            token: series.value.field("token").unwrap().as_principal().unwrap().clone(),
        };
        assert_eq!(ledger.snapshot().unwrap().trust_of_bucket(&key), Trust::Doubtful);
        return;
    }
    panic!("nothing was ever settled in the money");
}

#[test]
fn figures_that_can_be_computed_are_compared() {
    let assets = 2_000_000 * STX;
    let day = START + DAY;
    let mut chain = funded();
    let before = chain.tip;
    let deposit = |chain: &mut Chain| {
        assert_eq!(chain.say(day + 3_600, vec![committed(1_000_000, 2)]), OK);
    };
    // A million more at the value of the first two: as many shares for each.
    let (shares, minted) = (assets * 1_000_000, 1_000_000 * (assets * 1_000_000 + 1_000_000) / (assets + 1));
    let close = |minted| closed(2, day + DAY, (assets, shares), (1_000_000, minted));
    let mut boundary = with(&sample("boundary-recorded"), "at", u(day.into()));
    boundary = with(&boundary, "recorded-at", u((day + DAY + 60).into()));
    let cases = [
        ("minted shares", vec![close(minted)], vec![close(minted * 10)]),
        ("a price's time", vec![price(USD, day + DAY + 60)], vec![price(USD, day + 31 * DAY)]),
        (
            "a boundary's time",
            vec![("oracle", boundary.clone())],
            vec![("oracle", with(&boundary, "recorded-at", u(day.into())))],
        ),
        (
            "a policy's size",
            vec![sold(1, 100_000_000, assets), created(1, 100_000_000)],
            vec![sold(1, 100_000_000, assets), created(1, 1_000_000_000)],
        ),
        ("a sale", vec![sold(1, 5, assets), created(1, 5)], vec![created(1, 5)]),
    ];
    for (what, right, wrong) in cases {
        for (prints, wanted) in [(right, OK), (wrong, ODD)] {
            deposit(&mut chain);
            assert_eq!(chain.say(day + DAY + 60, prints), wanted, "{what}");
            chain.ledger.roll_back_to(before.height).unwrap();
            chain.tip = before;
        }
    }
}

#[test]
fn an_upgrade_that_this_deployment_does_not_have_is_told() {
    let mut chain = funded();
    let fields = |address: &str, standing| {
        let all = vec![
            ("name", text("policy-registry")),
            ("address", principal(address)),
            ("standing", u(standing)),
            ("by", who(0)),
        ];
        ("upgrade-manager", event("standing-changed", all))
    };
    let day = START + DAY + 3_600;
    assert_eq!(chain.say(day, vec![fields("policy-registry", 2)]), OK);
    assert!(chain.ledger.snapshot().unwrap().is_sound());
    assert_eq!(chain.say(day + 1, vec![fields("policy-registry-2", 2)]), ODD);
    let snapshot = chain.ledger.snapshot().unwrap();
    for touched in [Contract::PolicyRegistry, Contract::LiquidityPool] {
        assert_eq!(snapshot.trust_of_contract(touched), Trust::Doubtful);
    }
    assert_eq!(snapshot.trust_of_contract(Contract::Treasury), Trust::Sound);
    assert_eq!(snapshot.portfolio(&Principal::Standard(person(1)), 5).unwrap().trust, Trust::Doubtful);
}

#[test]
fn blocks_with_content_need_none_between_them() {
    let mut chain = funded();
    let mut far = chain.block(START + DAY + 3_600, vec![]);
    far.header.height = BlockHeight::new(chain.tip.height.get() + 37);
    far.header.parent.0[3] ^= 9;
    assert_eq!(chain.ledger.apply_all(std::slice::from_ref(&far)).unwrap(), [OK]);
    // The very next one has to stand on it.
    chain.tip = far.header;
    let next = chain.block(START + DAY + 3_700, vec![]);
    let mut apart = next.clone();
    apart.header.parent.0[0] ^= 1;
    assert!(matches!(chain.ledger.apply(&apart), Err(LedgerError::NotConnected { .. })));
    // What was thought empty had something after all.
    chain.ledger.advance_to(&next.header).unwrap();
    let mut other = next.clone();
    other.header.hash.0[0] ^= 1;
    assert!(matches!(chain.ledger.apply(&other), Err(LedgerError::NotConnected { .. })));
    assert_eq!(chain.ledger.apply(&next).unwrap(), OK);
    assert_eq!(chain.ledger.apply(&next).unwrap(), Applied::Known);
    assert_eq!(chain.ledger.snapshot().unwrap().blocks(1).unwrap(), [next.header]);
}

#[test]
fn a_bit_of_the_tip_or_the_identity_is_found() {
    let chain = Chain::new();
    let path = chain.path.clone();
    let Chain { _folder, ledger, .. } = chain;
    drop(ledger);
    let connection = rusqlite::Connection::open(&path).unwrap();
    for (twist, back) in [
        ("UPDATE tip SET height = height - 1", "UPDATE tip SET height = height + 1"),
        ("UPDATE tip SET time = time + 1", "UPDATE tip SET time = time - 1"),
        ("UPDATE identity SET chain = chain + 1", "UPDATE identity SET chain = chain - 1"),
        ("PRAGMA user_version = 3", "PRAGMA user_version = 1"),
    ] {
        connection.execute_batch(twist).unwrap();
        let error = Ledger::open(&path, identity()).and_then(|ledger| ledger.check()).unwrap_err();
        assert!(matches!(error, LedgerError::Damaged { .. }), "{twist}: {error}");
        connection.execute_batch(back).unwrap();
        Ledger::open(&path, identity()).unwrap().check().unwrap();
    }
}

#[test]
fn an_empty_ledger_begins_where_its_chain_begins() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let mut ledger = Ledger::open(&path, identity()).unwrap();
    let mut stream = Stream::quick(1, 6, 6);
    let (first, second) = (stream.next(2), stream.next(2));
    let error = ledger.apply(&second).unwrap_err();
    assert!(matches!(error, LedgerError::OtherBeginning { .. }), "{error}");
    assert!(matches!(ledger.advance_to(&second.header), Err(LedgerError::OtherBeginning { .. })));
    assert!(ledger.tip().unwrap().is_none());
    ledger.apply(&first).unwrap();
    ledger.apply(&second).unwrap();
    // The chain begins anew, with nothing in common.
    ledger.roll_back_to(BlockHeight::new(0)).unwrap();
    let mut reset = first.clone();
    reset.header.parent.0[0] ^= 1;
    reset.header.hash.0[0] ^= 1;
    assert!(matches!(ledger.apply(&reset), Err(LedgerError::OtherBeginning { .. })));
    // The block that the identity names may be noted first, or hold something itself.
    let mut genesis = first.header;
    (genesis.hash, genesis.height) = (identity().genesis, BlockHeight::new(0));
    ledger.advance_to(&genesis).unwrap();
    assert_eq!(ledger.apply(&second).unwrap(), Applied::New { anomalies: second_anomalies(&second) });
}

/// Everything in it is odd to a ledger that did not see the suite set up.
fn second_anomalies(block: &ChainBlock) -> u32 {
    let folder = tempfile::tempdir().unwrap();
    let mut identity = identity();
    identity.genesis = block.header.hash;
    let mut ledger = Ledger::open(&folder.path().join("a"), identity).unwrap();
    let Applied::New { anomalies } = ledger.apply(block).unwrap() else { panic!("known") };
    anomalies
}

#[test]
fn a_policy_is_no_surer_than_the_terms_that_it_is_valued_by() {
    let day = START + DAY + 3_600;
    let own = with(&with(&sample("tier-set"), "tier", u(2)), "overflow", text("away"));
    let other = with(&with(&sample("tier-set"), "tier", u(3)), "overflow", text("away"));
    let set = with(&sample("collateral-token-set"), "token", token(false));
    let paid_in = with(&set, "asset", u(3));
    for (what, trust) in [(own, Trust::Doubtful), (other, Trust::Sound), (paid_in, Trust::Doubtful)] {
        let mut chain = funded();
        assert_eq!(chain.say(day, vec![sold(1, 1_000_000, 2_000_000 * STX), created(1, 1_000_000)]), OK);
        assert_eq!(chain.ledger.snapshot().unwrap().policy(1).unwrap().unwrap().trust, Trust::Sound);
        assert_eq!(chain.say(day + 60, vec![("liquidity-pool", what)]), ODD);
        let snapshot = chain.ledger.snapshot().unwrap();
        assert_eq!(snapshot.policy(1).unwrap().unwrap().trust, trust);
        // None is missing for that.
        assert_eq!(snapshot.trust_of_policies(), Trust::Sound);
    }
}

#[test]
fn a_tier_beyond_any_bucket_makes_no_bucket_doubtful() {
    let mut chain = funded();
    let tier = |number| ("liquidity-pool", with(&sample("tier-set"), "tier", u(number)));
    assert_eq!(chain.say(START + DAY + 60, vec![tier(300)]), ODD);
    {
        let snapshot = chain.ledger.snapshot().unwrap();
        assert_eq!(snapshot.trust_of_bucket(&stx_bucket()), Trust::Sound);
        assert!(snapshot.totals().unwrap().iter().all(|all| all.trust == Trust::Sound));
        assert_eq!(snapshot.trust_of_contract(Contract::LiquidityPool), Trust::Doubtful);
    }
    // Of a bucket's own tier or token it is another matter.
    let odd = with(&tier(3).1, "overflow", text("away"));
    assert_eq!(chain.say(START + DAY + 61, vec![("liquidity-pool", odd)]), ODD);
    let set = sample("collateral-token-set");
    let stx = set.field("token").unwrap() == &token(false);
    assert_eq!(chain.say(START + DAY + 62, vec![("liquidity-pool", with(&set, "asset", u(3)))]), ODD);
    let snapshot = chain.ledger.snapshot().unwrap();
    for bucket in snapshot.buckets().unwrap().rows {
        let is_it = bucket.bucket.tier == 3 || (bucket.token == stx_bucket().token) == stx;
        assert_eq!(bucket.trust == Trust::Doubtful, is_it, "{bucket:?}");
    }
}
