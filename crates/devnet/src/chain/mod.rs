//! The chain: accounts, mempool, blocks and receipts around the VM, with a node's rules.
//!
//! The VM knows balances, contracts and heights. Nonces, fees, post-conditions and what came of every transaction are
//! kept here. Nothing here touches a disk or a socket.

mod admission;
mod blocks;
mod execution;
mod history;
mod mempool;
mod post_conditions;
mod receipts;

use std::collections::HashMap;
use std::sync::Arc;

use bithedge_stacks::Value;

pub(crate) use admission::Rejection;
pub(crate) use blocks::{Block, Blocks, Run, SECONDS_A_BURN_BLOCK, SECONDS_A_STACKS_BLOCK};
pub(crate) use history::{History, Stretch};
pub(crate) use mempool::{Dropped, Pending};
pub(crate) use receipts::{Receipt, Receipts, Status};

use crate::error::StartError;
use bithedge_vm::steps::{Step, Vm};
use bithedge_vm::{Costs, Tip};
use bithedge_vm::{VmError, interface};
use mempool::{DroppedTransactions, Mempool};

/// The built-in sBTC token's asset identifier.
pub(crate) const SBTC_ASSET: &str = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token::sbtc-token";
/// The built-in sBTC contracts' issuer: a mainnet address that exists on the devnet too.
pub(crate) const SBTC_ISSUER: &str = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4";

/// STX of an account, in micro-STX.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StxBalance {
    /// What it can spend.
    pub(crate) available: u128,
    /// What is locked for stacking.
    pub(crate) locked: u128,
    /// Bitcoin height at which the lock ends.
    pub(crate) unlock_height: u64,
}

/// Why a read-only call gave no value.
#[derive(Debug)]
pub(crate) enum ReadFailure {
    /// It would write, or the function is not read-only.
    NotReadOnly,
    /// It consumed more than a stock node allows.
    OverBudget(Costs),
    /// The contract or the VM refused.
    Refused(String),
}

/// The limits of a stock node's read-only call.
const READ_COUNT_LIMIT: u64 = 100;
const READ_LENGTH_LIMIT: u64 = 200_000;
const READ_RUNTIME_LIMIT: u64 = 1_000_000_000;

/// The state of the chain at its tip.
#[derive(Debug)]
pub(crate) struct Chain {
    vm: Vm,
    /// Where the VM is.
    tip: Tip,
    /// The blocks.
    pub(crate) blocks: Blocks,
    /// What waits.
    pub(crate) mempool: Mempool,
    /// What left the mempool without being mined.
    pub(crate) dropped: DroppedTransactions,
    /// What was mined.
    pub(crate) receipts: Receipts,
    /// How many reorganisations there were.
    pub(crate) fork: u32,
    /// The next nonce by address.
    nonces: HashMap<String, u64>,
    interfaces: HashMap<String, Arc<serde_json::Value>>,
}

impl Chain {
    /// A chain at genesis.
    pub(crate) fn at_genesis(vm: Vm, tip: Tip, clock: u64) -> Self {
        Self {
            vm,
            tip,
            blocks: Blocks::new(clock, tip),
            mempool: Mempool::default(),
            dropped: DroppedTransactions::default(),
            receipts: Receipts::at_genesis(),
            fork: 0,
            nonces: HashMap::new(),
            interfaces: HashMap::new(),
        }
    }

    /// Executes what stands and checks that it gives what was recorded.
    pub(crate) async fn replay(&mut self, history: History) -> Result<(), StartError> {
        self.vm.begin_history();
        for stretch in &history.stretches {
            match &**stretch {
                Stretch::Empty { burn, fork, count } => {
                    let count = u32::try_from(*count).unwrap_or(u32::MAX);
                    let (burn, stacks) = if *burn { (count, 0) } else { (0, count) };
                    self.advance(burn, stacks, *fork).await?;
                }
                Stretch::Block { burn, fork, txs, digest } => {
                    let candidates =
                        txs.iter().map(|(p, mined)| (p.clone(), mined.aborted.clone())).collect();
                    let expected = txs.len();
                    let produced = self.execute_recorded(*burn, *fork, candidates).await?;
                    let height = self.blocks.tip_height();
                    if produced.txs.len() != expected {
                        let what = format!("{} of {expected} transactions were included", produced.txs.len());
                        return Err(StartError::Replay { height, what });
                    }
                    if produced.digest != *digest {
                        let what = "the receipts differ".to_owned();
                        return Err(StartError::Replay { height, what });
                    }
                }
            }
        }
        self.vm.end_history().await?;
        self.mempool = history.mempool;
        self.dropped = history.dropped;
        self.fork = history.fork;
        Ok(())
    }

    /// Mines empty blocks: `burn` Bitcoin blocks each with a Stacks block, then `stacks` Stacks blocks.
    pub(crate) async fn advance(&mut self, burn: u32, stacks: u32, fork: u32) -> Result<(), VmError> {
        for (burn, count) in [(true, burn), (false, stacks)] {
            if count == 0 {
                continue;
            }
            let step = |n: u32| {
                if burn { Step::Advance { burn: n, stacks: 0 } } else { Step::Advance { burn: 0, stacks: n } }
            };
            let first: Tip = self.vm.take(step(1)).await?;
            let mut last = first;
            if count > 1 {
                last = self.vm.take(step(count - 1)).await?;
            }
            let seconds = if burn { SECONDS_A_BURN_BLOCK } else { SECONDS_A_STACKS_BLOCK };
            let expected = Tip {
                stacks_height: first.stacks_height + u64::from(count - 1),
                burn_height: if burn { first.burn_height + u64::from(count - 1) } else { first.burn_height },
                time: first.time + u64::from(count - 1) * seconds,
            };
            if last != expected {
                return Err(VmError::Lost(format!(
                    "after {count} blocks it is at {last:?}, not at {expected:?}"
                )));
            }
            self.push_run(first, u64::from(count), burn, fork, Vec::new());
            self.tip = last;
        }
        Ok(())
    }

