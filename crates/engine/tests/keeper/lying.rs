//! A node that does not tell what is.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bithedge_engine::intents::{ReadError, Reading, SuiteReader, Tip};
use bithedge_engine::keeper::{FromRegistry, Keeper, NoPrices, Parts, When};
use bithedge_stacks::Value;
use bithedge_suite::Deployment;

use crate::hand::{KEEPER, order};
use crate::life::{Case, closing, stranger_closes};
use crate::net::Net;

/// Answers by what was asked.
type Answers = Vec<(Reading, Option<Value>)>;

/// A node whose index stands still: it says for ever what it said at first.
#[derive(Clone)]
struct Liar {
    net: Net,
    said: Arc<Mutex<Answers>>,
}

impl SuiteReader for Liar {
    async fn tip(&self) -> Result<Tip, ReadError> {
        SuiteReader::tip(&self.net).await
    }

    async fn read(&self, readings: Vec<Reading>) -> Result<Vec<Option<Value>>, ReadError> {
        let mut answers = Vec::new();
        for reading in readings {
            let known = self.said.lock().unwrap().iter().find(|(known, _)| *known == reading).cloned();
            let answer = match known {
                Some((_, answer)) => answer,
                None => self.net.read(vec![reading.clone()]).await?.remove(0),
            };
            self.said.lock().unwrap().push((reading, answer.clone()));
            answers.push(answer);
        }
        Ok(answers)
    }
}

pub(crate) async fn a_lying_node_costs_little(case: Case) {
    let liar = Liar { net: case.net.clone(), said: Arc::default() };
    let parts = Parts {
        transactions: Arc::clone(&case.service),
        reader: liar,
        deployment: Deployment::devnet(),
        prices: NoPrices,
        ended: FromRegistry::new(case.net.clone(), Deployment::devnet()),
        clock: Arc::new(case.net.clone()),
        tiers: vec![2],
    };
    let mut keeper = Keeper::new(parts, closing(When::Paid), order(KEEPER));
    let began = case.net.now();
    // Three hours in which the node says that the close is due, which somebody else has made.
    while case.net.now() < began + 3 * 3_600 {
        let _ = keeper.step().await.unwrap();
        stranger_closes(&case);
        case.mines().await;
        case.net.world(|world| world.vm.advance_stacks(2).unwrap());
        tokio::time::advance(Duration::from_secs(30)).await;
    }
    let chain = case.net.state().chain();
    // After 1, 2, 4, 8, 16, 32 and 60 minutes.
    assert!((5..=9).contains(&chain.len()), "{chain:?}");
    println!("a node that lied for three hours cost {} fees", chain.len());
}
