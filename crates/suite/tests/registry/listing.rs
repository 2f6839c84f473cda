//! Which expiries are sold, over a year.

use bithedge_suite_world::{DAY, u};
use bithedge_vm::{Options, Session};

use crate::bootstrap::project;

const WEEK: u64 = 7 * DAY;

/// Saturday 2026-01-03 08:00 UTC is a day after a Friday's expiry. The rule in words: the next five Fridays, then the next
/// three of those whose number, counted from Friday 1970-01-02, is a multiple of four.
fn listed(now: u64) -> Vec<u64> {
    let fridays = (0..).map(|number| (number, 115_200 + number * WEEK)).skip_while(|(_, at)| *at <= now);
    let (next, rest): (Vec<_>, Vec<_>) = fridays.take(40).enumerate().partition(|(place, _)| *place < 5);
    let far = rest.into_iter().filter(|(_, (number, _))| number % 4 == 0).take(3);
    next.into_iter().chain(far).map(|(_, (_, at))| at).collect()
}

#[test]
fn the_next_five_fridays_and_three_of_every_fourth_are_listed_on_every_day_of_a_year() {
    // Just after midnight of Friday 2026-01-02.
    let start = 1_767_312_010;
    let mut vm = Session::start(project(), Options { genesis_time: start, ..Options::default() }).unwrap();
    let (deployer, registry) = (vm.deployer().unwrap(), vm.contract("policy-registry").unwrap());
    let mut days: Vec<u64> = Vec::new();
    let mut longest = 0;
    for day in 0..366 {
        // Around a Friday's 08:00: the block before it, the block at it, the block after it. Otherwise somewhere.
        let eight = 1_767_312_000 + day * DAY + 28_800;
        if (eight - 115_200).is_multiple_of(WEEK) {
            days.extend([eight - 10, eight, eight + 10]);
        } else {
            days.push(eight - 28_000 + day * 3_610 % 80_000 / 10 * 10);
        }
    }
    days.sort_unstable();
    for time in days {
        vm.advance_to(time).unwrap();
        let now = vm.now().unwrap();
        assert!(now - time < 10, "{time} {now}");
        let expected = listed(now);
        assert_eq!(expected.len(), 8);
        // The last Friday, the listed ones and those just behind each of them; around an expiry also what lies beside.
        let last = 115_200 + (now - 115_200) / WEEK * WEEK;
        let mut asked = vec![last];
        asked.extend(&expected);
        asked.extend(expected.iter().skip(4).map(|at| at + WEEK));
        if now == last {
            asked.extend(expected.iter().flat_map(|at| [at - 1, at + 1, at + DAY]));
            asked.extend([0, 115_199, 115_200]);
        }
        let calls: Vec<String> =
            asked.iter().map(|at| format!("(contract-call? '{registry} is-listed u{at})")).collect();
        let answers = vm.evaluate(deployer, &format!("(list {})", calls.join(" "))).unwrap();
        for (at, answer) in asked.iter().zip(answers.value().unwrap().as_list().unwrap()) {
            assert_eq!(answer.as_bool().unwrap(), expected.contains(at), "{at} at {now}");
        }
        longest = longest.max(expected[7] - now);
    }
    // Beyond every term that a tier may allow, as docs/protocol.md says of far expiries.
    assert!(longest > 16 * 7 * DAY, "{} days", longest / DAY);
    let far = vm.read("policy-registry", "is-listed", &[u(u128::MAX)]).unwrap();
    assert!(!far.value().unwrap().as_bool().unwrap());
}
