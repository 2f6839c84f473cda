//! The ledger's tables against the contracts' own maps, field by field: a column holds what the map's field of the same name
//! holds.

use std::collections::BTreeSet;

use bithedge_ledger::{BucketKey, TimeRange, Trust};
use bithedge_protocol::TokenAmount;
use bithedge_stacks::{ClarityName, Principal, Value};
use bithedge_suite::state;
use bithedge_suite_world::*;
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, params_from_iter};

use crate::dump::connect;
use crate::recorder::Recorder;

/// What has to be looked up: whatever events have named.
#[derive(Default, Clone)]
pub(crate) struct Known {
    buckets: BTreeSet<(u128, Principal)>,
    books: BTreeSet<(u128, Principal, u128)>,
    claims: BTreeSet<(u128, Principal, u128, u128)>,
    positions: BTreeSet<(u128, Principal, Principal)>,
    credits: BTreeSet<(Principal, Principal)>,
    covers: BTreeSet<(Principal, u128)>,
    recipients: BTreeSet<Principal>,
    tokens: BTreeSet<Principal>,
    operations: BTreeSet<String>,
    boundaries: BTreeSet<u128>,
    policies: BTreeSet<u128>,
    pub(crate) events: BTreeSet<String>,
}

impl Known {
    pub(crate) fn note(&mut self, event: &Value) {
        let number = |field| event.field(field).and_then(Value::as_uint).ok();
        let principal = |field| event.field(field).and_then(Value::as_principal).ok().cloned();
        let name = event.field("event").unwrap().as_ascii().unwrap();
        self.events.insert(name.to_owned());
        if let (Some(tier), Some(token)) = (number("tier"), principal("token")) {
            self.buckets.insert((tier, token.clone()));
            if let Some(expiry) = number("expiry") {
                self.books.insert((tier, token.clone(), expiry));
                self.claims.extend(number("strike").map(|strike| (tier, token.clone(), expiry, strike)));
            }
            // A policy's provider is the pool itself.
            if number("policy").is_none() {
                self.positions.extend(principal("provider").map(|one| (tier, token.clone(), one)));
            }
        }
        if let Some(token) = principal("token") {
            self.credits.extend(principal("who").map(|who| (who, token.clone())));
            self.covers.extend(number("reference").map(|at| (token.clone(), at)));
            self.tokens.insert(token);
        }
        self.recipients.extend(principal("recipient"));
        self.policies.extend(number("policy"));
        match name {
            "boundary-recorded" => drop(self.boundaries.insert(number("at").unwrap())),
            "fee-processed" => {
                self.operations.insert(event.field("operation").unwrap().as_ascii().unwrap().to_owned());
            }
            _ => {}
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.buckets.extend(other.buckets.iter().cloned());
        self.books.extend(other.books.iter().cloned());
        self.claims.extend(other.claims.iter().cloned());
        self.positions.extend(other.positions.iter().cloned());
        self.credits.extend(other.credits.iter().cloned());
        self.covers.extend(other.covers.iter().cloned());
        self.recipients.extend(other.recipients.iter().cloned());
        self.tokens.extend(other.tokens.iter().cloned());
        self.operations.extend(other.operations.iter().cloned());
        self.boundaries.extend(other.boundaries.iter().copied());
        self.policies.extend(other.policies.iter().copied());
        self.events.extend(other.events.iter().cloned());
    }
}

fn name(text: &str) -> ClarityName {
    ClarityName::new(text).unwrap()
}

fn tuple(fields: &[(&str, &Value)]) -> Value {
    Value::tuple(fields.iter().map(|(field, value)| (name(field), (*value).clone())))
}

fn number(sql: &Sql) -> u128 {
    match sql {
        Sql::Integer(number) => u128::try_from(*number).unwrap(),
        Sql::Blob(bytes) => u128::from_be_bytes(bytes.as_slice().try_into().unwrap()),
        other => panic!("{other:?} is no number"),
    }
}

/// Numbers, one after the other.
fn numbers(sql: &Sql) -> Vec<u128> {
    let Sql::Blob(bytes) = sql else { panic!("{sql:?} is no list") };
    bytes.chunks(16).map(|one| u128::from_be_bytes(one.try_into().unwrap())).collect()
}

/// The columns of a table that a map's field stands in.
fn column(table: &str, field: &str) -> String {
    match (table, field) {
        ("buckets" | "epochs", "index") => "exit_index".to_owned(),
        ("buckets" | "epochs", "sum") => "exit_sum".to_owned(),
        ("exit_generations", field) => format!("exit_{field}"),
        _ => field.replace('-', "_"),
    }
}

/// Fields of records in lists, in the order in which the ledger lays them down.
fn record(field: &str) -> &'static [&'static str] {
    match field {
        "series" => &["strike", "floor", "ratio", "size", "locked", "required"],
        "pending" => &["epoch", "deposit", "exit", "basis", "generation"],
        other => panic!("what is in {other}?"),
    }
}

