//! The main job of the application, from the first deposit to the last exit, in a historical crash.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use bithedge_ipc::PolicyState;
use bithedge_practice::holdings::Holdings;
use bithedge_protocol::UsdE8;
use bithedge_protocol::risk::Standing;
use bithedge_stacks::{Address, Principal};
use bithedge_suite::generated::errors;

use crate::days::Day;
use crate::link::Core;
use crate::protocol::{Answer, Ask, CapitalRow, Deed, Person, PolicyRow, Row, RowState, Token};
use crate::world::World;

const BTC: u64 = 100_000_000;
const STX: u64 = 1_000_000;
const CONSERVATIVE: u8 = 1;
const BALANCED: u8 = 2;
const AGGRESSIVE: u8 = 3;
/// Between a quote and its block a price may move too far, or grow too old.
const MOST_RETRIES: usize = 8;

/// The people, their world and the core that they use.
pub(crate) struct Story {
    pub(crate) world: World,
    pub(crate) core: Arc<Core>,
    /// How many wishes of each were carried out.
    carried_out: BTreeMap<Person, usize>,
    /// How long it is tried again when something is refused, and for how many days then.
    hope: Duration,
    days: u32,
    /// Of these, those whose transaction failed on the chain, and that were made again.
    failed: BTreeMap<Person, usize>,
    started: Instant,
    transcript: Vec<String>,
    addresses: Vec<Address>,
    /// What each had sent before the application knew the account: the practice network reports the first prices itself.
    first_nonces: BTreeMap<Person, u64>,
    /// Policies by what they are for.
    bought: BTreeMap<&'static str, u64>,
}

/// What became of a wish.
#[derive(Debug)]
enum Outcome {
    Done(Row),
    Refused { why: String, code: Option<u64> },
}

impl Story {
    pub(crate) fn new(world: World, core: Arc<Core>) -> Self {
        Self {
            world,
            core,
            carried_out: BTreeMap::new(),
            hope: Duration::from_secs(2),
            days: 0,
            failed: BTreeMap::new(),
            started: Instant::now(),
            transcript: Vec::new(),
            addresses: Vec::new(),
            first_nonces: BTreeMap::new(),
            bought: BTreeMap::new(),
        }
    }

    /// With more patience with refusals, where the node itself is at fault.
    pub(crate) fn hopeful(self, hope: Duration, days: u32) -> Self {
        Self { hope, days, ..self }
    }

    /// Whether the node itself is at fault, so that things may happen in another order.
    const fn is_disturbed(&self) -> bool {
        self.days > 0
    }

    pub(crate) fn transcript(&self) -> &[String] {
        &self.transcript
    }

    pub(crate) fn address(&self, person: Person) -> Result<Address> {
        self.addresses.get(person.index() as usize).copied().context("the wallet has too few accounts")
    }

    pub(crate) fn first_nonce(&self, person: Person) -> u64 {
        self.first_nonces.get(&person).copied().unwrap_or_default()
    }

    pub(crate) fn count_of(&self, person: Person) -> usize {
        self.carried_out.get(&person).copied().unwrap_or_default()
    }

    pub(crate) fn failed_of(&self, person: Person) -> usize {
        self.failed.get(&person).copied().unwrap_or_default()
    }

    fn tell(&mut self, text: impl Into<String>) {
        let text = text.into();
        eprintln!("[{:>6.1} s] {text}", self.started.elapsed().as_secs_f64());
        self.transcript.push(text);
    }

    /// Everything but the beginning and the end of the run, which need a chain that stands still.
    pub(crate) async fn play(&mut self, days: &[Day]) -> Result<()> {
        let mut days = days.iter();
        self.provide().await?;
        self.close("the first close: deposits become shares").await?;
        self.protect().await?;
        self.change_minds().await?;
        // Calm days, in which premiums are earned; the first has a rise in it.
        for day in days.by_ref().take(1) {
            self.day(day).await?;
        }
        self.does(Person::Irene, Deed::ClaimYield { tier: BALANCED, token: Token::Sbtc }).await?;
        for day in days.by_ref().take(1) {
            self.day(day).await?;
        }
        // What locked capital is there stays until the policies that it stands for are over.
        self.does(Person::Irene, Deed::RequestAll { tier: AGGRESSIVE, token: Token::Sbtc }).await?;
        for day in days.by_ref().take(2) {
            self.day(day).await?;
        }
        self.leave_what_is_free().await?;
        // Until the crash is at its deepest.
        for day in days.by_ref() {
            self.walk(day).await?;
            if day.is_crash {
                self.in_the_crash().await?;
            }
            self.close(&format!("{}: closed at {}", day.date, dollars(day.close))).await?;
        }
        self.the_end().await
    }

