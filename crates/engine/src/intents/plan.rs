//! The exact call of an intent, and the post-conditions around it.

use std::collections::BTreeMap;

use bithedge_protocol::{Asset, TokenAmount, UnixSeconds};
use bithedge_stacks::transaction::{FungibleCode, PostConditionPrincipal};
use bithedge_stacks::{Address, Payload, PostCondition, Principal};
use bithedge_suite::{ContractCall, ContractFunction};

use super::finding::Stop;
use super::intent::{BucketId, Intent, Recipient};
use super::rules;
use super::sentences::{Bound, Purse, Sentence};
use super::state::{State, Unknown};
use crate::transactions::{Asset as Kind, AssetAmount, Prepared};

/// Why an intent does not become a transaction, though no contract was asked. Nothing was signed or sent, and no money moved.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// Nothing is asked for.
    #[error("the {0} is zero: enter one above zero")]
    Zero(&'static str),
    /// A post-condition's amounts have 64 bits.
    #[error("the {what} of {amount} is larger than any transaction can carry")]
    TooLarge {
        /// What.
        what: &'static str,
        /// How much.
        amount: u128,
    },
    /// An address of another network: money sent there would be out of reach.
    #[error("{address} belongs to another network than the one in use")]
    OtherNetwork {
        /// The address.
        address: Address,
    },
    /// The quote's time is over.
    #[error("the price was good until {until}, and it is {now}: ask for a new one")]
    QuoteExpired {
        /// Until when.
        until: UnixSeconds,
        /// This computer's time.
        now: UnixSeconds,
    },
    /// The account has less than it would have to give.
    #[error("this account has {} to spend, and {} is needed{}", asset.show(*has), asset.show(*needs), with_fee(*asset))]
    Balance {
        /// Of what.
        asset: Asset,
        /// What it has, without what is locked.
        has: TokenAmount,
        /// What it needs, with the transaction's fee if that is STX.
        needs: TokenAmount,
    },
    /// The money would go to somebody else than was meant.
    #[error("this pays {actual}, not {expected}: the transaction would cost a fee and bring nothing")]
    OtherRecipient {
        /// Whom the chain would pay.
        actual: Principal,
        /// Who was meant.
        expected: Address,
    },
    /// The chain says something else than the person was shown.
    #[error("the {what} on the chain is another one than was shown: look at it again")]
    Changed {
        /// What.
        what: &'static str,
    },
    /// A list that is empty or longer than the contract takes.
    #[error("between 1 and {most} {what} fit into one transaction, not {count}")]
    Count {
        /// Of what.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many fit.
        most: usize,
    },
    /// There is nothing on the chain that this could be about, so there is no amount to bind the transaction to.
    #[error("there is nothing to be paid: {what}")]
    Nothing {
        /// What was looked for.
        what: &'static str,
    },
    /// It has to be read first, or cannot be read.
    #[error(transparent)]
    Unknown(#[from] Unknown),
}

fn with_fee(asset: Asset) -> &'static str {
    match asset {
        Asset::Stx => ", the network's fee included",
        Asset::Sbtc => "",
    }
}

/// An intent as an exact call with its conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// The call.
    pub call: ContractCall,
    /// What must hold of its transfers, in deny mode: whatever none of these names is undone.
    pub conditions: Vec<PostCondition>,
    /// What it means.
    pub sentences: Vec<Sentence>,
    /// At most this leaves the account, besides the fee.
    pub leaves: Vec<(Asset, TokenAmount)>,
    /// What the account must have for that at the prices of the state; less than what may leave where the price may still rise.
    pub needs: Vec<(Asset, TokenAmount)>,
    /// At least this arrives.
    pub arrives: Vec<(Asset, TokenAmount)>,
    /// Not to be approved after that, by this computer's clock.
    pub valid_until: Option<UnixSeconds>,
}

