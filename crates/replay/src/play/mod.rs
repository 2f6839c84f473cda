//! The days of a replay: one asset's three buckets, with their buyers, providers and keeper, on one chain.

mod buyers;
mod checks;
mod keeper;
mod providers;
mod saved;

use std::collections::BTreeMap;
use std::path::PathBuf;

use bithedge_protocol::pool::{SaleRules, TierTerms};
use bithedge_protocol::risk::ClosePoint;
use bithedge_protocol::{Asset, Ppm, PpmChange, Sats, Seconds, TokenAmount, UnixSeconds, UsdE8};
use bithedge_stacks::{Address, MicroStx, Principal};
use bithedge_suite::generated::{Contract, insurance_fund, treasury};
use bithedge_suite::setup::SetupCall;

pub use checks::Equalities;

use crate::chance::Chance;
use crate::ledger::add;
use crate::people::{Buyer, Capital, Cover, Held, Provider, address};
use crate::prices::{Day, Step};
use crate::{Chain, Ledger, ReplayError, TIERS};

/// Seconds of a day.
const DAY: u64 = 86_400;
/// No policy of the suite runs longer, and exits are paid at the close after the last of them.
const MOST_DAYS_OF_WINDING_DOWN: u32 = 200;

/// The purposes of random numbers from here on are days of a replay; those below are the prices'.
const DAYS_OF_CHANCE: u64 = 1 << 32;

/// What a replay is made with.
#[derive(Clone, Debug)]
pub struct Terms {
    /// The contracts' manifest.
    pub contracts: PathBuf,
    /// Which buckets.
    pub asset: Asset,
    /// What decides over everything that is left to chance.
    pub seed: u64,
    /// What providers bring to each bucket at the start, by its worth in BTC.
    pub capital: Sats,
    /// The volatilities that the oracle starts from: short and long, ppm a year.
    pub volatility: (u128, u128),
}

/// A replay at some day.
#[derive(Debug)]
pub struct Play {
    chain: Chain,
    asset: Asset,
    terms: Vec<TierTerms>,
    rules: SaleRules,
    seed: u64,
    /// What is left to chance today: nothing of it is carried from day to day.
    random: Chance,
    buyers: Vec<Buyer>,
    providers: Vec<Provider>,
    held: Vec<Held>,
    keeper: Address,
    /// What series of today's settlements were due, and what was reserved for them: by tier and strike.
    parts: BTreeMap<(u8, UsdE8), (u128, u128)>,
    /// What a provider with all of a bucket's starting capital would bring, base units.
    stake: u128,
    closes: Vec<Vec<ClosePoint>>,
    ledger: Ledger,
    equal: Equalities,
    /// The last step's prices.
    latest: Step,
    /// How far the lowest report of today is below the day's open.
    fall: PpmChange,
    /// Whether nothing is bought any more and everybody leaves.
    ends: bool,
    days: u64,
}