    /// Makes the wallet and gives its accounts what they need. Nothing is killed before this is done.
    pub(crate) async fn begin(&mut self) -> Result<()> {
        let opened = self.core.insist(&Ask::Addresses).await?;
        let Answer::Opened { addresses } = opened else { bail!("no addresses: {opened:?}") };
        self.addresses = addresses.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
        let (peter, irene) = (self.address(Person::Peter)?, self.address(Person::Irene)?);
        for person in Person::ALL {
            // The core may have reported a price since it opened: what it signed is not from before.
            let signed = self.transactions(person).await?;
            let address = Principal::Standard(self.address(person)?);
            let known = signed.iter().map(|row| row.nonce).min();
            let now = self
                .world
                .insist("a nonce", async || Ok(self.world.chain.client.account(&address).await?.nonce));
            self.first_nonces.insert(person, known.unwrap_or(now.await?));
        }
        self.world.endow(&peter, 10_000 * STX, 5 * BTC).await?;
        self.world.endow(&irene, 50_000 * STX, 40 * BTC).await?;
        Ok(())
    }

    pub(crate) async fn holdings(&self) -> Result<Holdings> {
        let people = [Person::Peter, Person::Irene].map(|person| {
            Ok::<_, anyhow::Error>((person.name(), Principal::Standard(self.address(person)?)))
        });
        let people = people.into_iter().collect::<Result<Vec<_>>>()?;
        self.world.holdings(&people).await
    }

    async fn provide(&mut self) -> Result<()> {
        for (tier, token, amount) in [
            (BALANCED, Token::Sbtc, 20 * BTC),
            (AGGRESSIVE, Token::Sbtc, 10 * BTC),
            (BALANCED, Token::Stx, 2_500 * STX),
        ] {
            self.does(Person::Irene, Deed::Commit { tier, token, amount }).await?;
        }
        // And what she thinks better of before it counts.
        let (tier, token) = (CONSERVATIVE, Token::Sbtc);
        self.does(Person::Irene, Deed::Commit { tier, token, amount: BTC }).await?;
        self.does(Person::Irene, Deed::CancelDeposit { tier, token }).await?;
        Ok(())
    }

    async fn protect(&mut self) -> Result<()> {
        let wishes = [
            ("to be exercised", BTC, 850_000, 13, Token::Sbtc, BALANCED),
            ("to run out", BTC, 900_000, 4, Token::Sbtc, AGGRESSIVE),
            ("to be sold back", BTC / 2, 850_000, 13, Token::Sbtc, BALANCED),
            ("backed by STX", BTC / 5, 850_000, 13, Token::Stx, BALANCED),
        ];
        for (name, sats, level_ppm, days, token, tier) in wishes {
            let before: Vec<u64> = self.policies(Person::Peter).await?.iter().map(|row| row.id).collect();
            self.does(Person::Peter, Deed::Buy { sats, level_ppm, days, token, tier }).await?;
            let policy = self.new_policy(&before).await?;
            self.tell(format!("Peter's policy {policy} is the one {name}"));
            self.bought.insert(name, policy);
        }
        Ok(())
    }

    /// The ledger shows a purchase as soon as it has read its block.
    async fn new_policy(&mut self, before: &[u64]) -> Result<u64> {
        let core = Arc::clone(&self.core);
        self.world
            .until("the policy that was bought", async |_| {
                let rows = policies(&core, Person::Peter).await?;
                Ok(rows.iter().map(|row| row.id).find(|id| !before.contains(id)))
            })
            .await
    }

    async fn change_minds(&mut self) -> Result<()> {
        let policy = self.policy("to be sold back")?;
        self.does(Person::Peter, Deed::SellBack { policy }).await?;
        Ok(())
    }