impl Plan {
    /// What the transaction's life begins with.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] if the deployment does not know its sBTC, or a tier that is named was not read.
    pub fn into_prepared(self, state: &State) -> Result<Prepared, Refusal> {
        let amounts = |flows: Vec<(Asset, TokenAmount)>| {
            flows
                .into_iter()
                .map(|(asset, amount)| {
                    let kind = match asset {
                        Asset::Stx => Kind::Stx,
                        Asset::Sbtc => {
                            Kind::Fungible(state.deployment().sbtc_asset().map_err(Unknown::from)?)
                        }
                    };
                    Ok(AssetAmount { asset: kind, amount: amount.base_units() })
                })
                .collect::<Result<Vec<_>, Refusal>>()
        };
        let mut names = BTreeMap::new();
        for tier in named_tiers(&self.sentences) {
            if let Some(terms) = known(rules::tier(state, tier))? {
                names.insert(tier, terms.name.as_str().to_owned());
            }
        }
        let tier_name = |tier| names.get(&tier).cloned();
        Ok(Prepared {
            account: state.account(),
            network: state.deployment().network().chain(),
            intent: self.call.function.as_str().to_owned(),
            words: self.sentences.iter().map(|sentence| sentence.in_english(tier_name)).collect(),
            leaves: amounts(self.leaves)?,
            arrives: amounts(self.arrives)?,
            valid_until: self.valid_until,
            post_conditions: self.conditions,
            payload: Payload::from(self.call),
        })
    }
}

impl Intent {
    /// The exact call, its post-conditions and what they mean.
    ///
    /// # Errors
    /// [`Refusal`]; [`Refusal::Unknown`] says what has to be read first.
    pub fn plan(&self, state: &State) -> Result<Plan, Refusal> {
        self.is_sensible(state.deployment(), state.account())?;
        let plan = match self {
            Self::Protection(intent) => intent.plan(state),
            Self::Capital(intent) => intent.plan(state),
            Self::Upkeep(intent) => intent.plan(state),
            Self::Prices(intent) => intent.plan(state),
            Self::Reserves(intent) => intent.plan(state),
            Self::Governing(intent) => intent.plan(state),
        }?;
        // What the sentences name is read with everything else: a tier is told by its name.
        for tier in named_tiers(&plan.sentences) {
            known(rules::tier(state, tier))?;
        }
        check_balances(state, &plan)?;
        Ok(plan)
    }
}

fn named_tiers(sentences: &[Sentence]) -> impl Iterator<Item = u8> {
    sentences.iter().flat_map(Sentence::tiers).flatten()
}

/// Whether the account has what leaves it, and the fee besides.
fn check_balances(state: &State, plan: &Plan) -> Result<(), Refusal> {
    let fee = state.fee().base_units();
    for asset in Asset::ALL {
        let leaving = plan
            .needs
            .iter()
            .filter(|(one, _)| *one == asset)
            .fold(0, |sum: u128, (_, amount)| sum.saturating_add(amount.base_units()));
        let (needs, has) = match asset {
            // Every transaction needs STX for its fee; a test's may be free.
            Asset::Stx if leaving == 0 && fee == 0 => continue,
            Asset::Stx => (leaving.saturating_add(fee), state.stx()?.base_units()),
            Asset::Sbtc if leaving == 0 => continue,
            Asset::Sbtc => (leaving, state.spendable(asset)?.base_units()),
        };
        if has < needs {
            let (has, needs) = (TokenAmount::new(has), TokenAmount::new(needs));
            return Err(Refusal::Balance { asset, has, needs });
        }
    }
    Ok(())
}

/// A plan in the making.
pub(crate) struct Draft<'a> {
    state: &'a State,
    plan: Plan,
}

impl<'a> Draft<'a> {
    pub(crate) fn of<F: ContractFunction>(state: &'a State, function: F) -> Self {
        Self::of_call(state, function.into_call(state.deployment()))
    }

    pub(crate) fn of_call(state: &'a State, call: ContractCall) -> Self {
        let plan = Plan {
            call,
            conditions: Vec::new(),
            sentences: Vec::new(),
            leaves: Vec::new(),
            needs: Vec::new(),
            arrives: Vec::new(),
            valid_until: None,
        };
        Self { state, plan }
    }

    pub(crate) fn says(mut self, sentence: Sentence) -> Self {
        self.plan.sentences.push(sentence);
        self
    }

    pub(crate) fn says_if(self, condition: bool, sentence: Sentence) -> Self {
        if condition { self.says(sentence) } else { self }
    }

    pub(crate) fn until(mut self, time: UnixSeconds) -> Self {
        self.plan.valid_until = Some(time);
        self
    }

    /// The account gives.
    pub(crate) fn leaves(mut self, bound: Bound, asset: Asset, amount: TokenAmount) -> Result<Self, Refusal> {
        let account = self.state.account().into();
        self.condition(account, bound, asset, amount)?;
        self.plan.leaves.push((asset, amount));
        self.plan.needs.push((asset, amount));
        Ok(self.says(Sentence::Leaves { bound, asset, amount }))
    }

