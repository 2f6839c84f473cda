//! Clarity's types as Rust's.

use anyhow::{Result, bail, ensure};
use bithedge_stacks::client::{AbiField, AbiType};

use crate::names;

/// Names for people, where the one made from maps and functions would be odd: contract, made name, better name.
const RENAMED: [(&str, &str, &str); 21] = [
    ("governance", "ApprovalsKey", "Action"),
    ("governance", "ProposalsEntry", "Proposal"),
    ("governance", "TalliesEntry", "Tally"),
    ("liquidity-pool", "BooksEntry", "Book"),
    ("liquidity-pool", "BookSeries", "Series"),
    ("liquidity-pool", "BucketsEntry", "Bucket"),
    ("liquidity-pool", "BucketsKey", "BucketKey"),
    ("liquidity-pool", "ClaimsEntry", "Claim"),
    ("liquidity-pool", "CollateralTokensEntry", "CollateralToken"),
    ("liquidity-pool", "EpochsEntry", "Epoch"),
    ("liquidity-pool", "GetProviderAnswer", "Provider"),
    ("liquidity-pool", "PositionsEntry", "Position"),
    ("liquidity-pool", "PositionTicket", "Ticket"),
    ("liquidity-pool", "PositionPending", "Request"),
    ("liquidity-pool", "QuoteSaleAnswer", "Part"),
    ("liquidity-pool", "SettlementsEntry", "Settlement"),
    ("liquidity-pool", "TiersEntry", "Tier"),
    ("policy-registry", "GetQuoteAnswer", "Quote"),
    ("policy-registry", "PoliciesEntry", "Policy"),
    ("policy-registry", "PolicyEventsEntry", "PolicyEvent"),
    ("treasury", "SwapsEntry", "Swap"),
];

/// The structs of a contract's tuples. Tuples with the same fields are one struct, under the name that came first.
#[derive(Debug, Default)]
pub struct Tuples {
    contract: String,
    known: Vec<(Vec<AbiField>, String)>,
}

impl Tuples {
    /// None yet.
    #[must_use]
    pub fn of(contract: &str) -> Self {
        Self { contract: contract.to_owned(), known: Vec::new() }
    }

