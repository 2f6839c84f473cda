// The devnet's Clarity VM: the official one, compiled to WebAssembly, behind JSON lines on stdin/stdout.
//
// This process knows nothing of transactions, nonces, fees or post-conditions: those are the Rust side's work. It
// executes what it is told, in order, and can copy its whole state aside and back. It links a GPL-3.0 package and is
// therefore a program of its own; nothing of it is part of BitHedge's binary.
//
// One request a line: {"id":1,"op":"…",…}. One answer a line: {"id":1,"ok":…} or {"id":1,"error":"…"}.
// An "error" means that the request itself could not be carried out; a Clarity error is part of an "ok" answer.

import { createInterface } from "node:readline";

const answers = process.stdout;
// The VM and its packages print to the console; stdout speaks the protocol and nothing else.
for (const level of ["log", "info", "warn", "debug"]) console[level] = (...words) => console.error(...words);

// --- The VM reads the clock once, when a session starts. The chain's clock must be the same after every restart. ---
const SystemDate = globalThis.Date;
let genesisMilliseconds = SystemDate.now();
globalThis.Date = class extends SystemDate {
  constructor(...args) {
    if (args.length === 0) super(genesisMilliseconds);
    else super(...args);
  }
  static now() {
    return genesisMilliseconds;
  }
};

// A finaliser that runs after memory was put back would free what is alive again.
globalThis.FinalizationRegistry = class {
  register() {}
  unregister() {}
};

// The VM's whole state is its linear memory: catch it when the module is instantiated.
let memory;
const Instance = WebAssembly.Instance;
WebAssembly.Instance = class extends Instance {
  constructor(module, imports) {
    super(module, imports);
    if (this.exports.memory) memory = this.exports.memory;
  }
};

const { SDK, SDKOptions, CallFnArgs } = await import("@stacks/clarinet-sdk-wasm");

/** The project that the session is started from. It lives in memory, so nothing is written beside the worker. */
function projectFiles(accounts) {
  const manifest = `[project]
name = "devnet"
telemetry = false
cache_dir = "./.cache"
[repl.analysis]
passes = []
`;
  const settings = ["[network]", 'name = "devnet"'];
  for (const account of accounts) {
    settings.push(
      `[accounts.${account.label}]`,
      `mnemonic = "${account.mnemonic}"`,
      `balance = ${account.micro_stx}`,
    );
  }
  const text = settings.join("\n") + "\n";
  return new Map([
    ["/devnet/Clarinet.toml", manifest],
    ["/devnet/settings/Devnet.toml", text],
    ["/devnet/settings/Simnet.toml", text],
  ]);
}

