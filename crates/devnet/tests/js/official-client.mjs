// What a developer does with the official client, against the devnet at argv[2]. Every step asserts what it sees; the
// exit code tells, and the last line lists the steps.

import assert from "node:assert/strict";
import { generateWallet } from "@stacks/wallet-sdk";
import * as tx from "@stacks/transactions";

const url = process.argv[2];
const network = { ...(await import("@stacks/network")).STACKS_DEVNET, client: { baseUrl: url } };
const client = { baseUrl: url };
const mnemonic =
  "sell invite acquire kitten bamboo drastic jelly vivid peace spawn twice guilt pave pen trash pretty park cube fragile unaware remain midnight betray rebuild";
const wallet = await generateWallet({ secretKey: mnemonic, password: "only a test" });
const senderKey = wallet.accounts[0].stxPrivateKey;
const sender = tx.getAddressFromPrivateKey(senderKey, "testnet");
const recipient = "ST2CY5V39NHDPWSXMW9QDT3HC3GD6Q6XX4CFRK9AG";
const steps = [];

const json = async (path, body) => {
  const response = await fetch(url + path, body && { method: "POST", body: JSON.stringify(body) });
  assert.ok(response.ok, `${path}: ${response.status}`);
  return response.json();
};
async function settle(transaction) {
  const answer = await tx.broadcastTransaction({ transaction, network, client });
  assert.ok(!answer.error, JSON.stringify(answer));
  assert.equal(answer.txid, transaction.txid());
  await json("/devnet/mine", { blocks: 1 });
  return json(`/extended/v1/tx/0x${answer.txid}`);
}
async function step(name, run) {
  await run();
  steps.push(name);
}

await step("nonce lookup", async () => {
  assert.equal(await tx.fetchNonce({ address: sender, network, client }), 0n);
});

await step("transfer, fee and nonce looked up by the client", async () => {
  const transfer = await tx.makeSTXTokenTransfer({ recipient, amount: 12_345n, senderKey, network, client, memo: "hi" });
  assert.ok(transfer.auth.spendingCondition.fee > 0n, "a fee was estimated");
  const receipt = await settle(transfer);
  assert.equal(receipt.tx_status, "success");
  assert.equal(receipt.token_transfer.amount, "12345");
  assert.equal(receipt.events[0].asset.recipient, recipient);
  assert.equal(await tx.fetchNonce({ address: sender, network, client }), 1n);
});

const codeBody = `
(define-data-var total uint u0)
(define-read-only (get-total) (var-get total))
(define-read-only (greet (name (string-utf8 20))) (ok { text: (concat u"hello " name), who: tx-sender }))
(define-public (add (amount uint))
  (begin (var-set total (+ (var-get total) amount)) (print { added: amount }) (ok (var-get total))))
(define-public (pay (amount uint)) (stx-transfer? amount tx-sender '${recipient}))`;

await step("deploy", async () => {
  const deploy = await tx.makeContractDeploy({ contractName: "adder", codeBody, clarityVersion: 4, senderKey, network, client });
  const receipt = await settle(deploy);
  assert.equal(receipt.tx_status, "success");
  const contract = await tx.fetchAbi({ contractAddress: sender, contractName: "adder", network, client });
  assert.ok(contract.functions.some((f) => f.name === "add" && f.access === "public"));
});

await step("contract call, arguments validated against the fetched interface", async () => {
  const call = await tx.makeContractCall({
    contractAddress: sender, contractName: "adder", functionName: "add", functionArgs: [tx.uintCV(7)],
    senderKey, network, client, validateWithAbi: true, postConditionMode: tx.PostConditionMode.Deny,
  });
  const receipt = await settle(call);
  assert.equal(receipt.tx_status, "success");
  assert.equal(receipt.tx_result.repr, "(ok u7)");
});

await step("post-conditions", async () => {
  const pay = (amount, allowed) =>
    tx.makeContractCall({
      contractAddress: sender, contractName: "adder", functionName: "pay", functionArgs: [tx.uintCV(amount)],
      senderKey, network, client, postConditions: [tx.Pc.principal(sender).willSendLte(allowed).ustx()],
    });
  assert.equal((await settle(await pay(50, 50))).tx_status, "success");
  assert.equal((await settle(await pay(51, 50))).tx_status, "abort_by_post_condition");
});

await step("read-only call", async () => {
  const read = (functionName, functionArgs) =>
    tx.fetchCallReadOnlyFunction({
      contractAddress: sender, contractName: "adder", functionName, functionArgs, senderAddress: sender, network, client,
    });
  assert.equal(tx.cvToString(await read("get-total", [])), "u7");
  const greeting = tx.cvToValue(await read("greet", [tx.stringUtf8CV("Peter")])).value;
  assert.equal(greeting.text.value, "hello Peter");
  assert.equal(greeting.who.value, sender);
  await assert.rejects(read("add", [tx.uintCV(1)]), /NotReadOnly/);
});

await step("map entry of a built-in contract and its source", async () => {
  const source = await json("/v2/contracts/source/SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4/sbtc-token?proof=0");
  assert.match(source.source, /define-fungible-token sbtc-token/);
});

await step("sponsored call", async () => {
  const sponsored = await tx.makeContractCall({
    contractAddress: sender, contractName: "adder", functionName: "add", functionArgs: [tx.uintCV(1)],
    senderKey, network, client, sponsored: true, fee: 0,
  });
  const other = await generateWallet({
    secretKey:
      "hold excess usual excess ring elephant install account glad dry fragile donkey gaze humble truck breeze nation gasp vacuum limb head keep delay hospital",
    password: "only a test",
  });
  const transaction = await tx.sponsorTransaction({
    transaction: sponsored, sponsorPrivateKey: other.accounts[0].stxPrivateKey, network, client, fee: 5_000,
  });
  const before = await json(`/v2/accounts/${sender}?proof=0`);
  const receipt = await settle(transaction);
  assert.equal(receipt.tx_status, "success");
  assert.equal(receipt.sponsor_address, recipient);
  const after = await json(`/v2/accounts/${sender}?proof=0`);
  assert.equal(after.balance, before.balance, "the sponsor paid");
  assert.equal(after.nonce, before.nonce + 1);
});

await step("multi-signature transfer", async () => {
  const keys = ["11", "22", "33"].map((byte) => byte.repeat(32) + "01");
  const publicKeys = keys.map((key) => tx.privateKeyToPublic(key));
  const address = tx.addressFromPublicKeys(
    tx.AddressVersion.TestnetMultiSig, tx.AddressHashMode.P2SH, 2, publicKeys.map((key) => tx.createStacksPublicKey?.(key) ?? key),
  );
  const from = typeof address === "string" ? address : tx.addressToString(address);
  await json("/devnet/faucet/stx", { address: from, amount: 1_000_000 });
  const transfer = await tx.makeSTXTokenTransfer({
    recipient, amount: 1000n, fee: 2000n, nonce: 0n, network, client, memo: "two of three",
    numSignatures: 2, publicKeys, signerKeys: keys.slice(0, 2), useNonSequentialMultiSig: false,
  });
  assert.equal((await settle(transfer)).tx_status, "success");
});

await step("a rejection as the client reports it", async () => {
  const transaction = await tx.makeSTXTokenTransfer({ recipient, amount: 1n, senderKey, network, client, fee: 5000n, nonce: 0n });
  const answer = await tx.broadcastTransaction({ transaction, network, client });
  assert.equal(answer.error, "transaction rejected");
  assert.equal(answer.reason, "BadNonce");
  assert.equal(answer.reason_data.is_origin, true);
});

console.log(JSON.stringify(steps));