    /// The account needs so much for it, whatever may leave at most.
    pub(crate) fn needs(mut self, asset: Asset, amount: TokenAmount) -> Self {
        self.plan.needs = vec![(asset, amount)];
        self
    }

    /// Nothing of the account's is touched.
    pub(crate) fn gives_nothing(self) -> Self {
        self.says(Sentence::NothingLeaves)
    }

    /// A contract pays somebody. What it sends is bound; what it sends it to is the contract's own rule, which is why the
    /// recipient is read from the chain before.
    pub(crate) fn pays(
        mut self,
        bound: Bound,
        asset: Asset,
        amount: TokenAmount,
        from: Purse,
        to: &Principal,
    ) -> Result<Self, Refusal> {
        self.out_of(bound, asset, amount, from)?;
        let ours = *to == self.state.me();
        if ours {
            self.plan.arrives.push((asset, amount));
        }
        let at = (!ours).then(|| to.clone());
        Ok(self.says(Sentence::Arrives { bound, asset, amount, from, at }))
    }

    /// A contract pays another of the suite.
    pub(crate) fn shifts(
        mut self,
        bound: Bound,
        asset: Asset,
        amount: TokenAmount,
        from: Purse,
        to: Purse,
    ) -> Result<Self, Refusal> {
        self.out_of(bound, asset, amount, from)?;
        Ok(self.says(Sentence::Shifts { bound, asset, amount, from, to }))
    }

    fn out_of(
        &mut self,
        bound: Bound,
        asset: Asset,
        amount: TokenAmount,
        from: Purse,
    ) -> Result<(), Refusal> {
        let contract = self.state.deployment().contract(from.contract()).clone();
        self.condition(contract.into(), bound, asset, amount)
    }

    fn condition(
        &mut self,
        principal: PostConditionPrincipal,
        bound: Bound,
        asset: Asset,
        amount: TokenAmount,
    ) -> Result<(), Refusal> {
        let code = match bound {
            Bound::AtMost => FungibleCode::Le,
            Bound::Exactly => FungibleCode::Eq,
            Bound::AtLeast => FungibleCode::Ge,
        };
        let units = carried("amount", amount.base_units())?;
        self.plan.conditions.push(match asset {
            // The STX face moves native STX.
            Asset::Stx => {
                PostCondition::Stx { principal, code, amount: bithedge_stacks::MicroStx::new(units) }
            }
            Asset::Sbtc => {
                let asset = self.state.deployment().sbtc_asset().map_err(Unknown::from)?;
                PostCondition::Fungible { principal, asset, code, amount: units }
            }
        });
        Ok(())
    }

    pub(crate) fn done(self) -> Plan {
        self.plan
    }
}

/// A number as a post-condition carries it.
pub(crate) fn carried(what: &'static str, amount: u128) -> Result<u64, Refusal> {
    u64::try_from(amount).map_err(|_| Refusal::TooLarge { what, amount })
}

/// An amount that may not be zero and has to fit.
pub(crate) fn sensible(what: &'static str, amount: TokenAmount) -> Result<(), Refusal> {
    if amount == TokenAmount::ZERO {
        return Err(Refusal::Zero(what));
    }
    carried(what, amount.base_units()).map(|_| ())
}

/// A number that may not be zero.
pub(crate) fn some(what: &'static str, count: u128) -> Result<(), Refusal> {
    if count == 0 { Err(Refusal::Zero(what)) } else { Ok(()) }
}

/// The recipient that was meant is the one that the chain would pay.
pub(crate) fn same_recipient(state: &State, to: Recipient, actual: &Principal) -> Result<(), Refusal> {
    let expected = to.address(state.account());
    if *actual == Principal::Standard(expected) {
        return Ok(());
    }
    Err(Refusal::OtherRecipient { actual: actual.clone(), expected })
}

impl BucketId {
    pub(crate) fn tier(self) -> u128 {
        self.tier.into()
    }
}

/// What a contract would give, if it would; plans tell what is known, and leave refusals to the dry run.
pub(crate) fn known<T>(found: Result<T, Stop>) -> Result<Option<T>, Refusal> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(Stop::Refused(_) | Stop::Aborts) => Ok(None),
        Err(Stop::Unknown(unknown)) => Err(unknown.into()),
    }
}