    /// The Rust type. `name` is that of a struct, should the type be a tuple that is not known yet; `prefix` stands before
    /// structs' names.
    ///
    /// # Errors
    /// A type that no function can take or answer.
    pub fn rust(&mut self, kind: &AbiType, name: &str, prefix: &str) -> Result<String> {
        Ok(match kind {
            AbiType::None => "std::convert::Infallible".to_owned(),
            AbiType::Int128 => "i128".to_owned(),
            AbiType::Uint128 => "u128".to_owned(),
            AbiType::Bool => "bool".to_owned(),
            AbiType::Principal => "Principal".to_owned(),
            AbiType::TraitReference => "ContractId".to_owned(),
            AbiType::Buffer { length } => format!("Buffer<{length}>"),
            AbiType::StringAscii { length } => format!("Ascii<{length}>"),
            AbiType::StringUtf8 { length } => format!("Utf8<{length}>"),
            AbiType::Optional(inner) => format!("Option<{}>", self.rust(inner, name, prefix)?),
            AbiType::List { r#type, length } => {
                format!("List<{}, {length}>", self.rust(r#type, name, prefix)?)
            }
            AbiType::Response { ok, error } => {
                let error = match **error {
                    // Error codes are the suite's, whether or not this function ever answers with one.
                    AbiType::Uint128 | AbiType::None => "ContractError".to_owned(),
                    ref other => self.rust(other, &format!("{name}Error"), prefix)?,
                };
                format!("Result<{}, {error}>", self.rust(ok, name, prefix)?)
            }
            AbiType::Tuple(fields) => format!("{prefix}{}", self.name(fields, name)?),
        })
    }

    fn name(&mut self, fields: &[AbiField], wanted: &str) -> Result<String> {
        let mut fields = fields.to_vec();
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        if let Some((_, name)) = self.known.iter().find(|(known, _)| *known == fields) {
            return Ok(name.clone());
        }
        if fields.is_empty() {
            bail!("{wanted} is a tuple without fields");
        }
        let renamed =
            RENAMED.iter().find(|(contract, made, _)| *contract == self.contract && *made == wanted);
        let wanted = renamed.map_or(wanted, |(.., better)| better);
        let is_taken = |name: &str| self.known.iter().any(|(_, known)| known == name);
        let free = (1..)
            .map(|number| if number == 1 { wanted.to_owned() } else { format!("{wanted}{number}") })
            .find(|name| !is_taken(name));
        let name = free.unwrap_or_else(|| wanted.to_owned());
        self.known.push((fields, name.clone()));
        Ok(name)
    }

    /// The declarations of all structs, those included that are found on the way.
    ///
    /// # Errors
    /// See [`Tuples::rust`].
    pub fn declarations(&mut self) -> Result<Vec<String>> {
        let mut declarations = Vec::new();
        let mut next = 0;
        while let Some((fields, name)) = self.known.get(next).cloned() {
            let mut text = format!("tuple! {{\n    /// A tuple of {} fields.\n    {name} {{\n", fields.len());
            for AbiField { name: field, r#type } in &fields {
                let kind = self.rust(r#type, &format!("{name}{}", names::pascal(field.as_str())), "")?;
                text.push_str(&format!(
                    "        /// `{field}`: {}.\n        {}({}): {kind},\n",
                    describe(r#type),
                    names::snake(field.as_str()),
                    names::literal(field.as_str()),
                ));
            }
            text.push_str("    }\n}\n");
            declarations.push(text);
            next += 1;
        }
        let renamed = RENAMED.iter().filter(|(contract, ..)| *contract == self.contract);
        for (_, made, better) in renamed {
            ensure!(
                self.known.iter().any(|(_, name)| name == better),
                "no tuple would be called {made}, which RENAMED in the generator calls {better}"
            );
        }
        Ok(declarations)
    }
}

/// A type in a few words of Clarity; a tuple's fields are documented where it is declared.
#[must_use]
pub fn describe(kind: &AbiType) -> String {
    fn inner(kind: &AbiType) -> String {
        match kind {
            AbiType::None => "none".to_owned(),
            AbiType::Int128 => "int".to_owned(),
            AbiType::Uint128 => "uint".to_owned(),
            AbiType::Bool => "bool".to_owned(),
            AbiType::Principal => "principal".to_owned(),
            AbiType::TraitReference => "trait".to_owned(),
            AbiType::Buffer { length } => format!("(buff {length})"),
            AbiType::StringAscii { length } => format!("(string-ascii {length})"),
            AbiType::StringUtf8 { length } => format!("(string-utf8 {length})"),
            AbiType::Optional(kind) => format!("(optional {})", inner(kind)),
            AbiType::List { r#type, length } => format!("(list {length} {})", inner(r#type)),
            AbiType::Response { ok, error } => format!("(response {} {})", inner(ok), inner(error)),
            AbiType::Tuple(_) => "{…}".to_owned(),
        }
    }
    format!("`{}`", inner(kind))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn kind(json: serde_json::Value) -> AbiType {
        serde_json::from_value(json).unwrap()
    }

    #[test]
    fn the_same_tuple_is_one_struct() {
        let pair =
            json!({"tuple": [{"name": "tier", "type": "uint128"}, {"name": "token", "type": "principal"}]});
        let turned =
            json!({"tuple": [{"name": "token", "type": "principal"}, {"name": "tier", "type": "uint128"}]});
        let other = json!({"tuple": [{"name": "tier", "type": "int128"}]});
        let mut tuples = Tuples::default();
        assert_eq!(tuples.rust(&kind(pair), "BucketsKey", "").unwrap(), "BucketsKey");
        assert_eq!(
            tuples.rust(&kind(json!({"optional": turned})), "Answer", "t::").unwrap(),
            "Option<t::BucketsKey>"
        );
        assert_eq!(tuples.rust(&kind(other), "BucketsKey", "").unwrap(), "BucketsKey2");
        assert_eq!(tuples.declarations().unwrap().len(), 2);
    }

    #[test]
    fn tuples_within_tuples_are_declared_too() {
        let nested = json!({"list": {"length": 3, "type": {"tuple": [
            {"name": "best-part", "type": {"tuple": [{"name": "size", "type": "uint128"}]}}]}}});
        let mut tuples = Tuples::default();
        assert_eq!(tuples.rust(&kind(nested), "Quote", "").unwrap(), "List<Quote, 3>");
        let declarations = tuples.declarations().unwrap();
        assert!(declarations[0].contains("best_part(\"best-part\"): QuoteBestPart,"), "{}", declarations[0]);
        assert!(declarations[1].contains("size(\"size\"): u128,"), "{}", declarations[1]);
    }

    #[test]
    fn an_error_code_is_a_contract_error() {
        let response = json!({"response": {"ok": "bool", "error": "uint128"}});
        assert_eq!(Tuples::default().rust(&kind(response), "A", "").unwrap(), "Result<bool, ContractError>");
        let response = json!({"response": {"ok": "none", "error": "bool"}});
        let rust = Tuples::default().rust(&kind(response), "A", "").unwrap();
        assert_eq!(rust, "Result<std::convert::Infallible, bool>");
    }
}
