//! Random sequences over vault, treasury and insurance fund: whatever is tried, every token that is accounted for is
//! there, parts add up to totals, tokens are conserved, and nobody gains custody who was not paid by name.

use crate::custody::Custody;

const TOKENS: [&str; 3] = ["#sbtc", ".stx-token", ".fake-token"];
const WALLETS: [&str; 4] = ["wallet_1", "wallet_2", "wallet_3", "wallet_4"];

/// One call that may or may not be allowed, by somebody who may or may not be the right one.
fn attempt(random: &mut fastrand::Rng, now: u64, follow_ups: &[String]) -> (&'static str, String) {
    let who = WALLETS[random.usize(0..WALLETS.len())];
    let other = WALLETS[random.usize(0..WALLETS.len())];
    let token = TOKENS[random.usize(0..TOKENS.len())];
    let buy = TOKENS[random.usize(0..TOKENS.len())];
    let amount = random.u64(0..5_000);
    let id = random.u64(0..6);
    let pool = ["fake-pool", "fake-pool", "fake-pool", "fake-between"][random.usize(0..4)];
    let registry = ["fake-registry", "fake-registry", "fake-between"][random.usize(0..3)];
    let admin = if random.u8(0..8) == 0 { who } else { "deployer" };
    match random.u8(0..25) {
        0..=2 => (who, format!("{pool} deposit u{amount} {token} @{other}")),
        3 => (who, format!("{pool} deposit u{amount} {token} @{who}")),
        4 => (who, format!("{pool} withdraw u{amount} {token} @{other}")),
        5 => (who, format!("{pool} lock (list u{id}) u{amount} {token}")),
        6 => (who, format!("{pool} release (list u{id}) u{amount} {token}")),
        7 => (who, format!("{pool} settle u{id} @{other} u{amount} {token}")),
        8 => (who, format!("{pool} credit u{amount} {token}")),
        9 | 10 => (who, format!("{registry} fee \"purchase\" u{} u{amount} @{who} {token}", amount * 20)),
        11 => (who, format!("{registry} net @{other} u{amount}")),
        12 => (who, format!("treasury distribute {token}")),
        13 => (who, format!("treasury claim-allocation {token} @{other}")),
        14 => (who, format!("treasury book-surplus {token}")),
        15 => (admin, format!("treasury execute-payment {token} u{amount} @{other} \"x\"")),
        16 => (
            admin,
            format!("treasury approve-swap {token} u{amount} {buy} u{} u{}", amount / 2, now + amount * 100),
        ),
        17 if follow_ups.is_empty() => (who, format!("treasury fill-swap u{id} {token} {buy}")),
        17 => (who, follow_ups[random.usize(0..follow_ups.len())].clone()),
        18 => (who, format!("insurance-fund contribute-to-fund u{amount} {token}")),
        19 => (who, format!("{pool} cover u{id} u{amount} {token}")),
        20 => (who, format!("{registry} take u{id} {token} u{amount}")),
        21 => (who, format!("{registry} settle-taken u{id} u{amount} @{other} {token}")),
        22 => (who, format!("insurance-fund record-recovery u{id} u{amount} {token}")),
        23 => (admin, format!("insurance-fund withdraw-surplus {token} u{amount} @{other}")),
        _ => (admin, format!("treasury pay-compensation u{id} {token} u{amount} @{other}")),
    }
}

/// What a token's holders have, and what the vault accounts for.
struct Figures {
    held: Vec<u128>,
    vault: u128,
}

/// The invariants of one token.
fn check(c: &mut Custody, token: &str, wealth: u128) -> Figures {
    let found =
        c.ok("deployer", &format!("fake-auditor audit {token} @wallet_1 @wallet_2 @wallet_3 @wallet_4"));
    let found: Vec<u128> =
        found.ok().unwrap().as_list().unwrap().iter().map(|value| value.as_uint().unwrap()).collect();
    let (held, rest) = found.split_at(WALLETS.len() + 3);
    let [total, pools_total, locked, pools_locked, free, size, rest @ ..] = rest else { unreachable!() };
    let [contributed, recovered, covered, settled, withdrawn, rest @ ..] = rest else { unreachable!() };
    let [undistributed, allocated, reserved, available, treasury_total, credits @ ..] = rest else {
        unreachable!()
    };

    assert_eq!(held.iter().sum::<u128>(), wealth, "{token} is conserved");
    let [.., vault, fund, treasury] = held else { unreachable!() };
    assert_eq!((total, locked), (pools_total, pools_locked), "{token}: the only backend has it all");
    assert!(locked <= total && total <= vault, "{token}: vault {locked} {total} {vault}");
    assert!(free <= size && size <= fund, "{token}: fund {free} {size} {fund}");
    let (came, went) = (contributed + recovered, covered + settled + withdrawn);
    assert_eq!(came, size + went, "{token}: what came into the fund is there or went out");
    assert_eq!(undistributed + allocated + reserved + available, *treasury_total, "{token}: treasury");
    assert!(treasury_total <= treasury, "{token}: treasury");
    assert_eq!(credits.iter().sum::<u128>(), *allocated, "{token}: credits are what is allocated");
    Figures { held: held.to_vec(), vault: *total }
}

