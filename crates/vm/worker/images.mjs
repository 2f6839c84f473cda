// The VM's memory after a project was deployed, kept as a file: the next session of the same project starts from there.
//
// Deploying takes seconds of computation, reading it back a part of one. A file is named by everything that goes into the
// deployment, so it never has to be found out of date. What JavaScript objects the VM refers to is not in its memory; they
// are numbered in a table, and a file is used only if the same numbers stand for the same kinds of objects.

import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { deflateRawSync, inflateRawSync } from "node:zlib";

import { growMemory, memory, objects, realTime } from "./environment.mjs";

const folder = new URL("./node_modules/.cache/vm-images/", import.meta.url);
/** Some 40 MB each. */
const KEPT = 48;

/** The name of a deployment's file. */
function nameOf(request) {
  const hash = createHash("sha256");
  for (const file of ["environment.mjs", "chain.mjs", "images.mjs", "package-lock.json"]) {
    hash.update(readFileSync(new URL(file, import.meta.url)));
  }
  const { id, ...deployment } = request;
  return hash.update(JSON.stringify(deployment)).digest("hex");
}

/** What stands in the table: texts, which can be put there again, and the kinds of everything else. */
function table() {
  const texts = [];
  const kinds = [];
  const all = objects();
  for (let index = 0; index < all.length; index += 1) {
    const object = all.get(index);
    if (typeof object === "string") texts.push([index, object]);
    else if (object !== null && typeof object === "object") kinds.push([index, object.constructor.name]);
    else if (typeof object === "function") kinds.push([index, "function"]);
  }
  return { texts, kinds };
}

/** Keeps the memory as it is now, and what goes with it. Where that is impossible, the next session takes longer. */
export function keepImage(request, facts) {
  try {
    write(nameOf(request), facts);
  } catch {
    return;
  }
}

/** Writes the memory as it is now to a file, whole or not at all. */
export function writeState(file, facts) {
  const { texts, kinds } = table();
  const state = deflateRawSync(new Uint8Array(memory()), { level: 1 });
  const head = Buffer.from(JSON.stringify({ ...facts, texts, kinds, bytes: memory().byteLength }) + "\n");
  const unfinished = new URL(`${file.href}.${process.pid}`);
  writeFileSync(unfinished, Buffer.concat([head, state]));
  renameSync(unfinished, file);
}

function write(name, facts) {
  mkdirSync(folder, { recursive: true });
  writeState(new URL(name, folder), facts);
  const age = (file) => statSync(new URL(file, folder), { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const files = readdirSync(folder).sort((a, b) => age(b) - age(a));
  for (const old of files.slice(KEPT)) rmSync(new URL(old, folder), { force: true });
}

/** Puts a kept memory in place. Returns what was kept with it, or nothing if there is none that fits. */
export async function takeImage(request, sdk) {
  const image = read(request);
  if (image === undefined) return undefined;
  // An attempt that ends at the first file makes the objects that a deployment leaves behind.
  await sdk.initSession("/nowhere", "./Clarinet.toml", undefined).catch(() => {});
  return putInPlace(image);
}

/** Puts a state into the memory; nothing if its objects are not those of this process. */
function putInPlace({ texts, kinds, state, facts }) {
  const here = new Map(table().kinds);
  if (!kinds.every(([index, kind]) => here.get(index) === kind)) return undefined;
  growMemory(state.length);
  new Uint8Array(memory()).set(state);
  for (const [index, text] of texts) objects().set(index, text);
  return facts;
}

/** Puts a state that `writeState` wrote into the memory of a session that was started for the same project. */
export function takeState(file) {
  const facts = putInPlace(readState(file));
  if (facts === undefined) throw new Error("the state belongs to another version of the VM");
  return facts;
}

function readState(url) {
  const file = readFileSync(url);
  const end = file.indexOf("\n");
  const { texts, kinds, bytes, ...facts } = JSON.parse(file.subarray(0, end).toString());
  const state = inflateRawSync(file.subarray(end + 1), { maxOutputLength: bytes });
  if (state.length !== bytes) throw new Error("the state is cut short");
  return { texts, kinds, state, facts };
}

function read(request) {
  try {
    const url = new URL(nameOf(request), folder);
    const image = readState(url);
    utimesSync(url, realTime(), realTime());
    return image;
  } catch {
    // There is none, or it is broken.
    return undefined;
  }
}
