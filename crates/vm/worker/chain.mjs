// What the devnet and the contract tests both do with the VM.

import { memory, projectInMemory, stopClockAt } from "./environment.mjs";
import { keepImage, takeImage } from "./images.mjs";

// After the environment is prepared.
const { SDK, SDKOptions, CallFnArgs } = await import("@stacks/clarinet-sdk-wasm");

const SBTC = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token.sbtc-token";
const bytes = (hex) => Uint8Array.from(Buffer.from(hex.replace(/^0x/, ""), "hex"));
export const message = (error) => (error instanceof Error ? error.message : String(error)).replace(/^error: /, "");

/** The running session: the VM's handle, what it was started with, and who acts. */
export const session = { sdk: undefined, accounts: [], sender: undefined, interfaces: new Map() };

/** States set aside, by name; a buffer is used again, since touching fresh pages costs more than the copy itself. */
const aside = new Map();
let callsSinceReport = 0;
/** Whether a project has been deployed. */
let started = false;

/** The VM keeps a record of every call's cost and coverage until it is asked for them; here nobody asks. */
let drain = () => session.sdk.collectReport(false, "");

/** Sets what is done with the VM's report when it is taken. */
export function onReport(take) {
  drain = () => take(session.sdk.collectReport(false, ""));
}

/** Takes the VM's report, so that a state put back or started afresh neither loses nor repeats a part of it. */
export const takeReport = () => drain();

/** Called with every call: the VM's record of them must not grow for ever. */
function countCall() {
  callsSinceReport += 1;
  if (callsSinceReport >= 500) {
    drain();
    callsSinceReport = 0;
  }
}

/** Arguments of a call in the VM's form. */
export function callArguments(contract, name, args, sender) {
  countCall();
  return new CallFnArgs(contract, name, args.map(bytes), sender);
}

/** Runs what a contract can make fail. A panic leaves the VM in an unknown state: it is not an answer of a contract. */
export function attempt(run) {
  try {
    return run();
  } catch (error) {
    if (error instanceof WebAssembly.RuntimeError) throw error;
    return { failed: message(error) };
  }
}

/** A transaction's value and events. */
export function outcome(run) {
  return attempt(() => {
    const answer = run();
    return { result: answer.result, events: JSON.parse(answer.events).map((event) => JSON.parse(event)) };
  });
}

export function tip() {
  const { sdk } = session;
  return { stacks_height: sdk.stacksBlockHeight, burn_height: sdk.burnBlockHeight, time: Number(sdk.getBlockTime()) };
}

/** The state as it is when every contract stands: again and again the same. */
export async function begin() {
  const { sdk, accounts } = session;
  await sdk.initSession("/project", "./Clarinet.toml", undefined);
  sdk.setEpoch("4.0");
  for (const { address, sats } of accounts) {
    if (BigInt(sats) > 0n) mintSbtc(address, sats);
  }
  session.sender = undefined;
  session.interfaces = new Map();
  return { ...tip(), epoch: sdk.currentEpoch, memory_bytes: memory().byteLength };
}

export function mintSbtc(address, sats) {
  session.sdk.mintFT(SBTC, address, BigInt(sats));
}

function actAs(principal) {
  if (principal === session.sender) return;
  const said = session.sdk.executeCommand(`::set_tx_sender ${principal}`);
  if (!said.startsWith("tx-sender switched")) throw new Error(`cannot act as ${principal}: ${said}`);
  session.sender = principal;
}

export const operations = {
  async init(request) {
    const { genesis_time, accounts, contracts = [], costs = true, coverage = false, images = false } = request;
    stopClockAt(genesis_time);
    session.sdk = new SDK(projectInMemory(accounts, contracts), new SDKOptions(costs, coverage));
    session.accounts = accounts;
    // Only the first deployment of a process finds the memory in the state in which an image was made.
    const first = images && !started;
    started = true;
    const kept = first ? await takeImage(request, session.sdk) : undefined;
    if (kept !== undefined) {
      session.sdk.__wbg_ptr = kept.pointer;
      session.sender = undefined;
      session.interfaces = new Map();
      return kept.answer;
    }
    const answer = await begin();
    if (first) keepImage(request, { pointer: session.sdk.__wbg_ptr, answer });
    return answer;
  },

  tip,

  /** Mines empty blocks: `burn` Bitcoin blocks (each with a Stacks block), or `stacks` Stacks blocks. */
  advance({ burn = 0, stacks = 0 }) {
    if (burn > 0) session.sdk.mineEmptyBurnBlocks(burn);
    if (stacks > 0) session.sdk.mineEmptyStacksBlocks(stacks);
    return tip();
  },

  /** Evaluates one expression as `sender`, in the block that is the tip now. */
  execute({ sender, code }) {
    countCall();
    actAs(sender);
    return outcome(() => session.sdk.execute(code));
  },

  /** Deploys a contract in a block of its own (the VM offers no other way). */
  deploy({ sender, name, source, clarity_version }) {
    session.interfaces = new Map();
    const answer = outcome(() => {
      const results = session.sdk.mineBlock([
        { deployContract: { sender, name, content: source, options: { clarityVersion: clarity_version } } },
      ]);
      return results[0] instanceof Map ? Object.fromEntries(results[0]) : results[0];
    });
    return { ...answer, ...tip() };
  },

  /** A read-only call, with what it cost. */
  read({ sender, contract, name, args }) {
    return attempt(() => {
      const answer = session.sdk.callReadOnlyFn(callArguments(contract, name, args, sender));
      return { result: answer.result, costs: JSON.parse(answer.costs)?.total ?? null };
    });
  },

  variable({ contract, name }) {
    return attempt(() => ({ result: session.sdk.getDataVar(contract, name) }));
  },

  entry({ contract, name, key }) {
    return attempt(() => ({ result: session.sdk.getMapEntry(contract, name, bytes(key)) }));
  },

  interface({ contract }) {
    if (session.interfaces.size === 0) session.interfaces = session.sdk.getContractsInterfaces();
    return { interface: session.interfaces.get(contract) ?? null };
  },

  source({ contract }) {
    return { source: session.sdk.getContractSource(contract) ?? null };
  },

  /** Copies the VM's state aside, under a name. */
  snapshot({ slot = "" }) {
    const state = new Uint8Array(memory());
    let copy = aside.get(slot);
    if (copy === undefined || copy.buffer.byteLength < state.byteLength) {
      copy = { buffer: new Uint8Array(state.byteLength) };
      aside.set(slot, copy);
    }
    copy.buffer.set(state);
    copy.used = state.byteLength;
    copy.sender = session.sender;
    return { memory_bytes: state.byteLength };
  },

  /** Puts back what `snapshot` copied. */
  restore({ slot = "" }) {
    const copy = aside.get(slot);
    if (copy === undefined) throw new Error(slot === "" ? "nothing was set aside" : `nothing was set aside as ${slot}`);
    new Uint8Array(memory()).set(copy.buffer.subarray(0, copy.used));
    session.sender = copy.sender;
    session.interfaces = new Map();
    return { ...tip(), memory_bytes: memory().byteLength };
  },

  /** Forgets what `snapshot` copied. */
  forget({ slot = "" }) {
    return { forgotten: aside.delete(slot) };
  },
};
