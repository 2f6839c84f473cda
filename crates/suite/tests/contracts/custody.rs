//! The contracts that hold money, with fakes around them: what the tests of vault, treasury and insurance fund share.
//!
//! Calls are written as in Clarity, without the outermost bracket: `vault deposit-funds u5 .stx-token @wallet_1`, where
//! `.name` is a contract of the deployer's, `@label` an account and `#sbtc` the network's sBTC.

use bithedge_stacks::Value;
use bithedge_vm::{Options, Outcome, Session};

use crate::support;

/// sBTC on the test networks.
pub(crate) const SBTC: &str = "SM3VDXK3WZZSA84XXFKAFAF15NNZX32CTSG82JFQ4.sbtc-token";

const BACKEND: &str = include_str!("fakes/fake-backend.clar");
const AUDITOR: &str = include_str!("fakes/fake-auditor.clar");
const TOKEN: &str = include_str!("fakes/fake-token.clar");
const CONTRACTS: [&str; 10] = [
    "sip-010-trait",
    "stx-token",
    "governance",
    "upgrade-manager",
    "parameters",
    "analytics",
    "liquidity-pool-vault",
    "insurance-fund",
    "fee-schedule",
    "treasury",
];

/// The custody contracts in a VM, registered, with accepted tokens and funded wallets.
pub(crate) struct Custody {
    pub(crate) session: Session,
}

impl Custody {
    /// Deployed and nothing else.
    pub(crate) fn bare(options: Options) -> Self {
        let project = support::project(&CONTRACTS)
            .with("fake-pool", BACKEND)
            .unwrap()
            .with("fake-registry", BACKEND)
            .unwrap()
            .with("fake-successor", BACKEND)
            .unwrap()
            .with("fake-between", BACKEND)
            .unwrap()
            .with("fake-token", TOKEN)
            .unwrap()
            .with("fake-unlisted", TOKEN)
            .unwrap()
            .with("fake-auditor", AUDITOR)
            .unwrap();
        Self { session: Session::start(project, options).unwrap() }
    }

    /// In service: all registered, STX, sBTC and the fake token accepted everywhere, wallets 1 to 4 with 10 sBTC and
    /// 10^12 fake tokens each.
    pub(crate) fn ready() -> Self {
        Self::ready_with(Options::default())
    }

    pub(crate) fn ready_with(options: Options) -> Self {
        let mut custody = Self::bare(options);
        for (name, address) in [
            ("liquidity-pool", "fake-pool"),
            ("policy-registry", "fake-registry"),
            ("liquidity-pool-vault", "liquidity-pool-vault"),
            ("insurance-fund", "insurance-fund"),
            ("treasury", "treasury"),
        ] {
            custody.ok(
                "deployer",
                &format!("upgrade-manager register-contract \"{name}\" .{address} \"1.0.0\" true true"),
            );
        }
        for token in [".stx-token", "#sbtc", ".fake-token"] {
            custody.ok("deployer", &format!("liquidity-pool-vault set-token {token} true"));
            custody.ok("deployer", &format!("treasury set-token {token} true u0"));
            custody.ok("deployer", &fund_rules(token, "u1000", "u50000", "u500000", "u800000"));
        }
        custody.ok("deployer", "liquidity-pool-vault set-sbtc-token-principal #sbtc");
        custody.ok("deployer", "liquidity-pool-vault set-backend-principal .fake-pool");
        for wallet in ["wallet_1", "wallet_2", "wallet_3", "wallet_4"] {
            let address = custody.session.account(wallet).unwrap();
            custody.session.mint_sbtc(address, 1_000_000_000).unwrap();
            custody.ok("deployer", &format!("fake-token mint u1000000000000 @{wallet}"));
        }
        custody
    }

