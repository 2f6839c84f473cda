// Runs a WebAssembly module of examples/redraw_bench_wasm.rs and prints what examples/redraw_bench.rs prints: the times of a
// put price and of a redraw, as one line of JSON, or with `transcript` everything that was computed.
//
//   node redraw-bench.mjs MODULE.wasm [transcript]
import { readFile } from 'node:fs/promises';

// The same numbers as in examples/redraw_bench.rs.
const PASSES = 3000;
const SWEEPS = 4;
const NONE = 2n ** 64n - 1n;

const [path, what] = process.argv.slice(2);
const module = await WebAssembly.compile(await readFile(path));
// Nothing that is measured may need the page: whatever the module still imports is an error as soon as it is called.
const imports = {};
for (const { module: from, name } of WebAssembly.Module.imports(module)) {
  (imports[from] ??= {})[name] = () => { throw new Error(`the module calls ${from}.${name}`); };
}
const { exports } = await WebAssembly.instantiate(module, imports);

function value(found) {
  const unsigned = BigInt.asUintN(64, found);
  if (unsigned === NONE) throw new Error('something could not be computed');
  return unsigned;
}

// The nanoseconds of each of `count` runs, after `warmUp` others, and the sum of what they gave.
function samples(count, warmUp, run) {
  for (let index = 0; index < warmUp; index++) value(run(index));
  const times = [];
  let sum = 0n;
  for (let index = 0; index < count; index++) {
    const start = process.hrtime.bigint();
    const found = run(index);
    times.push(Number(process.hrtime.bigint() - start));
    sum = BigInt.asUintN(64, sum + value(found));
  }
  return { times, sum };
}

if (what === 'transcript') {
  const start = exports.transcript();
  const bytes = new Uint8Array(exports.memory.buffer, start, exports.transcript_length());
  process.stdout.write(bytes);
} else {
  const length = exports.book_length();
  const put = samples(PASSES, PASSES / 4, () => exports.price_book());
  const places = exports.places();
  const redraw = samples(SWEEPS * places, places, (index) => exports.redraw(index % places));
  console.log(JSON.stringify({
    put_ns: put.times.map((time) => Math.round(time / length)),
    redraw_ns: redraw.times,
    checksum: `${redraw.sum}`,
  }));
}
