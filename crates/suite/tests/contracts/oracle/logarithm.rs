//! The oracle's own logarithm.

use super::*;

/// Makes the private function callable.
const DOOR: &str = "\n(define-read-only (ln-of (a uint) (b uint)) (ln a b))\n";
/// Prices are below this.
const MOST: u128 = 100_000_000_000_000_000;

#[test]
fn it_is_right_to_two_units_in_the_twelfth_decimal_for_all_prices() {
    let plain = project(CONTRACTS);
    let source = plain.contracts().iter().find(|one| one.name.as_str() == ORACLE).unwrap().source.clone();
    let opened = plain.replace(ORACLE, source + DOOR).unwrap();
    let mut s = Session::start(opened, Options::default()).unwrap();
    let mut pairs = vec![(1, 1), (MOST, MOST), (MOST - 1, 1), (MOST - 1, MOST - 2), (2, 1), (3, 2)];
    // Around each place where the power of two changes: sqrt 2 times a power.
    for power in 0..40_u32 {
        let turn = (1_u128 << power) * 1_414_213_562;
        pairs.extend([turn - 1, turn, turn + 1].map(|a| (a.min(MOST - 1), 1_000_000_000)));
    }
    let mut random = fastrand::Rng::with_seed(365);
    for _ in 0..2_000 {
        let b = 10_u128.pow(random.u32(0..17)) + random.u128(0..1_000);
        // Mostly moves of some per cent, as prices make them.
        let a = if random.u8(0..4) > 0 {
            b + b * random.u128(0..300_000) / 1_000_000
        } else {
            random.u128(b..MOST)
        };
        pairs.push((a, b));
    }
    let mut worst: f64 = 0.0;
    for (a, b) in pairs.into_iter().filter(|(a, b)| a >= b) {
        let found = get(&mut s, "ln-of", &[u(a), u(b)]).as_uint().unwrap();
        // Near 1 the quotient in floating point has fewer digits than the difference.
        let exact = if a < 2 * b { ((a - b) as f64 / b as f64).ln_1p() } else { (a as f64 / b as f64).ln() };
        let off = (found as f64 - exact * 1e12).abs();
        worst = worst.max(off);
        assert!(off <= 2.0, "ln({a} / {b}): {found}, not {:.3}", exact * 1e12);
    }
    println!("at most {worst:.3}e-12 off");
}
