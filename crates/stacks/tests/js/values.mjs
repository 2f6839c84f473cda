import { Cl, ClarityType, addressFromVersionHash, addressToString } from '@stacks/transactions';

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz'];
const NAME = [...LETTERS, ...'0123456789-'];
const ASCII = Array.from({ length: 95 }, (_, n) => String.fromCharCode(32 + n));
const UTF8 = [...ASCII, 'é', 'ß', '中', '\u{1F600}', '\n', '\u0000', '\u{10FFFF}'];

export const name = random => random.pick(LETTERS) + random.text(NAME, random.below(12));

export const address = (random, versions = [22, 20, 26, 21]) =>
  addressToString(addressFromVersionHash(random.pick(versions), random.chance(20) ? '00'.repeat(20) : random.hex(20)));

const leaves = ['int', 'uint', 'bool', 'buffer', 'ascii', 'utf8', 'principal', 'contract'];

// A type first, and then values of it: lists hold one type only.
function randomType(random, depth) {
  if (depth === 0 || random.chance(2)) return { kind: random.pick(leaves) };
  const inner = () => randomType(random, depth - 1);
  switch (random.pick(['optional', 'ok', 'err', 'list', 'tuple'])) {
    case 'optional': return { kind: 'optional', inner: inner() };
    case 'ok': return { kind: 'ok', inner: inner() };
    case 'err': return { kind: 'err', inner: inner() };
    case 'list': return { kind: 'list', inner: inner() };
    default:
      return { kind: 'tuple', fields: Array.from({ length: 1 + random.below(5) }, () => [name(random), inner()]) };
  }
}

function valueOf(random, type) {
  switch (type.kind) {
    case 'int': return Cl.int(BigInt.asIntN(128, random.integer(128)));
    case 'uint': return Cl.uint(random.integer(128));
    case 'bool': return Cl.bool(random.chance(2));
    case 'buffer': return Cl.buffer(random.bytes(random.below(40)));
    case 'ascii': return Cl.stringAscii(random.text(ASCII, random.below(20)));
    case 'utf8': return Cl.stringUtf8(random.text(UTF8, random.below(20)));
    case 'principal': return Cl.address(address(random));
    case 'contract': return Cl.contractPrincipal(address(random), name(random));
    case 'optional': return random.chance(3) ? Cl.none() : Cl.some(valueOf(random, type.inner));
    case 'ok': return Cl.ok(valueOf(random, type.inner));
    case 'err': return Cl.error(valueOf(random, type.inner));
    case 'list': return Cl.list(Array.from({ length: random.below(5) }, () => valueOf(random, type.inner)));
    case 'tuple': return Cl.tuple(Object.fromEntries(type.fields.map(([key, inner]) => [key, valueOf(random, inner)])));
  }
}

export const randomValue = (random, depth = 5) => valueOf(random, randomType(random, depth));

const hex = text => Buffer.from(text, 'utf8').toString('hex');

// One unambiguous text per value, which the Rust side writes independently.
export function describe(value) {
  switch (value.type) {
    case ClarityType.Int: return `i${value.value}`;
    case ClarityType.UInt: return `u${value.value}`;
    case ClarityType.BoolTrue: return 'true';
    case ClarityType.BoolFalse: return 'false';
    case ClarityType.Buffer: return `b${value.value}`;
    case ClarityType.StringASCII: return `a${hex(value.value)}`;
    case ClarityType.StringUTF8: return `t${hex(value.value)}`;
    case ClarityType.PrincipalStandard: return `p${value.value}`;
    case ClarityType.PrincipalContract: return `p${value.value}`;
    case ClarityType.OptionalNone: return 'none';
    case ClarityType.OptionalSome: return `some(${describe(value.value)})`;
    case ClarityType.ResponseOk: return `ok(${describe(value.value)})`;
    case ClarityType.ResponseErr: return `err(${describe(value.value)})`;
    case ClarityType.List: return `[${value.value.map(describe).join(',')}]`;
    case ClarityType.Tuple: {
      const fields = Object.entries(value.value).sort(([a], [b]) => (a < b ? -1 : 1));
      return `{${fields.map(([key, field]) => `${key}:${describe(field)}`).join(',')}}`;
    }
  }
}
