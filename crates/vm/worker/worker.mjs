// BitHedge's Clarity VM: the official one, compiled to WebAssembly, behind JSON lines on stdin/stdout.
//
// This process knows nothing of transactions, nonces, fees or post-conditions: those are the devnet's work. It executes
// what it is told, in order, and can copy its whole state aside and back. It links a GPL-3.0 package and is therefore a
// program of its own; nothing of it is part of BitHedge's binary.
//
// One request a line: {"id":1,"op":"…",…}. One answer a line: {"id":1,"ok":…} or {"id":1,"error":"…"}.
// An "error" means that the request itself could not be carried out; a Clarity error is part of an "ok" answer.
//
// `node worker.mjs` serves the devnet; `node worker.mjs --contract-tests` also knows what only tests of contracts need.

import { createInterface } from "node:readline";

import { message, operations as chain } from "./chain.mjs";

const operations = { ...chain };
if (process.argv.includes("--contract-tests")) {
  Object.assign(operations, (await import("./contract-tests.mjs")).operations);
}

function json(_key, value) {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Map) return Object.fromEntries(value);
  return value;
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
  if (line.trim() === "") continue;
  let answer;
  let id = null;
  try {
    const request = JSON.parse(line);
    id = request.id;
    const operation = operations[request.op];
    if (!operation) throw new Error(`unknown operation: ${request.op}`);
    answer = { id, ok: await operation(request) };
  } catch (error) {
    answer = { id, error: message(error) };
  }
  process.stdout.write(JSON.stringify(answer, json) + "\n");
}
