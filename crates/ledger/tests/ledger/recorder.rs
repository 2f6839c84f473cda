//! A real life in the VM, from the first call that sets the suite up, written down as a chain.

use bithedge_ledger::{
    BlockHeader, Call, ChainBlock, Identity, Ledger, Print, SuiteTransaction, TransactionOutcome,
};
use bithedge_protocol::{BlockHeight, MicroStx, UnixSeconds};
use bithedge_stacks::client::BlockHash;
use bithedge_stacks::{Address, ChainId, ClarityName, Txid, Value};
use bithedge_suite::setup::hand_over;
use bithedge_suite_world::*;
use bithedge_vm::{Event, Outcome};

use crate::maps;

pub(crate) struct Recorder {
    pub(crate) w: World,
    pub(crate) ledger: Ledger,
    folder: tempfile::TempDir,
    pub(crate) blocks: Vec<ChainBlock>,
    waiting: Vec<SuiteTransaction>,
    waiting_since: u64,
    sent: u64,
    /// What events have named: in all, and in the block in hand.
    pub(crate) known: maps::Known,
    named: maps::Known,
    pub(crate) compared: usize,
}

impl Recorder {
    /// The suite set up from nothing, the balanced tier passing on what does not fit. Every call is in the chain.
    pub(crate) fn new() -> Self {
        let mut w = World::new();
        let (btc, stx) = (w.btc_price, w.stx_price);
        w.vm.reset().unwrap();
        (w.btc_price, w.stx_price) = (btc, stx);
        let folder = tempfile::tempdir().unwrap();
        let identity = Identity { chain: ChainId::TESTNET, genesis: hash(0), deployer: w.deployer };
        let ledger = Ledger::open(&folder.path().join("life"), identity).unwrap();
        for holder in [w.peter, w.irene, w.ivan, w.keeper, w.stranger] {
            w.vm.mint_sbtc(holder, 1_000 * 100_000_000).unwrap();
        }
        let mut recorder = Self {
            w,
            ledger,
            folder,
            blocks: Vec::new(),
            waiting: Vec::new(),
            waiting_since: 0,
            sent: 0,
            known: maps::Known::default(),
            named: maps::Known::default(),
            compared: 0,
        };
        for mut call in recorder.w.setup().calls().unwrap() {
            if call.function == "set-tier" {
                pass_on(&mut call.arguments);
            }
            let deployer = recorder.w.deployer;
            let outcome = recorder.call(deployer, call.contract, call.function, &call.arguments);
            assert!(outcome.ok().is_ok(), "{} {}: {outcome:?}", call.contract, call.function);
        }
        let last = hand_over();
        let deployer = recorder.w.deployer;
        recorder.call(deployer, last.contract, last.function, &[]).ok().unwrap();
        for _ in 0..8 {
            recorder.w.vm.advance_burn(1).unwrap();
            recorder.report();
        }
        recorder
    }

    pub(crate) fn path(&self) -> std::path::PathBuf {
        self.folder.path().join("life")
    }

    /// A call that may be refused: a transaction of the block of its time.
    pub(crate) fn call(
        &mut self,
        sender: Address,
        contract: &str,
        function: &str,
        arguments: &[Value],
    ) -> Outcome {
        let now = self.w.vm.now().unwrap();
        if now != self.waiting_since {
            self.seal();
            self.waiting_since = now;
        }
        let outcome = self.w.vm.call(sender, contract, function, arguments).unwrap();
        let result = outcome.value().unwrap_or_else(|_| panic!("{contract} {function}: {outcome:?}")).clone();
        let success = matches!(result.as_response(), Ok(Ok(_)));
        let prints: Vec<Print> = outcome
            .events
            .iter()
            .zip(0..)
            .filter_map(|(event, index)| match event {
                Event::Print { contract, value } => {
                    Some(Print { contract: contract.clone(), index, value: value.clone() })
                }
                _ => None,
            })
            .collect();
        for print in &prints {
            self.named.note(&print.value);
        }
        self.sent += 1;
        let mut txid = [0; 32];
        txid[24..].copy_from_slice(&self.sent.to_be_bytes());
        self.waiting.push(SuiteTransaction {
            txid: Txid(txid),
            index: u32::try_from(self.waiting.len()).unwrap(),
            sender,
            fee: MicroStx::new(2_000),
            outcome: if success {
                TransactionOutcome::Success
            } else {
                TransactionOutcome::AbortedByResponse
            },
            result,
            call: Some(Call {
                contract: self.w.vm.contract(contract).unwrap(),
                function: function.to_owned(),
                arguments: arguments.to_vec(),
            }),
            prints,
        });
        outcome
    }

