//! Whether calls cost the same however many policies and providers there are.

use bithedge_stacks::{Address, AddressVersion, Hash160, Value};
use bithedge_suite_world::{BALANCED, BTC, DAY, PUT, START, USD, World, num, u, who};
use bithedge_vm::{Costs, Options};

use crate::table::{grouped, measured};

/// What was measured with a population, call by call.
pub(crate) struct Population {
    /// Providers, and policies, each of somebody else.
    pub(crate) size: u32,
    calls: Vec<(&'static str, Costs)>,
}

/// Calls that may differ, and why that is no growth.
const EXPLAINED: [(&str, &str); 3] = [
    ("cancel-protection", "the only policy takes its series and its book with it, one of many leaves them"),
    (
        "settle-expiry",
        "the keeper's bounty was paid in advance by those served: with one policy there is none left to credit",
    ),
    ("claim-settlement", "likewise"),
];

const STRIKE: u128 = 85_000 * USD;
const SIZE: u128 = 20_000;

/// Person number `index` of a crowd.
fn person(index: u32) -> Address {
    let mut hash = [0xAB; 20];
    hash[..4].copy_from_slice(&index.to_be_bytes());
    Address::new(AddressVersion::from_byte(26).unwrap(), Hash160(hash))
}

impl Population {
    /// Lets so many people provide capital and buy a policy each, all through the contracts, and measures what one more
    /// call costs then.
    pub(crate) fn measure(size: u32) -> Self {
        let options = Options { genesis_time: START, costs: true, ..Options::default() };
        let mut w = World::with_one_reporter(options, 100_000 * USD, USD, |_| {});
        let World { keeper, irene, ivan, stranger, .. } = w;
        let mut crowd = Self { size, calls: Vec::new() };
        let token = w.sbtc.clone();
        let bucket = [u(BALANCED), token.clone()];
        let claim = |who: Value| [u(BALANCED), token.clone(), who];
        w.commit(irene, BALANCED, &token, 300 * BTC);
        let middle = person(size / 2);
        for index in 0..size {
            w.vm.mint_sbtc(person(index), 1_000_000).unwrap();
            w.commit(person(index), BALANCED, &token, 200_000);
        }
        w.next_boundary();
        crowd.call(
            &mut w,
            "close-epoch, everybody's deposit waiting",
            keeper,
            "liquidity-pool",
            "close-epoch",
            &bucket,
        );
        let expiry = w.expiry(3);
        let order = [token.clone(), u(BALANCED), u(PUT), u(STRIKE), u(expiry.into()), u(SIZE), u(1_000_000)];
        for index in 0..size {
            w.registry(person(index), "purchase-protection", &order).ok().unwrap();
        }
        let policy = 1 + u128::from(size / 2);

        let deposit = [u(BALANCED), token.clone(), u(200_000)];
        let shares = num(&w.position(BALANCED, &token, middle), "shares");
        let exit = [u(BALANCED), token.clone(), u(shares)];
        let sale = [u(policy), token.clone(), u(0)];
        w.vm.snapshot().unwrap();
        for (label, sender, contract, function, args) in [
            ("purchase-protection", stranger, "policy-registry", "purchase-protection", &order[..]),
            ("commit-capital, a new provider", ivan, "liquidity-pool", "commit-capital", &deposit[..]),
            ("commit-capital, one of many", middle, "liquidity-pool", "commit-capital", &deposit[..]),
            ("request-withdrawal", middle, "liquidity-pool", "request-withdrawal", &exit[..]),
            ("cancel-protection", middle, "policy-registry", "cancel-protection", &sale[..]),
        ] {
            crowd.call(&mut w, label, sender, contract, function, args);
            w.vm.restore().unwrap();
        }

        w.pool(middle, "request-withdrawal", &exit).ok().unwrap();
        w.next_boundary();
        crowd.call(
            &mut w,
            "close-epoch, one series of all policies",
            keeper,
            "liquidity-pool",
            "close-epoch",
            &bucket,
        );
        crowd.call(
            &mut w,
            "claim-withdrawal",
            keeper,
            "liquidity-pool",
            "claim-withdrawal",
            &claim(who(middle)),
        );
        w.walk_to(80_000 * USD);
        while w.vm.now().unwrap() < expiry - DAY {
            w.next_boundary();
            w.close(BALANCED, &token).ok().unwrap();
        }
        w.run_to(expiry);
        let settle = [u(BALANCED), token.clone(), u(expiry.into())];
        crowd.call(&mut w, "settle-expiry", keeper, "policy-registry", "settle-expiry", &settle);
        let args = [u(policy), token.clone()];
        crowd.call(&mut w, "claim-settlement", keeper, "policy-registry", "claim-settlement", &args);
        crowd
    }

    fn call(
        &mut self,
        w: &mut World,
        label: &'static str,
        sender: Address,
        contract: &str,
        function: &str,
        args: &[Value],
    ) {
        let (_, costs) = measured(&mut w.vm, sender, contract, function, args);
        self.calls.push((label, costs));
    }
}

fn amounts(costs: &Costs) -> [u64; 5] {
    [costs.runtime, costs.read_count, costs.read_length, costs.write_count, costs.write_length]
}

/// The calls that do not cost the same with both populations, without an explanation; and explanations of nothing.
pub(crate) fn differences(few: &Population, many: &Population) -> Vec<String> {
    let mut wrong = Vec::new();
    for ((label, one), (_, other)) in few.calls.iter().zip(&many.calls) {
        match (one == other, EXPLAINED.iter().any(|(explained, _)| explained == label)) {
            (false, false) => wrong.push(format!("{label} depends on how many others there are")),
            (true, true) => wrong.push(format!("{label} does not depend on how many others there are")),
            _ => {}
        }
    }
    wrong
}

/// Both populations side by side.
pub(crate) fn markdown(few: &Population, many: &Population) -> String {
    let mut text = format!(
        "| call | runtime | reads | bytes read | writes | bytes written |\n| --- | ---: | ---: | ---: | ---: | ---: |\n\
         | | {0} / {1} | {0} / {1} | {0} / {1} | {0} / {1} | {0} / {1} |\n",
        grouped(few.size.into()),
        grouped(many.size.into())
    );
    for ((label, one), (_, other)) in few.calls.iter().zip(&many.calls) {
        let pairs: Vec<String> = amounts(one)
            .into_iter()
            .zip(amounts(other))
            .map(|(a, b)| if a == b { grouped(a) } else { format!("{} / **{}**", grouped(a), grouped(b)) })
            .collect();
        text.push_str(&format!("| {label} | {} |\n", pairs.join(" | ")));
    }
    text.push_str("\nWhat differs does not grow with the crowd:\n\n");
    for (label, reason) in EXPLAINED {
        text.push_str(&format!("* {label}: {reason}.\n"));
    }
    text
}
