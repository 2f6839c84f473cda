//! Looking at the whole state, and putting it aside and back.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bithedge_stacks::{MicroStx, Principal, Value};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};

use super::outcome::decode;
use super::{Session, SessionError, name};
use crate::wire::Memory;

/// Who holds how much of what: by asset (`STX`, or the contract and the token, `….name.token`; built-in contracts without
/// their address), then by holder, in the asset's smallest unit.
pub type Assets = BTreeMap<String, BTreeMap<String, u128>>;

/// Contracts' interfaces, by identifier.
pub type Interfaces = BTreeMap<String, serde_json::Value>;

/// What an account holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balances {
    /// STX that are not locked.
    pub stx: MicroStx,
    /// sBTC that can be spent, in satoshis.
    pub sats: u128,
}

/// A map's entry that the fingerprint takes in.
#[derive(Debug, Clone)]
pub(super) struct WatchedEntry {
    contract: String,
    map: String,
    key: Value,
}

#[derive(Deserialize)]
struct Values {
    values: Vec<String>,
}

impl Session {
    /// What somebody holds, as the contracts see it.
    ///
    /// # Errors
    /// [`SessionError`]: the process failed.
    pub fn balances(&mut self, owner: &Principal) -> Result<Balances, SessionError> {
        let code = format!(
            "{{ stx: (stx-get-balance '{owner}), sbtc: (contract-call? \
             'SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token get-balance-available '{owner}) }}"
        );
        let outcome = self.evaluate(self.deployer()?, &code)?;
        let unreadable = || SessionError::Unreadable(format!("balances of {owner}: {:?}", outcome.result));
        let value = outcome.result.as_ref().map_err(|_| unreadable())?;
        let number = |value: &Value| value.as_uint().map_err(|_| unreadable());
        let stx = number(value.field("stx").map_err(|_| unreadable())?)?;
        let sbtc = value.field("sbtc").and_then(Value::as_response).map_err(|_| unreadable())?;
        Ok(Balances {
            stx: MicroStx::new(u64::try_from(stx).map_err(|_| unreadable())?),
            sats: number(sbtc.map_err(|_| unreadable())?)?,
        })
    }

    /// Everything that anybody holds, as the VM keeps account of it; amounts of zero are left out.
    ///
    /// # Errors
    /// [`SessionError`]: the process failed.
    pub fn assets(&mut self) -> Result<Assets, SessionError> {
        let raw: BTreeMap<String, BTreeMap<String, String>> =
            self.request(json!({ "op": "assets" }), "assets")?;
        let mut assets = Assets::new();
        for (asset, owners) in raw {
            for (owner, amount) in owners {
                let read: u128 =
                    amount.parse().map_err(|_| SessionError::Unreadable(format!("{amount:?} of {asset}")))?;
                if read > 0 {
                    assets.entry(asset.clone()).or_default().insert(owner, read);
                }
            }
        }
        Ok(assets)
    }

    /// The interfaces of the contracts that are not built into the VM, by identifier, as the VM describes them:
    /// `functions`, `variables` (constants too), `maps`, `fungible_tokens`, `non_fungible_tokens`. The VM describes no
    /// contract that consists of a single expression.
    ///
    /// # Errors
    /// [`SessionError`]: the process failed.
    pub fn interfaces(&mut self) -> Result<Interfaces, SessionError> {
        self.known_interfaces().cloned()
    }

    pub(super) fn known_interfaces(&mut self) -> Result<&Interfaces, SessionError> {
        let known = match self.interfaces.take() {
            Some(known) => known,
            None => self.request(json!({ "op": "interfaces" }), "interfaces")?,
        };
        Ok(self.interfaces.insert(known))
    }

    /// Makes [`Session::fingerprint`] take in a map's entry, whether it exists or not. Forgotten by [`Session::reset`].
    ///
    /// # Errors
    /// [`SessionError::Contract`], or [`SessionError::Absent`] if there is no such map.
    pub fn watch_entry(&mut self, contract: &str, map: &str, key: Value) -> Result<(), SessionError> {
        self.entry(contract, map, &key)?;
        let contract = self.contract(contract)?.to_string();
        self.watched.push(WatchedEntry { contract, map: name(map)?.to_string(), key });
        Ok(())
    }

    /// A hash of the state, to assert that nothing changed: what everybody holds of every asset, the value of every data
    /// variable of every contract that is not built in, and the map entries given to [`Session::watch_entry`].
    ///
    /// It does not take in the block's height and time, nor other map entries: the VM cannot list a map's keys.
    ///
    /// # Errors
    /// [`SessionError`]: the process failed.
    pub fn fingerprint(&mut self) -> Result<[u8; 32], SessionError> {
        let assets = self.assets()?;
        let variables = self.data_variables()?;
        let Values { values } =
            self.request(json!({ "op": "variables", "names": variables }), "variables")?;
        let mut entries = Vec::new();
        for WatchedEntry { contract, map, key } in self.watched.clone() {
            let value = self.entry(&contract, &map, &key)?;
            entries.push((contract, map, key.encode_hex(), value.map(|value| value.encode_hex())));
        }
        // JSON sets the parts apart, whatever they contain.
        let state = json!({ "assets": as_text(&assets), "variables": variables, "values": values, "entries": entries });
        Ok(Sha256::digest(state.to_string()).into())
    }