struct Row<'c> {
    table: &'static str,
    when: String,
    row: Option<Vec<(String, Sql)>>,
    _connection: &'c Connection,
}

impl<'c> Row<'c> {
    fn find(connection: &'c Connection, table: &'static str, keys: &[(&str, Sql)]) -> Self {
        let conditions: Vec<String> = keys.iter().map(|(key, _)| format!("{key} = ?")).collect();
        let mut statement = connection
            .prepare_cached(&format!("SELECT * FROM {table} WHERE {}", conditions.join(" AND ")))
            .unwrap();
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query(params_from_iter(keys.iter().map(|(_, value)| value))).unwrap();
        let row = rows.next().unwrap().map(|row| {
            columns.into_iter().enumerate().map(|(index, column)| (column, row.get(index).unwrap())).collect()
        });
        Self { table, when: format!("{table} {keys:?}"), row, _connection: connection }
    }

    fn column(&self, column: &str) -> &Sql {
        let row = self.row.as_ref().unwrap_or_else(|| panic!("there is no {}", self.when));
        &row.iter()
            .find(|(name, _)| name == column)
            .unwrap_or_else(|| panic!("{} has no {column}", self.table))
            .1
    }

    /// Every field of the map's entry; how many there were. `skip` are fields that no event tells.
    fn equals(&self, entry: Option<Value>, skip: &[&str]) -> usize {
        let Some(entry) = entry else {
            assert!(self.row.is_none(), "{} is not in the map", self.when);
            return 1;
        };
        let Ok(fields) = entry.as_tuple() else {
            self.same("amount", &entry, "amount");
            return 1;
        };
        for (field, value) in fields.iter().filter(|(field, _)| !skip.contains(&field.as_str())) {
            if let Value::Tuple(inner) = value {
                for (inner, value) in inner {
                    self.same(inner.as_str(), value, &format!("{field}_{inner}"));
                }
            } else {
                self.same(field.as_str(), value, &column(self.table, field.as_str()));
            }
        }
        fields.len()
    }

    fn same(&self, field: &str, value: &Value, column: &str) {
        let found = self.column(column);
        let when = || format!("{field} of {}", self.when);
        match value {
            Value::UInt(value) => assert_eq!(number(found), *value, "{}", when()),
            Value::Bool(value) => assert_eq!(number(found), u128::from(*value), "{}", when()),
            Value::StringAscii(value) => assert_eq!(*found, Sql::Text(value.clone()), "{}", when()),
            Value::Principal(_) => assert_eq!(*found, Sql::Blob(value.encode()), "{}", when()),
            Value::List(list) => {
                let wanted: Vec<u128> = list
                    .iter()
                    .flat_map(|one| match one {
                        Value::UInt(number) => vec![*number],
                        record_ => record(field).iter().map(|part| num(record_, part)).collect(),
                    })
                    .collect();
                assert_eq!(numbers(found), wanted, "{}", when());
            }
            other => panic!("{other:?} in {}", when()),
        }
    }
}

fn int(value: u128) -> Sql {
    Sql::Integer(i64::try_from(value).unwrap())
}

fn blob(value: &Value) -> Sql {
    Sql::Blob(value.encode())
}

