// The official JavaScript client as one end of a comparison: a JSON request per line on stdin, a JSON answer per line on
// stdout. What it generates depends on the seed alone.
import { createInterface } from 'node:readline';
import { deserializeCV, deserializeTransaction, getAddressFromPrivateKey, serializeCV } from '@stacks/transactions';
import { generateNewAccount, generateWallet, randomSeedPhrase } from '@stacks/wallet-sdk';
import { Random } from './random.mjs';
import { describe, randomValue } from './values.mjs';
import { randomTransaction, signAfresh } from './transactions.mjs';

const operations = {
  // Reads values, says what they are, and writes them again.
  values: ({ items }) =>
    items.map(hex => {
      const value = deserializeCV(hex);
      return { hex: serializeCV(value), described: describe(value) };
    }),

  'generate-values': ({ seed, count }) => {
    const random = new Random(seed);
    return Array.from({ length: count }, () => {
      const value = randomValue(random);
      return { hex: serializeCV(value), described: describe(value) };
    });
  },

  // Reads transactions, writes them again, and signs them from scratch with the same keys.
  transactions: ({ items }) =>
    items.map(({ hex, origin, sponsor }) => {
      const transaction = deserializeTransaction(hex);
      const written = transaction.serialize();
      const txid = transaction.txid();
      signAfresh(transaction, origin, sponsor);
      return { hex: written, txid, resigned: transaction.serialize() };
    }),

  'generate-transactions': ({ seed, count }) => {
    const random = new Random(seed);
    return Array.from({ length: count }, () => {
      const { transaction, origin, sponsor } = randomTransaction(random);
      return { hex: transaction.serialize(), txid: transaction.txid(), origin, sponsor };
    });
  },

  // Wallets from fresh mnemonics: 24 words and 12 words in turn, with the key and addresses of the first two accounts.
  wallets: async ({ count }) => {
    const wallets = [];
    for (let n = 0; n < count; n++) {
      const mnemonic = randomSeedPhrase(n % 2 === 0 ? 256 : 128);
      wallets.push({ mnemonic, accounts: await accountsOf(mnemonic) });
    }
    return wallets;
  },

  'wallets-of': async ({ items }) => Promise.all(items.map(accountsOf)),
};

async function accountsOf(mnemonic) {
  const wallet = generateNewAccount(await generateWallet({ secretKey: mnemonic, password: 'x' }));
  return wallet.accounts.map(({ stxPrivateKey }) => ({
    key: stxPrivateKey,
    mainnet: getAddressFromPrivateKey(stxPrivateKey, 'mainnet'),
    testnet: getAddressFromPrivateKey(stxPrivateKey, 'testnet'),
  }));
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const request = JSON.parse(line);
    answer = { ok: await operations[request.operation](request) };
  } catch (error) {
    answer = { error: String(error?.stack ?? error) };
  }
  process.stdout.write(JSON.stringify(answer) + '\n');
}
