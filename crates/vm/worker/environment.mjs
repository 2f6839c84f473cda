// Where the VM runs: a clock that stands, memory that can be copied, a project in memory. Imported before the VM.

// The VM and its packages print to the console, every event of a contract too. stdout speaks the protocol and nothing
// else, and stderr is kept for what goes wrong.
for (const level of ["log", "info", "warn", "debug"]) console[level] = () => {};

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

/** What the time really is, in seconds since 1970. */
export const realTime = () => SystemDate.now() / 1000;

/** Stops the clock at a time in seconds since 1970. */
export function stopClockAt(seconds) {
  genesisMilliseconds = seconds * 1000;
}

// A finaliser that runs after memory was put back would free what is alive again.
globalThis.FinalizationRegistry = class {
  register() {}
  unregister() {}
};

// The VM's whole state is its linear memory: catch it when the module is instantiated.
let caught;
let table;
const Instance = WebAssembly.Instance;
WebAssembly.Instance = class extends Instance {
  constructor(module, imports) {
    super(module, imports);
    if (this.exports.memory) caught = this.exports.memory;
    if (this.exports.__wbindgen_externrefs) table = this.exports.__wbindgen_externrefs;
  }
};

/** The VM's linear memory. */
export const memory = () => caught.buffer;

/** Makes the memory at least this large. */
export function growMemory(bytes) {
  const missing = bytes - caught.buffer.byteLength;
  if (missing > 0) caught.grow(Math.ceil(missing / 65_536));
}

/** The JavaScript objects that the VM refers to by number. */
export const objects = () => table;

/** The project that a session is started from. It lives in memory, so nothing is written beside the worker. */
function projectFiles(accounts, contracts) {
  const manifest = ["[project]", 'name = "project"', "telemetry = false", 'cache_dir = "./.cache"'];
  const files = new Map();
  for (const contract of contracts) {
    const path = `contracts/${contract.name}.clar`;
    manifest.push(
      `[contracts.${contract.name}]`,
      `path = "${path}"`,
      `clarity_version = ${contract.clarity_version}`,
      `epoch = "${contract.epoch}"`,
    );
    files.set(`/project/${path}`, contract.source);
  }
  manifest.push("[repl.analysis]", "passes = []", "");
  const settings = ["[network]", 'name = "devnet"'];
  for (const account of accounts) {
    settings.push(
      `[accounts.${account.label}]`,
      `mnemonic = "${account.mnemonic}"`,
      `balance = ${account.micro_stx}`,
    );
  }
  const text = settings.join("\n") + "\n";
  return files
    .set("/project/Clarinet.toml", manifest.join("\n"))
    .set("/project/settings/Devnet.toml", text)
    .set("/project/settings/Simnet.toml", text);
}

/** Answers the VM's file requests for a project with these accounts and contracts; what it writes stays in memory. */
export function projectInMemory(accounts, contracts) {
  const files = projectFiles(accounts, contracts);
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