impl Play {
    /// Sets the suite up some hours before the first step's time, at its prices, and gives people what they need.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn start(
        terms: &Terms,
        first: Step,
        change: impl FnOnce(&mut Vec<SetupCall>),
    ) -> Result<Self, ReplayError> {
        const LEAD: u64 = 4 * 3_600;
        let genesis = UnixSeconds::new(first.at.get().saturating_sub(LEAD));
        let mut chain = Chain::start(&terms.contracts, genesis, terms.volatility, change)?;
        // Prices of two hours, so that averages are there.
        while chain.now()?.get() + 2 * 3_600 < first.at.get() {
            let next = chain.now()?.get() + 900;
            chain.advance_to(UnixSeconds::new(next))?;
            chain.report(first.btc, first.stx)?;
        }
        let keeper = chain.vm().account("wallet_4")?;
        let mut tiers = Vec::new();
        for tier in TIERS {
            tiers.push(chain.tier(tier)?);
        }
        let rules = chain.rules()?;
        let stake = match terms.asset {
            Asset::Sbtc => terms.capital.base_units(),
            // What that BTC is worth, in micro-STX: satoshis times USD over 10^8, times 10^6 over USD.
            Asset::Stx => {
                let usd = TokenAmount::from(terms.capital);
                let usd = Asset::Sbtc.worth(usd, first.btc, first.stx)?.base_units();
                usd.saturating_mul(1_000_000) / first.stx.base_units().max(1)
            }
        };
        let mut play = Self {
            chain,
            asset: terms.asset,
            terms: tiers,
            rules,
            seed: terms.seed ^ (u64::try_from(terms.asset.code()).unwrap_or_default() << 56),
            random: Chance::new(terms.seed, DAYS_OF_CHANCE),
            buyers: Vec::new(),
            providers: Vec::new(),
            held: Vec::new(),
            keeper,
            parts: BTreeMap::new(),
            stake,
            closes: vec![Vec::new(); TIERS.len()],
            ledger: Ledger::default(),
            equal: Equalities::default(),
            latest: first,
            fall: PpmChange::ZERO,
            ends: false,
            days: 0,
        };
        play.invite()?;
        // The first capital is in before the first boundary, and is counted there.
        play.provide(UnixSeconds::new(first.at.get().saturating_sub(DAY)))?;
        for before in [1_800, 1_200, 600, 0] {
            let at = UnixSeconds::new(first.at.get().saturating_sub(before));
            play.step(Step { at, ..first })?;
        }
        play.morning(first.at)?;
        Ok(play)
    }

    fn invite(&mut self) -> Result<(), ReplayError> {
        for tier in TIERS {
            for (number, cover) in (0..).zip(Cover::ALL) {
                let buyer = Buyer { cover, tier, address: address(1, tier, number) };
                self.give(buyer.address, self.stake.saturating_mul(50))?;
                self.buyers.push(buyer);
            }
            for (number, capital) in (0..).zip(Capital::ALL) {
                let address = address(2, tier, number);
                let acted = UnixSeconds::new(0);
                let provider = Provider { capital, tier, address, is_in: false, acted };
                self.give(provider.address, self.stake.saturating_mul(2))?;
                self.providers.push(provider);
            }
        }
        let (sats, micro_stx) = self.chain.balances(&self.keeper.into())?;
        let had = match self.asset {
            Asset::Sbtc => sats,
            Asset::Stx => micro_stx,
        };
        self.ledger.receive(self.keeper, had);
        add(&mut self.ledger.given, had);
        Ok(())
    }

    fn give(&mut self, who: Address, amount: u128) -> Result<(), ReplayError> {
        let amount = u64::try_from(amount).unwrap_or(u64::MAX / 4);
        match self.asset {
            Asset::Sbtc => self.chain.vm().mint_sbtc(who, amount)?,
            Asset::Stx => self.chain.vm().mint_stx(who, MicroStx::new(amount))?,
        }
        self.ledger.receive(who, amount.into());
        add(&mut self.ledger.given, amount.into());
        Ok(())
    }

    /// On to a step's time, which must be the block's to the second, with its prices reported.
    fn step(&mut self, step: Step) -> Result<(), ReplayError> {
        self.chain.advance_to(step.at)?;
        self.chain.report(step.btc, step.stx)?;
        self.latest = step;
        let now = self.chain.now()?;
        self.same("the time of a report", &now, &step.at)
    }

    /// Plays a day of prices.
    ///
    /// # Errors
    /// [`ReplayError`]: whatever does not add up.
    pub fn day(&mut self, day: &Day) -> Result<(), ReplayError> {
        self.random = Chance::new(self.seed, DAYS_OF_CHANCE + self.days);
        let mut lowest = day.open;
        for step in day.steps() {
            self.step(step)?;
            lowest = lowest.min(step.btc);
            self.fall = PpmChange::relative(day.open.base_units(), lowest.base_units()).unwrap_or_default();
            match step.at.since(day.begins()).map(Seconds::get) {
                Some(Day::LOW_AT) => self.activate()?,
                Some(Day::LATER) => {
                    self.sell_back()?;
                    self.buy_after_the_fall()?;
                }
                Some(Day::CLOSE_AT) => self.morning(step.at)?,
                _ => {}
            }
        }
        self.days += 1;
        if self.days.is_multiple_of(30) {
            self.check_wallets()?;
        }
        Ok(())
    }

    fn morning(&mut self, boundary: UnixSeconds) -> Result<(), ReplayError> {
        let price = self.chain.boundary_price(boundary)?;
        let price = price.ok_or_else(|| ReplayError::Missing(format!("the price of {boundary}")))?;
        self.settle(boundary)?;
        self.close(&price)?;
        self.claim(&price)?;
        self.compare_buckets()?;
        self.provide(boundary)?;
        if !self.ends {
            self.buy(boundary)?;
        }
        self.note_utilisation()?;
        if self.days % 7 == 6 || self.ends {
            self.distribute()?;
        }
        Ok(())
    }

    /// Ends the replay in order: prices stand still, nothing is bought, what runs is settled, and everybody leaves. Then everything
    /// is reconciled for the last time.
    ///
    /// # Errors
    /// [`ReplayError::Unaccounted`], [`ReplayError::Differs`], or that somebody could not leave.
    pub fn wind_down(&mut self) -> Result<(), ReplayError> {
        self.ends = true;
        let mut at = self.latest.at;
        for _ in 0..MOST_DAYS_OF_WINDING_DOWN {
            let Some(next) = at.checked_add(Seconds::new(DAY)) else { break };
            for before in [1_800, 1_200, 600, 0] {
                let at = UnixSeconds::new(next.get() - before);
                self.step(Step { at, ..self.latest })?;
            }
            self.morning(next)?;
            self.days += 1;
            at = next;
            if self.held.is_empty() && self.everybody_left()? {
                self.check_vault()?;
                self.check_wallets()?;
                return self.check_supply();
            }
        }
        Err(ReplayError::Missing("an end: somebody could not leave".to_owned()))
    }

    /// Policies that are held and not yet settled.
    #[must_use]
    pub fn running(&self) -> u64 {
        u64::try_from(self.held.len()).unwrap_or(u64::MAX)
    }

    /// What is left in the vault, base units: rounding, and the pots of bounties.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn left_in_the_vault(&mut self) -> Result<TokenAmount, ReplayError> {
        let vault = self.chain.suite().contract(Contract::LiquidityPoolVault).clone();
        Ok(TokenAmount::new(self.tokens(&Principal::Contract(vault))?))
    }

    /// The insurance fund's books, base units.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn fund(&mut self) -> Result<TokenAmount, ReplayError> {
        let token = self.chain.token_principal(self.asset);
        Ok(TokenAmount::new(self.chain.read(insurance_fund::GetFundSize { token })?))
    }

    /// The treasury's books, base units.
    ///
    /// # Errors
    /// [`ReplayError`].
    pub fn treasury(&mut self) -> Result<TokenAmount, ReplayError> {
        let token = self.chain.token_principal(self.asset);
        Ok(TokenAmount::new(self.chain.read(treasury::GetTreasuryBalances { token })?.total))
    }

    /// How many days were played.
    #[must_use]
    pub const fn days(&self) -> u64 {
        self.days
    }

    /// What was kept.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// How often the application's figures were held against the contracts'.
    #[must_use]
    pub const fn equalities(&self) -> &Equalities {
        &self.equal
    }

    /// The chain.
    pub const fn chain(&mut self) -> &mut Chain {
        &mut self.chain
    }

    /// By tier: the utilisation at which sales stop.
    #[must_use]
    pub fn limits(&self) -> BTreeMap<u8, Ppm> {
        self.terms.iter().map(|terms| (terms.tier, terms.utilisation_limit)).collect()
    }

    fn tier(&self, tier: u8) -> Result<&TierTerms, ReplayError> {
        self.terms
            .iter()
            .find(|terms| terms.tier == tier)
            .ok_or_else(|| ReplayError::Missing(format!("tier {tier}")))
    }

    fn usd(&self, amount: TokenAmount) -> Result<UsdE8, ReplayError> {
        Ok(self.asset.worth(amount, self.latest.btc, self.latest.stx)?)
    }
}