    /// Clarity source of what is meant.
    fn source(&self, text: &str) -> String {
        let deployer = self.session.deployer().unwrap();
        let mut source = String::new();
        for (index, word) in text.split(' ').enumerate() {
            if index > 0 {
                source.push(' ');
            }
            let bare = word.trim_start_matches(['(', '{']);
            source.push_str(&word[..word.len() - bare.len()]);
            let end = bare.trim_end_matches([')', '}', ',']);
            let tail = &bare[end.len()..];
            if let Some(name) = end.strip_prefix('.') {
                source.push_str(&format!("'{deployer}.{name}"));
            } else if let Some(label) = end.strip_prefix('@') {
                source.push_str(&format!("'{}", self.session.account(label).unwrap()));
            } else if end == "#sbtc" {
                source.push_str(&format!("'{SBTC}"));
            } else {
                source.push_str(end);
            }
            source.push_str(tail);
        }
        source
    }

    /// Calls as `who`.
    pub(crate) fn call(&mut self, who: &str, text: &str) -> Outcome {
        let sender = self.session.account(who).unwrap();
        let code = self.source(&format!("(contract-call? .{text})"));
        self.session.evaluate(sender, &code).unwrap()
    }

    /// Calls as `who` and wants `(ok …)`; the outcome has the events.
    pub(crate) fn ok(&mut self, who: &str, text: &str) -> Outcome {
        let outcome = self.call(who, text);
        assert!(outcome.ok().is_ok(), "{who}: {text}\n{:?}", outcome.result);
        outcome
    }

    /// Calls as `who` and wants the error, with nothing changed by the attempt.
    pub(crate) fn refused(&mut self, who: &str, text: &str, code: u128) {
        let before = self.session.fingerprint().unwrap();
        let outcome = self.call(who, text);
        assert_eq!(outcome.err_code().ok(), Some(code), "{who}: {text}\n{:?}", outcome.result);
        assert!(outcome.events.is_empty(), "{who}: {text}");
        assert_eq!(self.session.fingerprint().unwrap(), before, "{who}: {text} changed the state");
    }

    /// The value of a read-only call.
    pub(crate) fn read(&mut self, text: &str) -> Value {
        self.call("deployer", text).value().unwrap_or_else(|error| panic!("{text}: {error}")).clone()
    }

    /// A number from a read-only call that returns it bare or in `(ok …)`.
    pub(crate) fn uint(&mut self, text: &str) -> u128 {
        match self.read(text) {
            Value::Response(Ok(value)) => value.as_uint().unwrap(),
            value => value.as_uint().unwrap(),
        }
    }

    /// A number from a tuple that a read-only call returns.
    pub(crate) fn field(&mut self, text: &str, field: &str) -> u128 {
        self.read(text).field(field).unwrap_or_else(|error| panic!("{text}: {error}")).as_uint().unwrap()
    }

    /// What a principal really has of a token.
    pub(crate) fn balance(&mut self, token: &str, who: &str) -> u128 {
        let token = if token == "#sbtc" { format!("'{SBTC}") } else { token.to_owned() };
        let sender = self.session.deployer().unwrap();
        let code = self.source(&format!("(contract-call? {token} get-balance {who})"));
        let outcome = self.session.evaluate(sender, &code).unwrap();
        outcome.ok().unwrap().as_uint().unwrap()
    }

    /// Makes the fingerprint cover the entries that the named tokens and principals have in the contracts' maps.
    pub(crate) fn watch(&mut self, tokens: &[&str], principals: &[&str]) {
        for token in tokens {
            let token = self.principal(token);
            for (contract, map) in
                [("liquidity-pool-vault", "tokens"), ("insurance-fund", "funds"), ("treasury", "tokens")]
            {
                self.session.watch_entry(contract, map, token.clone()).unwrap();
            }
            for owner in principals {
                let owner = self.principal(owner);
                let account = tuple([("backend", owner.clone()), ("token", token.clone())]);
                self.session.watch_entry("liquidity-pool-vault", "accounts", account).unwrap();
                let credit = tuple([("recipient", owner), ("token", token.clone())]);
                self.session.watch_entry("treasury", "credits", credit).unwrap();
            }
        }
        for owner in principals {
            let owner = self.principal(owner);
            self.session.watch_entry("fee-schedule", "volumes", owner).unwrap();
        }
    }

