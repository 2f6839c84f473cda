//! What must be true at the end of a run, whatever happened in it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use bithedge_practice::holdings::Holdings;
use bithedge_stacks::client::{Outcome, TransactionRecord, TransactionStatus};
use bithedge_stacks::{Address, Principal};

use crate::protocol::{Answer, Ask, Person, Row, RowState};
use crate::story::{Story, families};
use crate::world::World;

const PAGE: u64 = 50;

/// What was compared.
#[derive(Debug)]
pub(crate) struct Checked {
    pub(crate) transactions: usize,
    pub(crate) wishes: usize,
    pub(crate) height: u64,
    pub(crate) fingerprint: String,
    pub(crate) reconciled: Vec<String>,
    /// What the pool still has, in parts that add up.
    pub(crate) remains: Vec<String>,
    pub(crate) after: Holdings,
}

/// Everything.
///
/// # Errors
/// The first thing that is not as it must be.
pub(crate) async fn everything(story: &mut Story, before: &Holdings) -> Result<Checked> {
    quiet(story).await?;
    let after = story.holdings().await?;
    let mut checked = Checked {
        transactions: 0,
        wishes: 0,
        height: 0,
        fingerprint: String::new(),
        reconciled: Vec::new(),
        remains: Vec::new(),
        after,
    };
    for person in Person::ALL {
        transactions(story, person, &mut checked).await?;
    }
    books(story, &mut checked).await?;
    let after = &checked.after;
    ensure!(before.sum() == after.sum(), "the balances do not add up: {}", after.since(before));
    Ok(checked)
}

/// Until nothing is under way and the books are at the newest block.
async fn quiet(story: &mut Story) -> Result<()> {
    let begun = Instant::now();
    while begun.elapsed() < story.world.patience() {
        let mut is_quiet = true;
        for person in Person::ALL {
            is_quiet &= story.transactions(person).await?.iter().all(|row| row.state != RowState::UnderWay);
        }
        let Answer::Books { height, is_current, .. } = story.core.insist(&Ask::Books).await? else {
            bail!("no books");
        };
        let tip = story.world.chain.tip().await?.height;
        if is_quiet && is_current && height == Some(tip) {
            return Ok(());
        }
        if !is_quiet {
            story.world.block().await?;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    bail!("it does not come to rest")
}

/// The chain has what the journal has, and nothing else; and of each wish once at most.
async fn transactions(story: &Story, person: Person, checked: &mut Checked) -> Result<()> {
    let who = person.name();
    let address = story.address(person)?;
    let mined = mined_by(&story.world, &address).await?;
    let rows = story.transactions(person).await?;
    let known: BTreeMap<&str, &Row> = rows.iter().map(|row| (row.txid.as_str(), row)).collect();
    ensure!(known.len() == rows.len(), "{who}: a transaction is in the journal twice");
    let first = story.first_nonce(person);
    let mined: Vec<_> = mined.into_iter().filter(|record| record.nonce >= first).collect();
    for (nonce, record) in (first..).zip(&mined) {
        ensure!(record.nonce == nonce, "{who}: the chain's nonces have a gap at {nonce}");
        let row = known.get(record.txid.to_string().as_str()).with_context(|| {
            format!("{who}: {} is on the chain, and the journal has forgotten it", record.txid)
        })?;
        let is_success = matches!(&record.status, TransactionStatus::Included(included) if included.outcome == Outcome::Success);
        match &row.state {
            RowState::Confirmed if is_success => {}
            RowState::Failed(_) if !is_success => {}
            other => bail!(
                "{who}: {} is {:?} on the chain and {other:?} in the journal",
                record.txid,
                record.status
            ),
        }
    }
    let on_chain: BTreeSet<String> = mined.iter().map(|record| record.txid.to_string()).collect();
    for row in &rows {
        let says_mined = matches!(row.state, RowState::Confirmed | RowState::Failed(_));
        ensure!(
            says_mined == on_chain.contains(&row.txid),
            "{who}: {} is {:?} in the journal, and that is not so on the chain",
            row.txid,
            row.state
        );
        ensure!(row.alarms == 0, "{who}: {} did something that was not approved", row.txid);
    }
    let families = families(&rows);
    for family in &families {
        let times = family.iter().filter(|row| on_chain.contains(&row.txid)).count();
        ensure!(times <= 1, "{who}: a wish was carried out {times} times: {family:?}");
    }
    if person != Person::Keeper {
        let confirmed = families
            .iter()
            .filter(|family| family.iter().any(|row| row.state == RowState::Confirmed))
            .count();
        let wanted = story.count_of(person) - story.failed_of(person);
        ensure!(confirmed == wanted, "{who}: {confirmed} wishes were carried out, and {wanted} were wanted");
    }
    checked.transactions += mined.len();
    checked.wishes += families.len();
    Ok(())
}

/// Everything that an account ever sent, by nonce.
async fn mined_by(world: &World, address: &Address) -> Result<Vec<TransactionRecord>> {
    let principal = Principal::Standard(*address);
    let mut all = Vec::new();
    for page in 0.. {
        let found = world.chain.client.address_transactions(&principal, PAGE, page * PAGE).await?.results;
        let is_last = (found.len() as u64) < PAGE;
        all.extend(found.into_iter().filter(|record| record.sender == *address));
        if is_last {
            break;
        }
    }
    all.sort_by_key(|record| record.nonce);
    Ok(all)
}

/// The ledger is that which a new one would be, and agrees with contracts and balances.
async fn books(story: &Story, checked: &mut Checked) -> Result<()> {
    let Answer::Books { anomalies, .. } = story.core.insist(&Ask::Books).await? else { bail!("no books") };
    ensure!(anomalies == 0, "{anomalies} events did not fit what the ledger knew");
    let Answer::Rebuilt { height, here, anew } = story.core.insist(&Ask::Rebuild).await? else {
        bail!("no rebuild");
    };
    ensure!(here == anew, "the ledger is {here} at block {height}, and made anew it is {anew}");
    let Answer::Reconciled { rows, differs } = story.core.insist(&Ask::Reconcile).await? else {
        bail!("no reconciliation");
    };
    ensure!(!differs, "ledger, contracts and balances do not agree: {rows:#?}");
    let lines = match story.core.insist(&Ask::Remains).await? {
        Answer::Remains { lines } => lines,
        other => bail!("what is left with the pool: {other:?}"),
    };
    (checked.height, checked.fingerprint, checked.reconciled) = (height, here, rows);
    checked.remains = lines;
    Ok(())
}
