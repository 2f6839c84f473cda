//! Post-conditions: what a transaction's signer allowed to leave which account, checked against what left.
//!
//! Rules as in SIP-005 and SIP-040, and as `check_transaction_postconditions` of stacks-core carries them out: every
//! condition must hold; then, in *deny* mode, everything that anybody sent must be named by a condition, and in
//! *originator* mode everything that the origin sent. Mints are not sent by anybody; burns are.

use std::collections::{BTreeMap, BTreeSet};

use bithedge_stacks::transaction::PostConditionPrincipal;
use bithedge_stacks::{PostCondition, PostConditionMode};

use bithedge_vm::wire::RawEvent as Event;

/// What left whose account, summed over a transaction.
#[derive(Debug, Default)]
pub(crate) struct Movements {
    /// STX transferred and burnt, by sender.
    stx: BTreeMap<String, u128>,
    /// STX locked for stacking, by owner.
    staked: BTreeMap<String, u128>,
    /// Fungible tokens, by sender and asset.
    fungible: BTreeMap<(String, String), u128>,
    /// Non-fungible tokens, by sender and asset: the consensus-encoded values, hexadecimal.
    non_fungible: BTreeMap<(String, String), BTreeSet<String>>,
}

impl Movements {
    /// Adds up the events of a transaction. `None` when an event is not of the known form, which the caller treats
    /// as a defect, never as "nothing moved".
    pub(crate) fn of(events: &[Event]) -> Option<Self> {
        let mut moved = Self::default();
        for event in events {
            let text =
                |field: &str| event.data.get(field).and_then(|value| value.as_str()).map(str::to_owned);
            let amount = |field: &str| text(field).and_then(|digits| digits.parse::<u128>().ok());
            match event.kind.as_str() {
                "stx_transfer_event" | "stx_burn_event" => {
                    *moved.stx.entry(text("sender")?).or_default() += amount("amount")?;
                }
                "stx_lock_event" => {
                    *moved.staked.entry(text("locked_address")?).or_default() += amount("locked_amount")?;
                }
                "ft_transfer_event" | "ft_burn_event" => {
                    let key = (text("sender")?, text("asset_identifier")?);
                    *moved.fungible.entry(key).or_default() += amount("amount")?;
                }
                "nft_transfer_event" | "nft_burn_event" => {
                    let key = (text("sender")?, text("asset_identifier")?);
                    moved.non_fungible.entry(key).or_default().insert(text("raw_value")?);
                }
                "stx_mint_event" | "ft_mint_event" | "nft_mint_event" | "print_event" => {}
                _ => return None,
            }
        }
        Some(moved)
    }
}

/// Checks the conditions. `Err` says which one failed, for the receipt.
pub(crate) fn check(
    conditions: &[PostCondition],
    mode: PostConditionMode,
    origin: &str,
    moved: &Movements,
) -> Result<(), String> {
    let mut named_stx = BTreeSet::new();
    let mut named_fungible = BTreeSet::new();
    let mut named_non_fungible = BTreeSet::new();
    let mut named_staking = BTreeSet::new();
    let owner = |principal: &PostConditionPrincipal| match principal {
        PostConditionPrincipal::Origin => origin.to_owned(),
        PostConditionPrincipal::Standard(address) => address.to_string(),
        PostConditionPrincipal::Contract(contract) => contract.to_string(),
    };

    for condition in conditions {
        match condition {
            PostCondition::Stx { principal, code, amount } => {
                let owner = owner(principal);
                let sent = moved.stx.get(&owner).copied().unwrap_or(0);
                let limit = amount.micro();
                if !code.holds(sent, limit) {
                    return Err(format!(
                        "{owner} sent {sent} micro-STX, allowed was: {} {limit}",
                        code.in_words()
                    ));
                }
                named_stx.insert(owner);
            }
            PostCondition::Fungible { principal, asset, code, amount } => {
                let owner = owner(principal);
                let asset = asset.to_string();
                let key = (owner, asset);
                let sent = moved.fungible.get(&key).copied().unwrap_or(0);
                if !code.holds(sent, *amount) {
                    return Err(format!(
                        "{} sent {sent} of {}, allowed was: {} {amount}",
                        key.0,
                        key.1,
                        code.in_words()
                    ));
                }
                named_fungible.insert(key);
            }
            PostCondition::NonFungible { principal, asset, value, code } => {
                let owner = owner(principal);
                let asset = asset.to_string();
                let value = value.encode_hex();
                let key = (owner, asset);
                let sent = moved.non_fungible.get(&key).is_some_and(|values| values.contains(&value));
                if !code.holds(sent) {
                    let did = if sent { "sent" } else { "did not send" };
                    return Err(format!(
                        "{} {did} {value} of {}, which the conditions exclude",
                        key.0, key.1
                    ));
                }
                named_non_fungible.insert((key, value));
            }
            PostCondition::Staking { principal, code, amount } => {
                let owner = owner(principal);
                let staked = moved.staked.get(&owner).copied().unwrap_or(0);
                let limit = amount.micro();
                if !code.holds(staked, limit) {
                    return Err(format!(
                        "{owner} staked {staked} micro-STX, allowed was: {} {limit}",
                        code.in_words()
                    ));
                }
                named_staking.insert(owner);
            }
            // No PoX action can succeed on the devnet: its proof-of-transfer contracts are there, but no
            // signer set is. "Must not act" and "may act" hold, "must act" does not.
            PostCondition::Pox { principal, code } => {
                if !code.holds(false) {
                    return Err(format!(
                        "{} performed no PoX action, which a condition asks for",
                        owner(principal)
                    ));
                }
            }
        }
    }

    let covers = |owner: &str| match mode {
        PostConditionMode::Allow => false,
        PostConditionMode::Deny => true,
        PostConditionMode::Originator => owner == origin,
    };
    for (owner, sent) in &moved.stx {
        if *sent > 0 && covers(owner) && !named_stx.contains(owner) {
            return Err(format!("{owner} sent {sent} micro-STX, which no condition names"));
        }
    }
    for (key, sent) in &moved.fungible {
        if covers(&key.0) && !named_fungible.contains(key) {
            return Err(format!("{} sent {sent} of {}, which no condition names", key.0, key.1));
        }
    }
    for (key, values) in &moved.non_fungible {
        for value in values {
            if covers(&key.0) && !named_non_fungible.contains(&(key.clone(), value.clone())) {
                return Err(format!("{} sent {value} of {}, which no condition names", key.0, key.1));
            }
        }
    }
    for (owner, staked) in &moved.staked {
        if *staked > 0 && covers(owner) && !named_staking.contains(owner) {
            return Err(format!("{owner} staked {staked} micro-STX, which no condition names"));
        }
    }
    Ok(())
}