/// Compares whatever `named` names; how many fields there were.
pub(crate) fn compare(r: &mut Recorder, named: &Known) -> usize {
    let connection = connect(&r.path());
    let vm = &mut r.w.vm;
    let mut fields = 0;
    let mut same = |table, place: &[(&str, Sql)], entry, skip: &[&str]| {
        fields += Row::find(&connection, table, place).equals(entry, skip);
    };
    for (tier, token) in &named.buckets {
        let token = &Value::Principal(token.clone());
        let place = [("tier", int(*tier)), ("token", blob(token))];
        let key = [("tier", &u(*tier)), ("token", token)];
        let bucket = vm.entry("liquidity-pool", "buckets", &tuple(&key)).unwrap();
        let epoch = num(bucket.as_ref().unwrap(), "epoch");
        let generation = num(bucket.as_ref().unwrap(), "exit-generation");
        same("buckets", &place, bucket, &[]);
        for epoch in epoch.saturating_sub(1)..=epoch {
            let entry = vm
                .entry("liquidity-pool", "epochs", &tuple(&[key[0], key[1], ("epoch", &u(epoch))]))
                .unwrap();
            same("epochs", &[place[0].clone(), place[1].clone(), ("epoch", int(epoch))], entry, &[]);
        }
        for generation in generation.saturating_sub(1)..=generation {
            let key = tuple(&[key[0], key[1], ("generation", &u(generation))]);
            let entry = vm.entry("liquidity-pool", "exit-generations", &key).unwrap();
            let place = [place[0].clone(), place[1].clone(), ("generation", int(generation))];
            same("exit_generations", &place, entry, &[]);
        }
    }
    for (tier, token, expiry) in &named.books {
        let token = &Value::Principal(token.clone());
        let key = tuple(&[("tier", &u(*tier)), ("token", token), ("expiry", &u(*expiry))]);
        let place = [("tier", int(*tier)), ("token", blob(token)), ("expiry", int(*expiry))];
        same("books", &place, vm.entry("liquidity-pool", "books", &key).unwrap(), &["keys"]);
        same("settlements", &place, vm.entry("liquidity-pool", "settlements", &key).unwrap(), &[]);
    }
    for (tier, token, expiry, strike) in &named.claims {
        let token = &Value::Principal(token.clone());
        let (tier_key, expiry_key, number) = (u(*tier), u(*expiry), u(strike * 4 + 1));
        let key = tuple(&[("tier", &tier_key), ("token", token), ("expiry", &expiry_key), ("key", &number)]);
        let strike = ("strike", Sql::Blob(strike.to_be_bytes().to_vec()));
        let place = [("tier", int(*tier)), ("token", blob(token)), ("expiry", int(*expiry)), strike];
        same("claims", &place, vm.entry("liquidity-pool", "claims", &key).unwrap(), &[]);
    }
    for (tier, token, provider) in &named.positions {
        let (token, provider) = (Value::Principal(token.clone()), Value::Principal(provider.clone()));
        let key = tuple(&[("tier", &u(*tier)), ("token", &token), ("provider", &provider)]);
        let place = [("tier", int(*tier)), ("token", blob(&token)), ("provider", blob(&provider))];
        same("positions", &place, vm.entry("liquidity-pool", "positions", &key).unwrap(), &[]);
    }
    for (who, token) in &named.credits {
        let (who, token) = (Value::Principal(who.clone()), Value::Principal(token.clone()));
        let key = tuple(&[("who", &who), ("token", &token)]);
        let place = [("who", blob(&who)), ("token", blob(&token))];
        same("credits", &place, vm.entry("liquidity-pool", "credits", &key).unwrap(), &[]);
    }
    for (token, reference) in &named.covers {
        let token = Value::Principal(token.clone());
        let key = tuple(&[("token", &token), ("reference", &u(*reference))]);
        let place = [("token", blob(&token)), ("reference", int(*reference))];
        same("covers", &place, vm.entry("insurance-fund", "cover", &key).unwrap(), &[]);
    }
    for token in &named.tokens {
        let token = Value::Principal(token.clone());
        let place = [("token", blob(&token))];
        for (contract, map, table) in [
            ("liquidity-pool", "collateral-tokens", "collateral_tokens"),
            ("liquidity-pool", "credit-totals", "credit_totals"),
            ("liquidity-pool-vault", "tokens", "vault_tokens"),
            ("treasury", "tokens", "treasury_tokens"),
            ("insurance-fund", "funds", "funds"),
        ] {
            same(table, &place, vm.entry(contract, map, &token).unwrap(), &[]);
        }
        let pool = Value::from(vm.contract("liquidity-pool").unwrap());
        let key = tuple(&[("backend", &pool), ("token", &token)]);
        let place = [("backend", blob(&pool)), ("token", blob(&token))];
        same("vault_accounts", &place, vm.entry("liquidity-pool-vault", "accounts", &key).unwrap(), &[]);
        for recipient in &named.recipients {
            let recipient = Value::Principal(recipient.clone());
            let key = tuple(&[("recipient", &recipient), ("token", &token)]);
            let place = [("recipient", blob(&recipient)), ("token", blob(&token))];
            same("treasury_credits", &place, vm.entry("treasury", "credits", &key).unwrap(), &[]);
        }
        for operation in &named.operations {
            let text = Value::ascii(operation.as_str()).unwrap();
            let key = tuple(&[("operation", &text), ("token", &token)]);
            let place = [("operation", Sql::Text(operation.clone())), ("token", blob(&token))];
            same("fee_totals", &place, vm.entry("treasury", "fee-totals", &key).unwrap(), &[]);
        }
    }
    if named.events.contains("tier-set") {
        for tier in [CONSERVATIVE, BALANCED, AGGRESSIVE] {
            let entry = vm.entry("liquidity-pool", "tiers", &u(tier)).unwrap();
            same("tiers", &[("tier", int(tier))], entry, &[]);
        }
    }
    for at in &named.boundaries {
        // What the next sample starts from is no price.
        same(
            "boundaries",
            &[("at", int(*at))],
            vm.entry("oracle", "boundaries", &u(*at)).unwrap(),
            &["opening"],
        );
    }
    for id in &named.policies {
        let entry = vm.entry("policy-registry", "policies", &u(*id)).unwrap();
        same("policies", &[("id", int(*id))], entry, &[]);
    }
    fields + answers(r, named)
}

