// What only tests of contracts do with the VM: they start afresh, mint, and ask for costs, assets and coverage.

import { pathToFileURL } from "node:url";

import { addRecords, takeRecords } from "./coverage.mjs";
import { memory } from "./environment.mjs";
import { takeState, writeState } from "./images.mjs";
import { attempt, begin, callArguments, mintSbtc, onReport, operations as chain, session, takeReport, tip } from "./chain.mjs";

/** Who issued the contracts that are built into the VM: the network itself, on mainnet and on test networks, and sBTC. */
const BUILT_IN = new Set([
  "SP000000000000000000002Q6VF78",
  "ST000000000000000000002AMW42H",
  "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4",
]);

onReport((report) => addRecords(report.coverage));

export const operations = {
  /** Back to the state in which every contract stands and nothing was called. */
  async reset() {
    takeReport();
    return await begin();
  },

  mint({ address, micro_stx = "0", sats = "0" }) {
    if (BigInt(micro_stx) > 0n) session.sdk.mintSTX(address, BigInt(micro_stx));
    if (BigInt(sats) > 0n) mintSbtc(address, sats);
    return {};
  },

  /** A public call with what it cost; it is made in a Stacks block of its own. */
  call_with_costs({ sender, contract, name, args }) {
    return attempt(() => {
      const answer = session.sdk.callPublicFn(callArguments(contract, name, args, sender));
      return {
        result: answer.result,
        events: JSON.parse(answer.events).map((event) => JSON.parse(event)),
        costs: JSON.parse(answer.costs)?.total ?? null,
      };
    });
  },

  assets() {
    return Object.fromEntries(
      [...session.sdk.getAssetsMap()].map(([asset, owners]) => [
        asset,
        Object.fromEntries([...owners].map(([owner, amount]) => [owner, amount.toString()])),
      ]),
    );
  },

  /** The interfaces of the contracts that are not built into the VM. */
  interfaces() {
    const all = [...session.sdk.getContractsInterfaces()];
    return Object.fromEntries(all.filter(([contract]) => !BUILT_IN.has(contract.split(".")[0])));
  },

  /** Many data variables at once. */
  variables({ names }) {
    return { values: names.map(([contract, name]) => session.sdk.getDataVar(contract, name)) };
  },

  memory() {
    return { memory_bytes: memory().byteLength };
  },

  /** What was covered since the last time this was asked, as lcov, one record a file. */
  coverage() {
    takeReport();
    return { lcov: takeRecords() };
  },

  // A report that lies in the memory would be lost, or counted twice, when the memory is put back.
  snapshot(request) {
    takeReport();
    return chain.snapshot(request);
  },

  restore(request) {
    takeReport();
    return chain.restore(request);
  },

  /** Writes the whole state to a file, for another process. */
  save({ path }) {
    takeReport();
    writeState(pathToFileURL(path), { pointer: session.sdk.__wbg_ptr, sender: session.sender });
    return {};
  },

  /** Goes on from what `save` wrote. */
  load({ path }) {
    takeReport();
    const facts = takeState(pathToFileURL(path));
    session.sdk.__wbg_ptr = facts.pointer;
    session.sender = facts.sender;
    session.interfaces = new Map();
    return tip();
  },
};
