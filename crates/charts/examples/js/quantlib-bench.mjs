// Prices the book of examples/redraw_bench.rs with QuantLib's translation into JavaScript, by its own interface: the line that
// the example printed is read from a file. Prints one line of JSON.
//
//   node quantlib-bench.mjs FILE
import { readFile } from 'node:fs/promises';
import {
  Actual365Fixed, AnalyticEuropeanEngine, BlackConstantVol, BlackScholesMertonProcess, DateExt, EuropeanExercise,
  EuropeanOption, FlatForward, Handle, NullCalendar, Option, PlainVanillaPayoff, Settings, SimpleQuote, blackFormula1,
} from '@quantlib/ql';

// As many as in examples/redraw_bench.rs.
const PASSES = 3000;

const library = JSON.parse(await readFile(new URL('node_modules/@quantlib/ql/package.json', import.meta.url)));
const { spot_e8: spotE8, days, book } = JSON.parse(await readFile(process.argv[2]));
const spot = spotE8 / 1e8;
const strike = (entry) => entry.strike_e8 / 1e8;
const volatility = (entry) => entry.volatility_ppm / 1e6;

const today = DateExt.UTC('2026-01-06');
Settings.evaluationDate.set(today);
const year = new Actual365Fixed();
const expiry = DateExt.add(today, days);
const noRate = new Handle(new FlatForward().ffInit2(today, 0, year));
const quote = new SimpleQuote(spot);
// Everything that stays the same from one price to the next is made beforehand.
const options = book.map((entry) => {
  const smile = new Handle(new BlackConstantVol().bcvInit1(today, new NullCalendar(), volatility(entry), year));
  const process = new BlackScholesMertonProcess(new Handle(quote), noRate, noRate, smile);
  const option = new EuropeanOption(
    new PlainVanillaPayoff(Option.Type.Put, strike(entry)), new EuropeanExercise(expiry),
  );
  option.setPricingEngine(new AnalyticEuropeanEngine().init1(process));
  return option;
});
const deviations = book.map((entry) => volatility(entry) * Math.sqrt(days / 365));

// The nanoseconds of a price in each of the passes, after others.
function samples(run) {
  let sum = 0;
  for (let index = 0; index < PASSES / 4; index++) sum += run(index);
  const times = [];
  for (let index = 0; index < PASSES; index++) {
    const start = process.hrtime.bigint();
    sum += run(index);
    times.push(Math.round(Number(process.hrtime.bigint() - start) / book.length));
  }
  if (!Number.isFinite(sum)) throw new Error('a price is no number');
  return times;
}

const prices = options.map((option) => option.NPV());
// A new spot each time: without one the options would give what they have already computed.
const put = samples((index) => {
  quote.setValue(spot + (index % 7) + 1);
  return options.reduce((sum, option) => sum + option.NPV(), 0);
});
const formula = samples((index) => {
  const forward = spot + (index % 7) + 1;
  return book.reduce(
    (sum, entry, at) => sum + blackFormula1(Option.Type.Put, strike(entry), forward, deviations[at]), 0,
  );
});
console.log(JSON.stringify({
  library: `${library.name} ${library.version}`, put_ns: put, formula_ns: formula, prices,
}));
