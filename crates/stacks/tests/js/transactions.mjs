import {
  AddressHashMode, Cl, ClarityVersion, FungibleConditionCode, NonFungibleConditionCode, PostConditionMode,
  PostConditionPrincipalId, PostConditionType, PoxConditionCode, StacksTransactionWire, StacksWireType,
  createAddress, createAsset, createCoinbasePayload, createContractCallPayload, createLPList,
  createLPString, createMultiSigSpendingCondition, createNakamotoCoinbasePayload, createSingleSigSpendingCondition,
  createSmartContractPayload, createSponsoredAuth, createStandardAuth, createTenureChangePayload,
  createTokenTransferPayload, emptyMessageSignature, privateKeyToPublic,
} from '@stacks/transactions';
import { address, name, randomValue } from './values.mjs';

const SEQUENTIAL = [AddressHashMode.P2SH, AddressHashMode.P2WSH];
const SINGLE = [AddressHashMode.P2PKH, AddressHashMode.P2WPKH];
const isSingle = condition => SINGLE.includes(condition.hashMode);

// Signs one account's part. Each step is a key that signs, or the public key of somebody who does not.
function signCondition(transaction, role, sighash, steps) {
  const condition = role === 'origin' ? transaction.auth.spendingCondition : transaction.auth.sponsorSpendingCondition;
  if (isSingle(condition)) condition.signature = emptyMessageSignature();
  else condition.fields = [];
  let current = sighash;
  for (const step of steps) {
    if (step.key) {
      const next = role === 'origin'
        ? transaction.signNextOrigin(current, step.key)
        : transaction.signNextSponsor(current, step.key);
      if (isSingle(condition) || SEQUENTIAL.includes(condition.hashMode)) current = next;
    } else {
      // Only origins have a method for it.
      transaction.appendPubkey(step.public);
    }
  }
}

// Removes all signatures and makes them again.
export function signAfresh(transaction, origin, sponsor) {
  const sponsorCondition = transaction.auth.sponsorSpendingCondition;
  signCondition(transaction, 'origin', transaction.signBegin(), origin);
  if (sponsor) {
    transaction.setSponsor(sponsorCondition);
    signCondition(transaction, 'sponsor', transaction.verifyOrigin(), sponsor);
  }
}

function privateKey(random, compressed) {
  // Not zero, and below the order of the curve.
  return '01' + random.hex(31) + (compressed ? '01' : '');
}

function account(random, modes) {
  const hashMode = random.pick(modes);
  const segwit = [AddressHashMode.P2WPKH, AddressHashMode.P2WSH, AddressHashMode.P2WSHNonSequential].includes(hashMode);
  const nonce = random.integer(64);
  const fee = random.integer(64);
  const newKey = () => privateKey(random, segwit || !random.chance(4));
  if (SINGLE.includes(hashMode)) {
    const key = newKey();
    return { condition: createSingleSigSpendingCondition(hashMode, privateKeyToPublic(key), nonce, fee), steps: [{ key }] };
  }
  const keys = Array.from({ length: 1 + random.below(5) }, newKey);
  const required = 1 + random.below(keys.length);
  const publicKeys = keys.map(privateKeyToPublic);
  const condition = createMultiSigSpendingCondition(hashMode, required, publicKeys, nonce, fee);
  let missing = required;
  const steps = keys.map((key, n) => {
    const signs = missing > 0 && (keys.length - n <= missing || random.chance(2));
    if (signs) missing--;
    return signs ? { key } : { public: publicKeys[n] };
  });
  return { condition, steps };
}

function conditionPrincipal(random) {
  const type = StacksWireType.Principal;
  switch (random.below(3)) {
    case 0: return { type, prefix: PostConditionPrincipalId.Origin };
    case 1: return { type, prefix: PostConditionPrincipalId.Standard, address: createAddress(address(random)) };
    default:
      return {
        type,
        prefix: PostConditionPrincipalId.Contract,
        address: createAddress(address(random)),
        contractName: createLPString(name(random)),
      };
  }
}

const numbers = enumeration => Object.values(enumeration).filter(value => typeof value === 'number');

function postCondition(random) {
  const type = StacksWireType.PostCondition;
  const conditionType = random.pick(numbers(PostConditionType));
  const principal = conditionPrincipal(random);
  const asset = () => createAsset(address(random), name(random), name(random));
  const fungible = () => ({
    conditionCode: random.pick(numbers(FungibleConditionCode)),
    amount: random.integer(64),
  });
  switch (conditionType) {
    case PostConditionType.STX:
    case PostConditionType.Staking:
      return { type, conditionType, principal, ...fungible() };
    case PostConditionType.Fungible:
      return { type, conditionType, principal, asset: asset(), ...fungible() };
    case PostConditionType.NonFungible:
      return {
        type, conditionType, principal, asset: asset(),
        assetName: randomValue(random, 2),
        conditionCode: random.pick(numbers(NonFungibleConditionCode)),
      };
    case PostConditionType.PoX:
      return { type, conditionType, principal, conditionCode: random.pick(numbers(PoxConditionCode)) };
  }
}

const principal = random =>
  random.chance(2) ? Cl.address(address(random)) : Cl.contractPrincipal(address(random), name(random));

function payload(random) {
  switch (random.below(11)) {
    case 0: case 1:
      return createTokenTransferPayload(principal(random), random.integer(64), random.text([...'memo é'], random.below(17)));
    case 2: case 3: case 4:
      return createContractCallPayload(address(random), name(random), name(random),
        Array.from({ length: random.below(5) }, () => randomValue(random, 3)));
    case 5:
      return createSmartContractPayload(name(random), `(define-constant a ${random.next()})\n\t;; ~`);
    case 6: case 7:
      return createSmartContractPayload(name(random), `(print u${random.next()})`, random.pick(numbers(ClarityVersion)));
    case 8:
      return createCoinbasePayload(random.bytes(32), random.chance(2) ? principal(random) : undefined);
    case 9:
      return createNakamotoCoinbasePayload(random.bytes(32),
        random.chance(2) ? Cl.some(principal(random)) : Cl.none(), random.bytes(80));
    default:
      return createTenureChangePayload(random.hex(20), random.hex(20), random.hex(20), random.hex(32),
        random.below(2 ** 32), random.below(7), random.hex(20));
  }
}

export function randomTransaction(random) {
  const origin = account(random, Object.values(AddressHashMode).filter(value => typeof value === 'number'));
  // This client cannot add a sponsor's public keys without signatures: its sponsors are of one key, or all of them sign.
  const sponsor = random.chance(3) ? account(random, SINGLE) : undefined;
  const transaction = new StacksTransactionWire({
    payload: payload(random),
    auth: sponsor ? createSponsoredAuth(origin.condition) : createStandardAuth(origin.condition),
    postConditions: createLPList(Array.from({ length: random.below(4) }, () => postCondition(random))),
    postConditionMode: random.pick(numbers(PostConditionMode)),
    transactionVersion: random.pick([0x00, 0x80]),
    chainId: random.chance(2) ? random.pick([1, 0x80000000]) : random.below(2 ** 32),
  });
  // Coinbases have to be anchored on chain.
  transaction.anchorMode = 1 + random.below([4, 5, 8].includes(transaction.payload.payloadType) ? 1 : 3);
  if (sponsor) transaction.setSponsor(sponsor.condition);
  signAfresh(transaction, origin.steps, sponsor?.steps);
  return { transaction, origin: origin.steps, sponsor: sponsor?.steps ?? null };
}

