//! `option-math`: the same bits as its Rust twin for any input, the same refusals, and what a call consumes.

use std::time::Instant;

use bithedge_protocol::math::{
    FixedE12, MAX_EXPONENT, MAX_PRICE, MAX_TERM, MAX_VOLATILITY, MathError, SeriesEntry, call_price, exp, ln,
    mark_series, normal_cdf, put_price,
};
use bithedge_protocol::{Ppm, Seconds, UsdE8, UsdE12};
use bithedge_stacks::Value;
use bithedge_vm::{Options, Session};

use super::support::{project, session};

const CONTRACT: &str = "option-math";
/// As many as `mark-series` takes, and so as many as one request to the VM carries.
const BATCH: usize = 64;
// 102,400 inputs in all. A list costs the VM a quarter of what as many single calls do.
const SERIES_BATCHES: usize = 1_400;
const SINGLE_BATCHES: usize = 100;
const FUNCTION_BATCHES: usize = 20;

/// Calls the contract for a whole list in one request, which is far quicker than a request for each.
const BATCH_CALLER: &str = "
(define-private (prices (entry {spot: uint, strike: uint, volatility: uint, seconds: uint}))
  (let ((spot (get spot entry)) (strike (get strike entry)) (volatility (get volatility entry)) (seconds (get seconds entry)))
    {put: (contract-call? .option-math put-price spot strike volatility seconds),
     call: (contract-call? .option-math call-price spot strike volatility seconds)}))
(define-private (functions (x int))
  {ln: (contract-call? .option-math ln (if (< x 0) (to-uint (- (+ x 1))) (to-uint x))),
   exp: (contract-call? .option-math exp x),
   normal-cdf: (contract-call? .option-math normal-cdf x)})
(define-read-only (price-all (entries (list 64 {spot: uint, strike: uint, volatility: uint, seconds: uint})))
  (map prices entries))
(define-read-only (apply-all (arguments (list 64 int)))
  (map functions arguments))
";

/// What the contract answers where the twin gives this.
fn as_response(result: Result<UsdE12, MathError>) -> Value {
    match result {
        Ok(price) => Value::ok(Value::UInt(price.base_units())),
        Err(error) => refusal(error),
    }
}

fn refusal(error: MathError) -> Value {
    Value::err(Value::UInt(u128::from(error.contract_code())))
}

fn tuple<const N: usize>(fields: [(&str, u128); N]) -> Value {
    Value::tuple(fields.map(|(name, value)| (name.parse().unwrap(), Value::UInt(value))))
}

/// Random inputs of every size, the edges of what is permitted, and, one time in `one_in`, what is not.
struct Inputs {
    random: fastrand::Rng,
    one_in: usize,
}

impl Inputs {
    /// Half as a market has it, half of any magnitude.
    fn within(&mut self, market: std::ops::Range<u128>, limit: u128) -> u128 {
        if self.random.usize(..self.one_in) == 0 {
            let outside = [limit + 1, u128::MAX, 1 << 127, self.random.u128(limit + 1..)];
            return *self.random.choice(&outside).unwrap();
        }
        match self.random.u32(..10) {
            0..5 => self.random.u128(market),
            5..9 => self.random.u128(1..=limit) >> self.random.u32(..=limit.ilog2()),
            _ => *self.random.choice(&[0, 1, 2, limit - 1, limit]).unwrap(),
        }
    }

    fn price(&mut self) -> u128 {
        self.within(1_000_000_000_000..50_000_000_000_000, MAX_PRICE.base_units())
    }

    /// Half of the strikes near the spot, where the price is neither nothing nor the difference.
    fn strike(&mut self, spot: u128) -> u128 {
        let near = spot / 2..spot.saturating_add(spot / 2).saturating_add(1);
        if self.random.bool() && near.end <= MAX_PRICE.base_units() {
            self.random.u128(near)
        } else {
            self.price()
        }
    }

    fn volatility(&mut self) -> u128 {
        self.within(100_000..2_500_000, MAX_VOLATILITY.base_units())
    }

    fn seconds(&mut self) -> u128 {
        self.within(60..31_536_000, u128::from(MAX_TERM.get()))
    }

    /// An argument of the functions at scale 1e12: of any magnitude, or where they change from one rule to another.
    fn argument(&mut self) -> i128 {
        const ONE: i128 = 1_000_000_000_000;
        let edges = [
            0,
            MAX_EXPONENT.units(),
            -28 * ONE,
            9 * ONE,
            -9 * ONE,
            ONE,
            1_000_000 * ONE,
            346_573_590_279,
            707_106_781_186,
            i128::MAX,
            i128::MIN,
        ];
        match self.random.u32(..10) {
            0..6 => self.random.i128(-45 * ONE..45 * ONE),
            6..9 => self.random.i128(..) >> self.random.u32(..127),
            _ => self.random.choice(&edges).unwrap().saturating_add(self.random.i128(-1..=1)),
        }
    }
}