/// The public answers against the contracts'.
fn answers(r: &mut Recorder, named: &Known) -> usize {
    let mut fields = 0;
    let mut reader = r.ledger.reader().unwrap();
    let snapshot = reader.snapshot().unwrap();
    for (tier, token, provider) in &named.positions {
        let key = BucketKey { tier: u8::try_from(*tier).unwrap(), token: token.clone() };
        let asked = [u(*tier), Value::Principal(token.clone()), Value::Principal(provider.clone())];
        let chain = r.w.read("liquidity-pool", "get-provider", &asked);
        let chain = chain.as_response().unwrap().unwrap().clone();
        let ours = snapshot.provider(provider, &key).unwrap().unwrap();
        assert_eq!(ours.trust, Trust::Sound);
        let typed: bithedge_suite::generated::liquidity_pool::types::Provider =
            bithedge_suite::FromClarity::from_clarity(&chain).unwrap();
        assert_eq!(ours.position, state::position(&typed));
        let value = [ours.value.value, ours.value.locked, ours.value.available];
        assert_eq!(value.map(TokenAmount::base_units), [typed.value, typed.locked, typed.available]);
        assert_eq!(ours.returned.base_units(), typed.returned);
        fields += 13;
    }
    let vault = Principal::Contract(r.w.vm.contract("liquidity-pool-vault").unwrap());
    let held = r.w.vm.balances(&vault).unwrap();
    for all in snapshot.totals().unwrap() {
        assert!(all.adds_up(), "{all:?}");
        let is_sbtc = Value::Principal(all.token.clone()) == r.w.sbtc;
        let tokens = if is_sbtc { held.sats } else { u128::from(held.stx.micro()) };
        assert_eq!(all.vault_balance.base_units(), tokens, "nobody has sent the vault a present");
        fields += 3;
    }
    if let Some(latest) = snapshot.latest_price().unwrap() {
        let last = snapshot.prices(TimeRange { from: latest.at, to: latest.at }).unwrap();
        assert_eq!(last.last(), Some(&latest));
        let chain = r.w.vm.variable("oracle", "latest").unwrap();
        assert_eq!(
            (num(&chain, "btc"), num(&chain, "stx")),
            (latest.btc.base_units(), latest.stx.base_units())
        );
        assert_eq!(num(&chain, "at"), u128::from(latest.at.get()));
        fields += 3;
    }
    fields
}