    async fn leave_what_is_free(&mut self) -> Result<()> {
        for tier in [BALANCED, AGGRESSIVE] {
            self.does(Person::Irene, Deed::ClaimWithdrawal { tier, token: Token::Sbtc }).await?;
        }
        let queued = self.capital(AGGRESSIVE, Token::Sbtc).await?.queued;
        if queued == 0 && self.is_disturbed() {
            self.tell("so much time has passed that all of the aggressive tier is free");
            return Ok(());
        }
        ensure!(queued > 0, "all of the aggressive tier was free: nothing shows that locked capital stays");
        let again = Deed::ClaimWithdrawal { tier: AGGRESSIVE, token: Token::Sbtc };
        let why = self.is_not_ready(Person::Irene, again).await?;
        self.tell(format!("Irene asks for the rest, which is locked, and is refused: {why}"));
        Ok(())
    }

    async fn in_the_crash(&mut self) -> Result<()> {
        // STX has lost more than half of its value; the books know it a moment after its price.
        let core = Arc::clone(&self.core);
        let health = self
            .world
            .until("the warning about the STX bucket", async |_| {
                let row = capital(&core, BALANCED, Token::Stx).await?;
                Ok(row.standing.filter(|standing| *standing != Standing::Healthy))
            })
            .await?;
        self.tell(format!("the STX bucket is shown as {health:?}"));
        let policy = self.policy("to be exercised")?;
        self.does(Person::Peter, Deed::Activate { policy }).await?;
        Ok(())
    }

    async fn the_end(&mut self) -> Result<()> {
        // Whoever had to wait for a node has bought later, and for longer.
        for _ in 0..10 {
            let rows = self.policies(Person::Peter).await?;
            let is_open = |row: &PolicyRow| {
                matches!(
                    row.state,
                    PolicyState::Active | PolicyState::AwaitingPrice | PolicyState::InTheMoney
                )
            };
            if !rows.iter().any(is_open) {
                break;
            }
            self.close("a day later").await?;
        }
        // Everything is over; everybody takes what is theirs.
        for (tier, token) in [(BALANCED, Token::Sbtc), (BALANCED, Token::Stx)] {
            if self.capital(tier, token).await?.shares > 0 {
                self.does(Person::Irene, Deed::RequestAll { tier, token }).await?;
            } else {
                self.tell(format!(
                    "nothing is left of tier {tier} in {token:?}: what was promised took it all"
                ));
            }
        }
        self.close("the last close").await?;
        // An exit that a reorganisation put after a close waits for the next one.
        for _ in 0..self.days {
            if all_capital(&self.core).await?.iter().all(|row| row.queued == 0 && row.waiting == 0) {
                break;
            }
            self.close("a day later").await?;
        }
        for row in all_capital(&self.core).await? {
            if row.claimable > 0 {
                let (tier, token) = (row.tier, row.token);
                self.does(Person::Irene, Deed::ClaimWithdrawal { tier, token }).await?;
            }
        }
        for row in all_capital(&self.core).await? {
            let CapitalRow { tier, token, shares, waiting, queued, .. } = row;
            self.tell(format!(
                "Irene has left in tier {tier} of {token:?}: {shares} shares, {queued} in the queue, {waiting} base units waiting"
            ));
        }
        for row in self.policies(Person::Peter).await? {
            self.tell(format!("policy {} ended as {:?}, and paid {:?}", row.id, row.state, row.paid));
            ensure!(row.state != PolicyState::Active, "policy {} is not over", row.id);
            ensure!(row.is_sound, "policy {} is doubtful", row.id);
        }
        let Answer::Told { words } = self.core.insist(&Ask::Told).await? else { bail!("nothing was told") };
        for kind in ["InTheMoney", "HealthChanged", "ExitFilled", "DepositTaken"] {
            let told = words.iter().filter(|one| one.starts_with(kind)).count();
            ensure!(told > 0, "nobody was told of {kind}: {words:#?}");
        }
        for one in words {
            self.tell(format!("told: {one}"));
        }
        Ok(())
    }

    async fn day(&mut self, day: &Day) -> Result<()> {
        self.walk(day).await?;
        self.close(&format!("{}: closed at {}", day.date, dollars(day.close))).await
    }