/// The twin's price; a term that it cannot even hold is out of range.
fn twin(
    price_of: fn(UsdE8, UsdE8, Ppm, Seconds) -> Result<UsdE12, MathError>,
    [spot, strike, volatility, seconds]: [u128; 4],
) -> Result<UsdE12, MathError> {
    let seconds = u64::try_from(seconds).map_err(|_| MathError::InputOutOfRange)?;
    price_of(UsdE8::new(spot), UsdE8::new(strike), Ppm::new(volatility), Seconds::new(seconds))
}

/// Lists of 64 by `mark-series`; says how many entries were priced.
fn compare_series(session: &mut Session, inputs: &mut Inputs) -> usize {
    let mut priced = 0;
    for _ in 0..SERIES_BATCHES {
        // One wrong entry refuses the whole list: few of them.
        inputs.one_in = 20 * BATCH;
        let (spot, seconds) = (inputs.price(), inputs.seconds());
        let entries: Vec<(u128, u128)> =
            (0..BATCH).map(|_| (inputs.strike(spot), inputs.volatility())).collect();
        let list = Value::list(
            entries.iter().map(|(strike, vol)| tuple([("strike", *strike), ("volatility", *vol)])),
        );
        let answer = session.read(CONTRACT, "mark-series", &[Value::UInt(spot), Value::UInt(seconds), list]);
        let entries: Vec<SeriesEntry> = entries
            .into_iter()
            .map(|(strike, volatility)| SeriesEntry {
                strike: UsdE8::new(strike),
                volatility: Ppm::new(volatility),
            })
            .collect();
        let expected = u64::try_from(seconds)
            .map_err(|_| MathError::InputOutOfRange)
            .and_then(|seconds| mark_series(UsdE8::new(spot), Seconds::new(seconds), &entries));
        let expected = match expected {
            Ok(marks) => {
                priced += marks.len();
                Value::ok(Value::list(marks.iter().map(|mark| Value::UInt(mark.base_units()))))
            }
            Err(error) => refusal(error),
        };
        assert_eq!(answer.unwrap().value().unwrap(), &expected, "spot {spot}, {seconds} s, {entries:?}");
    }
    priced
}

/// Puts and calls one by one; says how many were priced.
fn compare_prices(session: &mut Session, inputs: &mut Inputs) -> usize {
    let mut priced = 0;
    for _ in 0..SINGLE_BATCHES {
        inputs.one_in = 20;
        let batch: Vec<[u128; 4]> = (0..BATCH)
            .map(|_| {
                let spot = inputs.price();
                [spot, inputs.strike(spot), inputs.volatility(), inputs.seconds()]
            })
            .collect();
        let list = Value::list(batch.iter().map(|[spot, strike, volatility, seconds]| {
            tuple([("spot", *spot), ("strike", *strike), ("volatility", *volatility), ("seconds", *seconds)])
        }));
        let answer = session.read("batch-caller", "price-all", &[list]).unwrap();
        let answers = answer.value().unwrap().as_list().unwrap();
        assert_eq!(answers.len(), BATCH);
        for (input, answer) in batch.into_iter().zip(answers) {
            let (put, call) = (twin(put_price, input), twin(call_price, input));
            priced += usize::from(put.is_ok()) + usize::from(call.is_ok());
            assert_eq!(answer.field("put").unwrap(), &as_response(put), "put of {input:?}");
            assert_eq!(answer.field("call").unwrap(), &as_response(call), "call of {input:?}");
        }
    }
    priced
}

/// The three functions.
fn compare_functions(session: &mut Session, inputs: &mut Inputs) {
    for _ in 0..FUNCTION_BATCHES {
        let batch: Vec<i128> = (0..BATCH).map(|_| inputs.argument()).collect();
        let list = Value::list(batch.iter().map(|x| Value::Int(*x)));
        let answer = session.read("batch-caller", "apply-all", &[list]).unwrap();
        for (x, answer) in batch.into_iter().zip(answer.value().unwrap().as_list().unwrap()) {
            let positive = if x < 0 { !x } else { x }.cast_unsigned();
            let logarithm = match ln(positive) {
                Ok(value) => Value::ok(Value::Int(value.units())),
                Err(error) => refusal(error),
            };
            let power = match exp(FixedE12::new(x)) {
                Ok(value) => Value::ok(Value::UInt(value)),
                Err(error) => refusal(error),
            };
            assert_eq!(answer.field("ln").unwrap(), &logarithm, "ln {positive}");
            assert_eq!(answer.field("exp").unwrap(), &power, "exp {x}");
            let probability = Value::UInt(normal_cdf(FixedE12::new(x)));
            assert_eq!(answer.field("normal-cdf").unwrap(), &probability, "N({x})");
        }
    }
}