#[test]
fn custody_holds_in_random_sequences() {
    const STEPS: usize = 400;
    let mut succeeded = std::collections::BTreeMap::<String, usize>::new();
    let mut c = Custody::ready();
    c.ok("deployer", "treasury set-allocation \"fund\" u300000 .insurance-fund true \"x\"");
    c.ok("deployer", "treasury set-allocation \"one\" u250000 @wallet_1 true \"x\"");
    c.ok("deployer", "treasury set-allocation \"two\" u200001 @wallet_2 true \"x\"");
    c.ok("deployer", "fee-schedule set-discount-tiers (list {threshold: u3000, discount: u200000})");
    c.session.snapshot_as("ready").unwrap();
    for seed in 0..3 {
        c.session.restore_from("ready").unwrap();
        let mut random = fastrand::Rng::with_seed(seed);
        // What a success makes possible, to be tried now and then.
        let mut follow_ups = Vec::new();
        let mut swaps = 0;
        let wealth: Vec<u128> = TOKENS
            .iter()
            .map(|token| {
                let holders = ["@wallet_1", "@wallet_2", "@wallet_3", "@wallet_4"];
                let contracts = [".liquidity-pool-vault", ".insurance-fund", ".treasury"];
                holders.iter().chain(&contracts).map(|holder| c.balance(token, holder)).sum()
            })
            .collect();
        let mut before: Vec<Figures> =
            TOKENS.iter().zip(&wealth).map(|(token, wealth)| check(&mut c, token, *wealth)).collect();
        for step in 0..STEPS {
            if random.u8(0..10) == 0 {
                c.wait(random.u64(1..2 * 86_400));
            }
            let now = c.session.now().unwrap();
            let (who, call) = attempt(&mut random, now, &follow_ups);
            let outcome = c.call(who, &call);
            let response =
                outcome.result.as_ref().unwrap_or_else(|error| panic!("{seed}/{step} {call}: {error}"));
            let done = response.as_response().unwrap().is_ok();
            let words: Vec<&str> = call.split(' ').collect();
            if done {
                *succeeded.entry(words[..2].join(" ")).or_default() += 1;
                assert!(!call.starts_with("fake-between"), "{seed}/{step} {who}: {call}");
                match words[..] {
                    ["treasury", "approve-swap", sell, _, buy, ..] => {
                        swaps += 1;
                        follow_ups.push(format!("treasury fill-swap u{swaps} {sell} {buy}"));
                    }
                    ["fake-registry", "take", id, token, lock] => {
                        follow_ups.push(format!("fake-registry settle-taken {id} {lock} @wallet_3 {token}"));
                    }
                    _ => {}
                }
            }
            for ((token, wealth), before) in TOKENS.iter().zip(&wealth).zip(&mut before) {
                let after = check(&mut c, token, *wealth);
                if !done {
                    assert_eq!(after.held, before.held, "{seed}/{step} {call}: refused, and tokens moved");
                }
                // Wallets pay only for what they sign themselves.
                for (index, wallet) in WALLETS.iter().enumerate() {
                    let lost = after.held[index] < before.held[index];
                    assert!(!lost || *wallet == who, "{seed}/{step} {who}: {call} cost {wallet}");
                }
                // Nobody but the pool lowers what the vault accounts for.
                let lowered = after.vault < before.vault;
                assert!(!lowered || call.starts_with("fake-pool"), "{seed}/{step} {who}: {call}");
                *before = after;
            }
        }
    }
    // The sequences did reach what they are about.
    for call in [
        "fake-pool deposit",
        "fake-pool withdraw",
        "fake-pool lock",
        "fake-pool release",
        "fake-pool settle",
        "fake-pool credit",
        "fake-pool cover",
        "fake-registry fee",
        "fake-registry net",
        "fake-registry take",
        "fake-registry settle-taken",
        "treasury distribute",
        "treasury claim-allocation",
        "treasury execute-payment",
        "treasury pay-compensation",
        "treasury approve-swap",
        "treasury fill-swap",
        "insurance-fund contribute-to-fund",
        "insurance-fund record-recovery",
        "insurance-fund withdraw-surplus",
    ] {
        assert!(succeeded.contains_key(call), "{call} never succeeded: {succeeded:?}");
    }
}