    /// Puts a successor in a contract's place: the former one is retiring afterwards.
    pub(crate) fn replace(&mut self, name: &str, successor: &str) {
        let deployer = self.session.deployer().unwrap();
        let code = self.source(&format!("(contract-hash? .{successor})"));
        let hash = self.session.evaluate(deployer, &code).unwrap().ok().unwrap().to_source();
        self.ok("deployer", "governance assign-role @wallet_8 \"operator\"");
        self.ok(
            "deployer",
            &format!("upgrade-manager propose-upgrade \"{name}\" .{successor} \"2.0.0\" {hash}"),
        );
        self.ok("wallet_8", &format!("upgrade-manager verify-upgrade \"{name}\" true {hash}"));
        let now = self.session.now().unwrap();
        self.session.advance_to(now + 604_800 + 60).unwrap();
        self.ok("deployer", &format!("upgrade-manager activate-upgrade \"{name}\""));
    }

    /// Moves `seconds` on.
    pub(crate) fn wait(&mut self, seconds: u64) {
        let now = self.session.now().unwrap();
        self.session.advance_to(now + seconds).unwrap();
    }

    /// Ends the deployer's power and has the actions (target, function, arguments tuple) decided by vote, up to the end
    /// of their timelock.
    pub(crate) fn decide(&mut self, actions: &[(&str, &str, &str)]) {
        self.ok("deployer", "governance set-voting-weight @wallet_7 u100");
        self.ok("deployer", "governance complete-bootstrap");
        self.session.advance_stacks(2).unwrap();
        let deployer = self.session.deployer().unwrap();
        let mut list = String::new();
        for (target, function, arguments) in actions {
            let code = self.source(&format!("(sha256 (unwrap-panic (to-consensus-buff? {arguments} )))"));
            let hash = self.session.evaluate(deployer, &code).unwrap().value().unwrap().to_source();
            list.push_str(&format!(" {{target: .{target}, function: \"{function}\", args: {hash}}}"));
        }
        let hash = "0x0000000000000000000000000000000000000000000000000000000000000000";
        self.ok("wallet_7", &format!("governance propose \"test\" {hash} \"\" (list{list}) false"));
        // Governance's delays as deployed: one day until voting, five of voting, two of timelock.
        self.wait(86_400);
        self.ok("wallet_7", "governance vote u1 u1");
        self.wait(5 * 86_400);
        self.ok("wallet_7", "governance queue u1");
        self.wait(2 * 86_400);
    }

    /// A principal written as in calls.
    pub(crate) fn principal(&self, text: &str) -> Value {
        let source = self.source(text);
        Value::Principal(source.trim_start_matches('\'').parse().unwrap())
    }
}

/// A tuple value.
pub(crate) fn tuple<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::tuple(fields.map(|(name, value)| (name.parse().unwrap(), value)))
}

/// The call that sets the insurance fund's rules for a token.
pub(crate) fn fund_rules(token: &str, min_size: &str, target: &str, event: &str, period: &str) -> String {
    format!(
        "insurance-fund set-fund-rules {token} {{accepted: true, min-size: {min_size}, target-ratio: {target}, \
         event-limit: {event}, period-limit: {period}, base-rate: u100000, max-rate: u400000, gauge: \"fund-ratio\"}}"
    )
}

/// The one event that the contract printed, and its name checked.
pub(crate) fn event(outcome: &Outcome, contract: &str, name: &str) -> Value {
    let mut found: Vec<_> =
        outcome.prints().filter(|(from, _)| from.to_string().ends_with(&format!(".{contract}"))).collect();
    assert_eq!(found.len(), 1, "{contract} prints one event: {:?}", outcome.events);
    let (_, value) = found.pop().unwrap();
    assert_eq!(value.field("event").unwrap().as_ascii().unwrap(), name);
    value.clone()
}