#[test]
fn the_contract_and_its_rust_twin_agree_to_the_last_bit() {
    let project = project(&[CONTRACT]).with("batch-caller", BATCH_CALLER).unwrap();
    let mut session = Session::start(project, Options::default()).unwrap();
    let mut inputs = Inputs { random: fastrand::Rng::with_seed(20_260_101), one_in: 20 };
    let start = Instant::now();
    let in_series = compare_series(&mut session, &mut inputs);
    println!("{SERIES_BATCHES} lists of {BATCH}, {in_series} priced: {:?}", start.elapsed());
    let start = Instant::now();
    let alone = compare_prices(&mut session, &mut inputs);
    println!("{} puts and calls, {alone} priced: {:?}", SINGLE_BATCHES * BATCH * 2, start.elapsed());
    let start = Instant::now();
    compare_functions(&mut session, &mut inputs);
    println!("{} arguments of three functions: {:?}", FUNCTION_BATCHES * BATCH, start.elapsed());
    // Refusals are compared too, but they do not count.
    assert!(in_series > 75_000 && alone > 9_000, "{in_series} and {alone}");
}

#[test]
fn an_option_is_refused_outside_the_bounds_with_the_documented_code() {
    let mut session = session(&[CONTRACT]);
    let deployer = session.deployer().unwrap();
    let (spot, strike, vol, term) = (6_000_000_000_000, 5_000_000_000_000, 600_000, 2_592_000);
    let max_price = MAX_PRICE.base_units();
    let max_vol = MAX_VOLATILITY.base_units();
    let max_term = u128::from(MAX_TERM.get());
    let refused = [
        [0, strike, vol, term],
        [max_price + 1, strike, vol, term],
        [spot, max_price + 1, vol, term],
        [spot, strike, max_vol + 1, term],
        [spot, strike, vol, max_term + 1],
        [u128::MAX; 4],
        [u128::MAX, 0, 0, 0],
    ];
    for function in ["put-price", "call-price"] {
        for inputs in refused {
            let outcome = session.read(CONTRACT, function, &inputs.map(Value::UInt)).unwrap();
            assert_eq!(outcome.err_code().unwrap(), 1_040_003, "{function} {inputs:?}");
        }
        let edge = [max_price, max_price, max_vol, max_term].map(Value::UInt);
        assert!(session.read(CONTRACT, function, &edge).unwrap().ok().is_ok());
    }
    for [spot, strike, vol, term] in refused {
        let code = format!(
            "(contract-call? .option-math mark-series u{spot} u{term} (list {{strike: u1, volatility: u1}} {{strike: u{strike}, volatility: u{vol}}}))"
        );
        assert_eq!(session.evaluate(deployer, &code).unwrap().err_code().unwrap(), 1_040_003, "{code}");
    }
    assert_eq!(session.read(CONTRACT, "ln", &[Value::UInt(0)]).unwrap().err_code().unwrap(), 1_040_001);
    let too_large = Value::Int(MAX_EXPONENT.units() + 1);
    assert_eq!(session.read(CONTRACT, "exp", &[too_large]).unwrap().err_code().unwrap(), 1_040_002);
}

#[test]
fn a_price_and_a_full_list_cost_less_than_the_design_allows() {
    let options = Options { costs: true, ..Options::default() };
    let mut session = Session::start(project(&[CONTRACT]), options).unwrap();
    let spot = Value::UInt(6_000_000_000_000);
    let term = Value::UInt(2_592_000);
    let inputs = [spot.clone(), Value::UInt(5_000_000_000_000), Value::UInt(600_000), term.clone()];
    let put = session.read(CONTRACT, "put-price", &inputs).unwrap().costs.unwrap();
    // 64 strikes from 50 to 113 % of spot: no entry is so far out that part of the work is skipped.
    let entries = (0..64_u128).map(|n| {
        tuple([("strike", 3_000_000_000_000 + n * 60_000_000_000), ("volatility", 500_000 + n * 7_000)])
    });
    let list = Value::list(entries);
    let series = session.read(CONTRACT, "mark-series", &[spot, term, list]).unwrap().costs.unwrap();
    println!("put-price: {put:?}");
    println!("mark-series: {series:?}");
    assert!(put.runtime <= 100_000, "{put:?}");
    assert!(series.runtime <= 6_000_000, "{series:?}");
    // Nothing but the contract itself is read, and nothing is written.
    for costs in [put, series] {
        assert!(costs.read_length < 10_240 && costs.write_count == 0, "{costs:?}");
    }
}