    async fn walk(&mut self, day: &Day) -> Result<()> {
        let middle = self.world.price().stx;
        self.world.walk_to(day.low, middle).await?;
        self.world.walk_to(day.close, day.stx).await
    }

    /// On past the next boundary, and until the keeper has done everything that it demands.
    async fn close(&mut self, what: &str) -> Result<()> {
        self.rest().await?;
        let boundary = self.world.next_boundary().await?;
        let suite = &self.world.chain.suite;
        let tokens = [Principal::Contract(suite.sbtc()?.clone()), Principal::Contract(suite.stx().clone())];
        self.world
            .until("the closes of a boundary", async |world| {
                for token in &tokens {
                    for tier in [CONSERVATIVE, BALANCED, AGGRESSIVE] {
                        let Some(bucket) = world.bucket(tier.into(), token).await? else { continue };
                        let is_over = |expiry: &u128| *expiry <= u128::from(boundary);
                        let has_something =
                            bucket.assets > 0 || bucket.deposits_now > 0 || bucket.deposits_next > 0;
                        if (has_something && bucket.due <= u128::from(boundary))
                            || bucket.live.iter().any(is_over)
                        {
                            return Ok(None);
                        }
                    }
                }
                Ok(Some(()))
            })
            .await?;
        self.tell(what);
        Ok(())
    }

    /// Until nothing is under way: a reorganisation may have taken back what was confirmed, and the day must not end before it
    /// is there again.
    async fn rest(&mut self) -> Result<()> {
        let core = Arc::clone(&self.core);
        let mut calm = 0;
        self.world
            .until("what is under way", async |_| {
                let mut is_calm = true;
                for person in [Person::Peter, Person::Irene] {
                    let rows = transactions(&core, person).await?;
                    is_calm &= rows.iter().all(|row| row.state != RowState::UnderWay);
                }
                calm = if is_calm { calm + 1 } else { 0 };
                Ok((calm >= 2).then_some(()))
            })
            .await
    }

    /// A wish, carried out once however often everything is killed meanwhile.
    async fn does(&mut self, person: Person, deed: Deed) -> Result<Row> {
        let mut days = self.days;
        loop {
            match self.wish(person, deed).await? {
                Outcome::Done(row) => {
                    self.tell(format!("{}: {deed:?}: {}", person.name(), row.txid));
                    return Ok(row);
                }
                // A reorganisation may have put a deposit after the close that it was meant for: then it is the next one's.
                Outcome::Refused { why, code } if days > 0 => {
                    days -= 1;
                    self.tell(format!("{} cannot do {deed:?} today ({code:?}): {why}", person.name()));
                    self.close("a day later").await?;
                }
                Outcome::Refused { why, code } => {
                    bail!("{} cannot do {deed:?} ({code:?}): {why}", person.name())
                }
            }
        }
    }

    /// Asks until the pool itself says that nothing is ready.
    async fn is_not_ready(&mut self, person: Person, deed: Deed) -> Result<String> {
        let is_nothing_to_claim =
            |code: u64| u128::from(code) == errors::LIQUIDITY_POOL_NOTHING_TO_CLAIM.code();
        let mut last = String::new();
        for _ in 0..MOST_RETRIES {
            last = match self.wish(person, deed).await? {
                Outcome::Refused { why, code: Some(code) } if is_nothing_to_claim(code) => return Ok(why),
                Outcome::Refused { why, code } => format!("refused ({code:?}): {why}"),
                // A reorganisation may have put a close after the last claim: then something is ready once more.
                Outcome::Done(row) if self.is_disturbed() => format!("carried out: {}", row.txid),
                Outcome::Done(row) => {
                    bail!("{} should not have been able to do {deed:?}: {}", person.name(), row.txid)
                }
            };
        }
        bail!("{}: {deed:?} was to find nothing ready, and was {last}", person.name())
    }

