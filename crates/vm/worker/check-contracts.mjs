// Loads a Clarinet project into the VM and fails on every diagnostic: `node check-contracts.mjs PATH/Clarinet.toml`.
// Nothing is written to the project's folder.

import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";

const manifest = resolve(process.argv[2] ?? "Clarinet.toml");
const diagnostics = [];
for (const level of ["log", "info", "warn", "error"]) {
  console[level] = (...words) => diagnostics.push(words.join(" "));
}

const files = async (action, data) => {
  switch (action) {
    case "vfs/exists":
      return existsSync(data.path);
    case "vfs/readFile":
      return readFileSync(data.path, "utf8");
    case "vfs/readFiles":
      return Object.fromEntries(data.paths.map((path) => [path, readFileSync(path, "utf8")]));
    default:
      return undefined;
  }
};

const { SDK, SDKOptions } = await import("@stacks/clarinet-sdk-wasm");
const sdk = new SDK(files, new SDKOptions(false, false));
let loaded = [];
try {
  await sdk.initSession(dirname(manifest), `./${basename(manifest)}`, undefined);
  const declared = [...readFileSync(manifest, "utf8").matchAll(/^\[contracts\.([^\]]+)\]/gm)].map((found) => found[1]);
  loaded = [...sdk.getContractsInterfaces().keys()].filter((id) => id.startsWith(`${sdk.deployer}.`));
  for (const name of declared) {
    if (!loaded.includes(`${sdk.deployer}.${name}`)) diagnostics.push(`${name} was not deployed`);
  }
} catch (error) {
  diagnostics.push(error instanceof Error ? error.message : String(error));
}
const said = diagnostics.filter((line) => line.trim() !== "" && !line.startsWith("Updated deployment plan file"));
for (const line of said) process.stderr.write(`${line}\n`);
if (said.length === 0) process.stdout.write(`${loaded.length} contract(s) load without a diagnostic\n`);
process.exitCode = said.length === 0 ? 0 : 1;