    /// Ends the block in hand, applies it, and holds everything against the contracts' maps.
    pub(crate) fn seal(&mut self) {
        if self.waiting.is_empty() {
            return;
        }
        let height = self.blocks.len() as u64 + 1;
        let block = ChainBlock {
            header: BlockHeader {
                height: BlockHeight::new(height),
                hash: hash(height),
                parent: hash(height - 1),
                time: UnixSeconds::new(self.waiting_since),
            },
            transactions: std::mem::take(&mut self.waiting),
        };
        self.ledger.apply(&block).unwrap();
        let anomalies = self.ledger.snapshot().unwrap().anomalies(3).unwrap();
        assert!(anomalies.is_empty(), "block {height}: {anomalies:#?}");
        self.blocks.push(block);
        let named = std::mem::take(&mut self.named);
        self.known.add(&named);
        // After a close, everything: it changes what nobody named.
        let all = named.events.contains("epoch-closed").then(|| self.known.clone());
        self.compared += maps::compare(self, &all.unwrap_or(named));
    }

    pub(crate) fn report(&mut self) {
        let now = u128::from(self.w.vm.now().unwrap());
        for reporter in self.w.reporters {
            let arguments = [u(self.w.btc_price), u(self.w.stx_price), u(now)];
            self.call(reporter, "oracle", "report-prices", &arguments).ok().unwrap();
        }
    }

    pub(crate) fn pool(&mut self, sender: Address, function: &str, arguments: &[Value]) -> Outcome {
        self.call(sender, "liquidity-pool", function, arguments)
    }

    pub(crate) fn registry(&mut self, sender: Address, function: &str, arguments: &[Value]) -> Outcome {
        self.call(sender, "policy-registry", function, arguments)
    }

    pub(crate) fn commit(&mut self, sender: Address, tier: u128, token: &Value, amount: u128) {
        self.pool(sender, "commit-capital", &[u(tier), token.clone(), u(amount)]).ok().unwrap();
    }

    pub(crate) fn buy(
        &mut self,
        buyer: Address,
        token: &Value,
        tier: u128,
        strike: u128,
        expiry: u64,
        size: u128,
    ) -> Outcome {
        let arguments =
            [token.clone(), u(tier), u(PUT), u(strike), u(expiry.into()), u(size), u(1_000_000_000_000_000)];
        self.registry(buyer, "purchase-protection", &arguments)
    }

    /// How many policies there have been.
    pub(crate) fn known_policies(&mut self) -> u128 {
        self.w.read("policy-registry", "get-policy-count", &[]).as_uint().unwrap()
    }

    pub(crate) fn close(&mut self, tier: u128, token: &Value) -> Outcome {
        let keeper = self.w.keeper;
        self.pool(keeper, "close-epoch", &[u(tier), token.clone()])
    }

    pub(crate) fn close_all(&mut self) {
        for tier in [CONSERVATIVE, BALANCED, AGGRESSIVE] {
            for token in [self.w.sbtc.clone(), self.w.stx.clone()] {
                self.close(tier, &token);
            }
        }
    }

    /// A new price, reported until the half-hour average has become it.
    pub(crate) fn move_price(&mut self, btc: u128) {
        self.w.btc_price = btc;
        for _ in 0..5 {
            self.w.vm.advance_burn(1).unwrap();
            self.report();
        }
    }

    pub(crate) fn run_to(&mut self, time: u64) {
        for before in [3_600, 1_800, 1_200, 600] {
            if self.w.vm.now().unwrap() < time - before {
                self.w.vm.advance_to(time - before).unwrap();
                self.report();
            }
        }
        self.w.vm.advance_to(time).unwrap();
        self.report();
    }

    pub(crate) fn next_boundary(&mut self) -> u64 {
        let now = self.w.vm.now().unwrap();
        let next = (now - 28_800) / DAY * DAY + DAY + 28_800;
        self.run_to(next);
        next
    }

    /// Day after day, closing what can be closed, until a boundary.
    pub(crate) fn days_until(&mut self, time: u64) {
        while self.w.vm.now().unwrap() < time {
            self.close_all();
            self.next_boundary();
        }
    }
}

fn hash(height: u64) -> BlockHash {
    let mut hash = [9; 32];
    hash[..8].copy_from_slice(&height.to_be_bytes());
    BlockHash(hash)
}

/// The tier takes what it can and passes the rest on.
fn pass_on(arguments: &mut [Value]) {
    let name = |text| ClarityName::new(text).unwrap();
    if let [Value::UInt(tier), Value::Tuple(terms)] = arguments
        && *tier == BALANCED
    {
        assert!(terms.insert(name("overflow"), Value::ascii("proportional").unwrap()).is_some());
        assert!(terms.insert(name("isolated"), Value::Bool(false)).is_some());
    }
}
