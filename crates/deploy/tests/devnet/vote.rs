//! A vote on a devnet, from the proposal to its last action. The practice network's tests use it too.

use bithedge_deploy::sender::{Blocks, Fee, Order, Sender};
use bithedge_stacks::{MicroStx, NodeClient, Payload, SecretKey, Value};
use bithedge_suite::{Contract, Deployment};
use sha2::{Digest as _, Sha256};

/// Seconds.
const DAY: u64 = 86_400;

/// Something that a vote decides: a call of a governed function.
pub(crate) struct Motion {
    contract: Contract,
    function: &'static str,
    arguments: Vec<Value>,
    /// What the approval is for: the arguments as a tuple.
    approved: Value,
}

impl Motion {
    /// A call with these arguments, in order, by their names.
    pub(crate) fn new<const N: usize>(
        contract: Contract,
        function: &'static str,
        arguments: [(&str, Value); N],
    ) -> Self {
        let approved =
            Value::tuple(arguments.iter().map(|(name, argument)| (name.parse().unwrap(), argument.clone())));
        let arguments = arguments.into_iter().map(|(_, argument)| argument).collect();
        Self { contract, function, arguments, approved }
    }

    /// A call whose only argument is a tuple, which is approved as it is.
    pub(crate) fn of_tuple(contract: Contract, function: &'static str, argument: Value) -> Self {
        Self { contract, function, arguments: vec![argument.clone()], approved: argument }
    }

    fn action(&self, suite: &Deployment) -> Value {
        let args = Sha256::digest(self.approved.encode()).to_vec();
        tuple([
            ("target", Value::from(suite.contract(self.contract).clone())),
            ("function", ascii(self.function)),
            ("args", Value::buffer(args)),
        ])
    }
}

/// A devnet that makes blocks when it is asked, and its only voter.
pub(crate) struct Ballot<'a> {
    pub(crate) url: &'a str,
    pub(crate) client: &'a NodeClient,
    pub(crate) suite: &'a Deployment,
    pub(crate) voter: &'a SecretKey,
}

impl Ballot<'_> {
    /// Proposes, votes, waits and carries out all of it; every call must succeed.
    pub(crate) async fn carry(&self, motions: &[Motion]) {
        let actions = motions.iter().map(|motion| motion.action(self.suite)).collect();
        let propose = [
            ascii("Change"),
            Value::buffer(vec![0; 32]),
            ascii("https://example.org"),
            Value::List(actions),
            Value::Bool(false),
        ];
        self.call(Contract::Governance, "propose", propose.to_vec()).await;
        self.pass(DAY).await;
        let id = Value::UInt(1);
        self.call(Contract::Governance, "vote", vec![id.clone(), Value::UInt(1)]).await;
        self.pass(5 * DAY).await;
        self.call(Contract::Governance, "queue", vec![id]).await;
        self.pass(2 * DAY).await;
        for motion in motions {
            self.call(motion.contract, motion.function, motion.arguments.clone()).await;
        }
    }

    async fn call(&self, contract: Contract, function: &str, args: Vec<Value>) {
        let blocks = Blocks::OnRequest(self.url.to_owned());
        let sender = Sender::new(self.client, self.suite.network().chain(), self.voter, blocks);
        let order = Order {
            what: function.to_owned(),
            payload: Payload::ContractCall {
                contract: self.suite.contract(contract).clone(),
                function: function.parse().unwrap(),
                args,
            },
            conditions: Vec::new(),
            fee: Fee::Fixed(MicroStx::new(20_000)),
        };
        sender.send(&[order], |_, _| ()).await.unwrap();
    }

    /// A little more than so long.
    async fn pass(&self, seconds: u64) {
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let body = serde_json::json!({ "seconds": seconds + 60 }).to_string();
        let answer = http.post(format!("{}/devnet/time", self.url)).body(body).send().await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    }
}

pub(crate) fn ascii(text: &str) -> Value {
    Value::ascii(text).unwrap()
}

pub(crate) fn tuple<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::tuple(fields.map(|(name, value)| (name.parse().unwrap(), value)))
}

/// A tuple with some of its fields changed.
pub(crate) fn with<const N: usize>(old: &Value, changes: [(&str, Value); N]) -> Value {
    let mut fields = old.as_tuple().unwrap().clone();
    for (name, value) in changes {
        assert!(fields.insert(name.parse().unwrap(), value).is_some(), "no field {name}");
    }
    Value::tuple(fields)
}
