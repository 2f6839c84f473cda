// How many contract calls are built and signed in a second, on one core, as one line of JSON. The counterpart of
// examples/sign_bench.rs.
import { Cl, Pc, PostConditionMode, makeContractCall } from '@stacks/transactions';

const DURATION_MS = 2000;
const issuer = 'ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM';
const postConditions = [
  Pc.origin().willSendLte(12000).ft('SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token', 'sbtc-token'),
];

async function sign(nonce) {
  const transaction = await makeContractCall({
    contractAddress: issuer,
    contractName: 'pool',
    functionName: 'purchase',
    functionArgs: [
      Cl.uint(nonce),
      Cl.address(issuer),
      Cl.tuple({ strike: Cl.uint(60_000_000_000n), memo: Cl.some(Cl.buffer(new Uint8Array(20).fill(7))) }),
    ],
    senderKey: '753b7cc01a1a2e86221266a154af739463fce51219d97e4f856cd7200c3bd2a601',
    network: 'testnet',
    nonce,
    fee: 1000,
    postConditions,
    postConditionMode: PostConditionMode.Deny,
  });
  return { bytes: transaction.serializeBytes(), txid: transaction.txid() };
}

const { txid } = await sign(0);
// Let the engine compile what it wants to compile.
for (let n = 0; n < 50; n++) await sign(n);
const start = performance.now();
let count = 0;
while (performance.now() - start < DURATION_MS) await sign(++count);
const perSecond = (count * 1000) / (performance.now() - start);
console.log(JSON.stringify({
  library: '@stacks/transactions', signings_per_second: Math.round(perSecond), first_txid: `0x${txid}`,
}));