/** Answers the VM's file requests from `files`; what it writes stays there too. */
function memoryFileSystem(files) {
  const path = (name) => name.replace(/\/\.\//g, "/");
  return async (action, data) => {
    switch (action) {
      case "vfs/exists":
        return files.has(path(data.path));
      case "vfs/readFile":
        if (!files.has(path(data.path))) throw new Error(`no such file: ${data.path}`);
        return files.get(path(data.path));
      case "vfs/readFiles":
        return Object.fromEntries(data.paths.filter((p) => files.has(path(p))).map((p) => [p, files.get(path(p))]));
      case "vfs/writeFile":
        files.set(path(data.path), Buffer.from(data.content).toString("utf8"));
        return undefined;
      default:
        throw new Error(`unknown file request: ${action}`);
    }
  };
}

const SBTC = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token.sbtc-token";
const bytes = (hex) => Uint8Array.from(Buffer.from(hex.replace(/^0x/, ""), "hex"));
const message = (error) => (error instanceof Error ? error.message : String(error)).replace(/^error: /, "");

let sdk;
let sender;
/** The state set aside; its buffer is used again, since touching fresh pages costs more than the copy itself. */
let aside;
let interfaces = new Map();
let readsSinceReport = 0;

function tip() {
  return { stacks_height: sdk.stacksBlockHeight, burn_height: sdk.burnBlockHeight, time: Number(sdk.getBlockTime()) };
}

function actAs(principal) {
  if (principal === sender) return;
  const said = sdk.executeCommand(`::set_tx_sender ${principal}`);
  if (!said.startsWith("tx-sender switched")) throw new Error(`cannot act as ${principal}: ${said}`);
  sender = principal;
}

function outcome(run) {
  let answer;
  try {
    answer = run();
  } catch (error) {
    // A panic leaves the VM in an unknown state: it is not an answer of a contract.
    if (error instanceof WebAssembly.RuntimeError) throw error;
    return { failed: message(error) };
  }
  return { result: answer.result, events: JSON.parse(answer.events).map((event) => JSON.parse(event)) };
}

const operations = {
  async init({ genesis_time, accounts }) {
    genesisMilliseconds = genesis_time * 1000;
    sdk = new SDK(memoryFileSystem(projectFiles(accounts)), new SDKOptions(true, false));
    await sdk.initSession("/devnet", "./Clarinet.toml", undefined);
    sdk.setEpoch("4.0");
    for (const { address, sats } of accounts) {
      if (BigInt(sats) > 0n) sdk.mintFT(SBTC, address, BigInt(sats));
    }
    sender = undefined;
    return { ...tip(), epoch: sdk.currentEpoch, memory_bytes: memory.buffer.byteLength };
  },

  tip,

  /** Mines empty blocks: `burn` Bitcoin blocks (each with a Stacks block), or `stacks` Stacks blocks. */
  advance({ burn = 0, stacks = 0 }) {
    if (burn > 0) sdk.mineEmptyBurnBlocks(burn);
    if (stacks > 0) sdk.mineEmptyStacksBlocks(stacks);
    return tip();
  },

  /** Evaluates one expression as `sender`, in the block that is the tip now. */
  execute({ sender: principal, code }) {
    actAs(principal);
    return outcome(() => sdk.execute(code));
  },

  /** Deploys a contract in a block of its own (the VM offers no other way). */
  deploy({ sender: principal, name, source, clarity_version }) {
    interfaces = new Map();
    let results;
    const answer = outcome(() => {
      results = sdk.mineBlock([
        { deployContract: { sender: principal, name, content: source, options: { clarityVersion: clarity_version } } },
      ]);
      return results[0] instanceof Map ? Object.fromEntries(results[0]) : results[0];
    });
    return { ...answer, ...tip() };
  },

  /** A read-only call, with what it cost. */
  read({ sender: principal, contract, name, args }) {
    readsSinceReport += 1;
    if (readsSinceReport >= 2000) {
      // The VM keeps a record of every call's cost until it is asked for them.
      sdk.collectReport(false, "");
      readsSinceReport = 0;
    }
    try {
      const answer = sdk.callReadOnlyFn(new CallFnArgs(contract, name, args.map(bytes), principal));
      return { result: answer.result, costs: JSON.parse(answer.costs)?.total ?? null };
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) throw error;
      return { failed: message(error) };
    }
  },

  variable({ contract, name }) {
    try {
      return { result: sdk.getDataVar(contract, name) };
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) throw error;
      return { failed: message(error) };
    }
  },

  entry({ contract, name, key }) {
    try {
      return { result: sdk.getMapEntry(contract, name, bytes(key)) };
    } catch (error) {
      if (error instanceof WebAssembly.RuntimeError) throw error;
      return { failed: message(error) };
    }
  },

  interface({ contract }) {
    if (interfaces.size === 0) interfaces = sdk.getContractsInterfaces();
    return { interface: interfaces.get(contract) ?? null };
  },

  source({ contract }) {
    return { source: sdk.getContractSource(contract) ?? null };
  },

  /** Copies the VM's state aside. */
  snapshot() {
    const state = new Uint8Array(memory.buffer);
    if (aside === undefined || aside.byteLength < state.byteLength) aside = new Uint8Array(state.byteLength);
    aside.set(state);
    aside.used = state.byteLength;
    aside.sender = sender;
    return { memory_bytes: state.byteLength };
  },

  /** Puts back what `snapshot` copied. */
  restore() {
    if (aside === undefined) throw new Error("nothing was set aside");
    new Uint8Array(memory.buffer).set(aside.subarray(0, aside.used));
    sender = aside.sender;
    interfaces = new Map();
    return { ...tip(), memory_bytes: memory.buffer.byteLength };
  },
};

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
  answers.write(JSON.stringify(answer, json) + "\n");
}