    /// As a careful person does it: looks into the list before asking again.
    async fn wish(&mut self, person: Person, deed: Deed) -> Result<Outcome> {
        let place = self.count_of(person);
        let (mut place, mut refused) = (place, None);
        let begun = Instant::now();
        loop {
            ensure!(begun.elapsed() < self.world.patience(), "{}: {deed:?} is stuck", person.name());
            let rows = self.transactions(person).await?;
            let mut repeats = None;
            if let Some(family) = families(&rows).get(place) {
                if let Some(row) = family.iter().find(|row| row.state == RowState::Confirmed) {
                    self.carried_out.insert(person, place + 1);
                    return Ok(Outcome::Done((*row).clone()));
                }
                if family.iter().any(|row| row.state == RowState::UnderWay) {
                    self.world.block().await?;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
                if let Some(row) = family.iter().find(|row| matches!(row.state, RowState::Failed(_))) {
                    self.tell(format!(
                        "{}: {deed:?} failed on the chain: {:?}; again",
                        person.name(),
                        row.state
                    ));
                    let failed = self.failed.entry(person).or_default();
                    *failed += 1;
                    ensure!(*failed <= MOST_RETRIES, "too much fails on the chain");
                    self.world.report().await?;
                    place += 1;
                    self.carried_out.insert(person, place);
                    continue;
                }
                repeats = family.last().map(|row| row.id);
            }
            match self.core.ask(&Ask::Propose { person, deed, repeats }).await {
                Ok(Answer::Question { transaction, digest, .. }) => {
                    // Whatever comes of it is in the list.
                    match self.core.ask(&Ask::Approve { transaction, digest }).await {
                        Ok(Answer::Approved { .. }) | Err(_) => {}
                        Ok(other) => tracing::debug!(?other, "not approved"),
                    }
                }
                Ok(Answer::Refused { why, code, .. }) => {
                    // A price that has grown old, a node that was away, a look at the chain that is not done yet: only what
                    // stays is an answer.
                    let since = *refused.get_or_insert_with(Instant::now);
                    if since.elapsed() > self.hope {
                        return Ok(Outcome::Refused { why, code });
                    }
                    self.world.report().await?;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
                Ok(other) => bail!("{other:?} is no answer to a proposal"),
                Err(error) => {
                    tracing::debug!(%error, "the core was killed");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    pub(crate) async fn transactions(&self, person: Person) -> Result<Vec<Row>> {
        transactions(&self.core, person).await
    }

    pub(crate) async fn policies(&self, person: Person) -> Result<Vec<PolicyRow>> {
        policies(&self.core, person).await
    }

    fn policy(&self, name: &str) -> Result<u64> {
        self.bought.get(name).copied().with_context(|| format!("no policy is {name}"))
    }

    async fn capital(&self, tier: u8, token: Token) -> Result<CapitalRow> {
        capital(&self.core, tier, token).await
    }
}

async fn transactions(core: &Core, person: Person) -> Result<Vec<Row>> {
    match core.insist(&Ask::Transactions { person }).await? {
        Answer::Transactions { rows } => Ok(rows),
        other => bail!("{other:?} is no list of transactions"),
    }
}

async fn capital(core: &Core, tier: u8, token: Token) -> Result<CapitalRow> {
    let rows = all_capital(core).await?;
    let found = rows.into_iter().find(|row| row.tier == tier && row.token == token);
    found.with_context(|| format!("Irene has nothing in tier {tier} of {token:?}"))
}

async fn all_capital(core: &Core) -> Result<Vec<CapitalRow>> {
    match core.insist(&Ask::Capital { person: Person::Irene }).await? {
        Answer::Capital { rows } => Ok(rows),
        other => bail!("{other:?} is no capital"),
    }
}

async fn policies(core: &Core, person: Person) -> Result<Vec<PolicyRow>> {
    match core.insist(&Ask::Policies { person }).await? {
        Answer::Policies { rows } => Ok(rows),
        other => bail!("{other:?} is no list of policies"),
    }
}

/// Transactions that stand for themselves, oldest first, each with those that take its place.
pub(crate) fn families(rows: &[Row]) -> Vec<Vec<&Row>> {
    let mut families: Vec<Vec<&Row>> = Vec::new();
    for row in rows {
        let family = row.earlier.and_then(|earlier| {
            families.iter().position(|family| family.iter().any(|one| one.id == earlier))
        });
        match family.and_then(|place| families.get_mut(place)) {
            Some(family) => family.push(row),
            None => families.push(vec![row]),
        }
    }
    families
}

fn dollars(price: UsdE8) -> String {
    format!("{}.{:02} USD", price.base_units() / 100_000_000, price.base_units() / 1_000_000 % 100)
}