    fn push_run(&mut self, first: Tip, count: u64, burn: bool, fork: u32, txids: Vec<[u8; 32]>) {
        self.blocks.push(Run {
            first: first.stacks_height,
            count,
            first_burn: first.burn_height,
            first_time: first.time,
            burn_time_before: self.blocks.tip().burn_time,
            burn,
            fork,
            txids,
        });
    }

    /// The next nonce that an account must use.
    pub(crate) fn nonce(&self, address: &str) -> u64 {
        self.nonces.get(address).copied().unwrap_or(0)
    }

    /// An account's STX.
    pub(crate) async fn stx_balance(&mut self, principal: &str) -> Result<StxBalance, VmError> {
        let code = format!(
            "(let ((account (stx-account '{principal}))) {{ available: (stx-get-balance '{principal}), locked: (get locked account), unlock-height: (get unlock-height account) }})"
        );
        let outcome = self.vm.evaluate(crate::accounts::MINER, &code).await?;
        let unexpected = || VmError::Lost(format!("no balance of {principal}: {:?}", outcome.failed));
        let value =
            outcome.result.as_deref().and_then(|hex| Value::decode_hex(hex).ok()).ok_or_else(unexpected)?;
        let field = |name: &str| match &value {
            Value::Tuple(fields) => match fields.iter().find(|(key, _)| key.as_str() == name) {
                Some((_, Value::UInt(amount))) => Some(*amount),
                _ => None,
            },
            _ => None,
        };
        let (Some(available), Some(locked), Some(unlock)) =
            (field("available"), field("locked"), field("unlock-height"))
        else {
            return Err(unexpected());
        };
        Ok(StxBalance { available, locked, unlock_height: u64::try_from(unlock).unwrap_or(u64::MAX) })
    }

    /// Calls a read-only function within a stock node's limits.
    pub(crate) async fn read(
        &mut self,
        sender: &str,
        contract: &str,
        name: &str,
        args: &[Value],
    ) -> Result<Result<Value, ReadFailure>, VmError> {
        let Some(interface) = self.interface(contract).await? else {
            return Ok(Err(ReadFailure::Refused(format!("NoSuchContract(\"{contract}\")"))));
        };
        let Some(function) =
            interface::function(&interface, name).filter(|function| function.access != "private")
        else {
            return Ok(Err(ReadFailure::Refused(format!("UndefinedFunction(\"{name}\")"))));
        };
        if function.access != "read_only" || function.takes_trait() {
            return Ok(Err(ReadFailure::NotReadOnly));
        }
        if let Err(reason) = function.check(args) {
            return Ok(Err(ReadFailure::Refused(reason)));
        }
        let args: Vec<String> = args.iter().map(Value::encode_hex).collect();
        let outcome = self.vm.read(sender, contract, name, &args).await?;
        if let Some(costs) = outcome.costs {
            if costs.write_count > 0 {
                return Ok(Err(ReadFailure::NotReadOnly));
            }
            if costs.read_count > READ_COUNT_LIMIT
                || costs.read_length > READ_LENGTH_LIMIT
                || costs.runtime > READ_RUNTIME_LIMIT
            {
                return Ok(Err(ReadFailure::OverBudget(costs)));
            }
        }
        match outcome.result {
            Some(hex) => match Value::decode_hex(&hex) {
                Ok(value) => Ok(Ok(value)),
                Err(error) => {
                    Err(VmError::Lost(format!("it answered a value that does not decode: {error}")))
                }
            },
            None => Ok(Err(ReadFailure::Refused(outcome.failed.unwrap_or_default()))),
        }
    }

    /// A contract's interface.
    pub(crate) async fn interface(
        &mut self,
        contract: &str,
    ) -> Result<Option<Arc<serde_json::Value>>, VmError> {
        if let Some(known) = self.interfaces.get(contract) {
            return Ok(Some(Arc::clone(known)));
        }
        let Some(found) = self.vm.interface(contract).await? else { return Ok(None) };
        let found = Arc::new(found);
        self.interfaces.insert(contract.to_owned(), Arc::clone(&found));
        Ok(Some(found))
    }

    /// A contract's source.
    pub(crate) async fn source(&mut self, contract: &str) -> Result<Option<String>, VmError> {
        self.vm.source(contract).await
    }

    /// A data variable's value, consensus-encoded; `None` when there is no such variable.
    pub(crate) async fn variable(&mut self, contract: &str, name: &str) -> Result<Option<String>, VmError> {
        Ok(self.vm.variable(contract, name).await?.result)
    }

    /// A map entry as an optional, consensus-encoded; `None` when there is no such map.
    pub(crate) async fn entry(
        &mut self,
        contract: &str,
        map: &str,
        key: &Value,
    ) -> Result<Option<String>, VmError> {
        let Some(interface) = self.interface(contract).await? else { return Ok(None) };
        let Some(key_type) = interface::map_key(&interface, map) else { return Ok(None) };
        let none = || Value::Optional(None).encode_hex();
        if !interface::admits(key_type, key) {
            return Ok(Some(none()));
        }
        let found = self.vm.entry(contract, map, &key.encode_hex()).await?.result;
        Ok(Some(found.unwrap_or_else(none)))
    }

    /// Whether the VM's process should be started afresh.
    pub(crate) fn is_bloated(&self) -> bool {
        self.vm.is_bloated()
    }

    /// Ends the VM's process.
    pub(crate) async fn stop(self) {
        self.vm.stop().await;
    }
}