    /// Contract and name of every data variable, in order.
    fn data_variables(&mut self) -> Result<Vec<(String, String)>, SessionError> {
        let mut found = Vec::new();
        for (contract, interface) in self.known_interfaces()? {
            let variables = interface.get("variables").and_then(serde_json::Value::as_array);
            for variable in variables.into_iter().flatten() {
                let text = |field: &str| variable.get(field).and_then(serde_json::Value::as_str);
                if let (Some(name), Some("variable")) = (text("name"), text("access")) {
                    found.push((contract.clone(), name.to_owned()));
                }
            }
        }
        found.sort();
        Ok(found)
    }

    /// Every data variable of the project's contracts with its value: by contract, then by name.
    ///
    /// # Errors
    /// [`SessionError`]: the process failed.
    pub fn all_variables(&mut self) -> Result<BTreeMap<String, BTreeMap<String, Value>>, SessionError> {
        let names = self.data_variables()?;
        let Values { values } = self.request(json!({ "op": "variables", "names": names }), "variables")?;
        let mut all: BTreeMap<String, BTreeMap<String, Value>> = BTreeMap::new();
        for ((contract, name), value) in names.into_iter().zip(values) {
            all.entry(contract).or_default().insert(name, decode(&value)?);
        }
        Ok(all)
    }

    /// Puts the whole state aside, in place of what was put aside before.
    ///
    /// # Errors
    /// [`SessionError`]: the process failed.
    pub fn snapshot(&mut self) -> Result<(), SessionError> {
        self.snapshot_as("")
    }

    /// Goes back to what [`Session::snapshot`] put aside, which stays there.
    ///
    /// # Errors
    /// [`SessionError::Vm`] if nothing was put aside, or the process failed.
    pub fn restore(&mut self) -> Result<(), SessionError> {
        self.restore_from("")
    }

    /// Puts the whole state aside under a name. Every name holds some 200 MB until [`Session::forget`].
    ///
    /// # Errors
    /// [`SessionError`]: the process failed.
    pub fn snapshot_as(&mut self, slot: &str) -> Result<(), SessionError> {
        self.request::<Memory>(json!({ "op": "snapshot", "slot": slot }), "snapshot").map(drop)
    }

    /// Goes back to what was put aside under a name, which stays there.
    ///
    /// # Errors
    /// [`SessionError::Vm`] if nothing was put aside, or the process failed.
    pub fn restore_from(&mut self, slot: &str) -> Result<(), SessionError> {
        self.interfaces = None;
        self.request::<Memory>(json!({ "op": "restore", "slot": slot }), "restore").map(drop)
    }

    /// Lets go of what was put aside under a name.
    ///
    /// # Errors
    /// [`SessionError`]: the process failed.
    pub fn forget(&mut self, slot: &str) -> Result<(), SessionError> {
        self.request::<serde_json::Value>(json!({ "op": "forget", "slot": slot }), "forget").map(drop)
    }

    /// Writes the whole state to a file, some tens of megabytes, whole or not at all: a later session of the same project and
    /// options goes on from there by [`Session::load_state`].
    ///
    /// # Errors
    /// [`SessionError::Vm`] if the file cannot be written, or the process failed.
    pub fn save_state(&mut self, file: &Path) -> Result<(), SessionError> {
        let path = absolute(file);
        self.request::<serde_json::Value>(json!({ "op": "save", "path": path }), "save").map(drop)
    }

    /// Goes on from what [`Session::save_state`] wrote. `file` must come from this machine's own runs: it is the VM's memory.
    ///
    /// # Errors
    /// [`SessionError::Vm`] if there is no such file, it is damaged, or it belongs to another version of the VM. The session
    /// cannot be used after that.
    pub fn load_state(&mut self, file: &Path) -> Result<(), SessionError> {
        self.interfaces = None;
        let path = absolute(file);
        self.request::<serde_json::Value>(json!({ "op": "load", "path": path }), "load").map(drop)
    }

    /// How large the VM's memory is. It never shrinks, and going back to a snapshot strands what was taken since: a test
    /// that goes back thousands of times starts a new session when this passes a gigabyte.
    ///
    /// # Errors
    /// [`SessionError`]: the process failed.
    pub fn memory_bytes(&mut self) -> Result<u64, SessionError> {
        Ok(self.request::<Memory>(json!({ "op": "memory" }), "memory")?.memory_bytes)
    }
}

/// Amounts as text, since JSON's numbers are narrower.
fn as_text(assets: &Assets) -> BTreeMap<&str, BTreeMap<&str, String>> {
    assets
        .iter()
        .map(|(asset, owners)| {
            let owners = owners.iter().map(|(owner, amount)| (owner.as_str(), amount.to_string()));
            (asset.as_str(), owners.collect())
        })
        .collect()
}

/// The worker stands in a folder of its own: a path that is relative to this process means another file there.
fn absolute(file: &Path) -> PathBuf {
    std::path::absolute(file).unwrap_or_else(|_| file.to_owned())
}
