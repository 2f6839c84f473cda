//! Wishes that do not become transactions.

use super::*;

#[test]
fn why_a_wish_is_none_is_told() {
    let refusals = [
        intents::Refusal::Zero("amount"),
        intents::Refusal::TooLarge { what: "amount", amount: 7 },
        intents::Refusal::OtherNetwork { address: address() },
        intents::Refusal::QuoteExpired { until: UnixSeconds::new(1), now: UnixSeconds::new(2) },
        intents::Refusal::Balance {
            asset: Token::Sbtc,
            has: TokenAmount::new(1),
            needs: TokenAmount::new(2),
        },
        intents::Refusal::OtherRecipient { actual: Principal::from(address()), expected: address() },
        intents::Refusal::Changed { what: "owner" },
        intents::Refusal::Count { what: "policies", count: 50, most: 20 },
        intents::Refusal::Nothing { what: "no exit was filled" },
        intents::Refusal::Unknown(Unknown::Unread(Vec::new())),
    ];
    all_told(INTENTS, "Refusal", &refusals);
    let unknown = || Unknown::Mismatch { what: text("a tier"), mismatch: mismatch() };
    let no_sbtc = || DeploymentError::NoSbtc(SuiteNetwork::Testnet);
    all_told(INTENTS, "Unknown", &[Unknown::Unread(Vec::new()), unknown(), Unknown::Deployment(no_sbtc())]);
    all_told(
        INTENTS,
        "ReadError",
        &[
            ReadError::Client(client_error()),
            ReadError::Mismatch(mismatch()),
            ReadError::Unknown(unknown()),
            ReadError::Restless,
            ReadError::Endless(intents::Reading::Variable {
                contract: contract("oracle"),
                name: "price".parse().unwrap(),
            }),
            ReadError::Incomplete { asked: 2, answered: 1 },
            ReadError::Other(text("a task ended")),
        ],
    );
    let stale = ContractError::new(ENTRIES[0].code);
    all_told(INTENTS, "QuoteError", &[QuoteError::Contract(stale), QuoteError::TooLarge, unknown().into()]);
    all_told(INTENTS, "Finding", &[Finding::Refused(stale), Finding::Aborts]);
    let refused = intents::DraftError::Refused(intents::Refusal::Zero("amount"));
    all_told(INTENTS, "DraftError", &[refused, intents::DraftError::Read(ReadError::Restless)]);
    all_told(
        INTENTS,
        "WishError",
        &[
            WishError::Address("owner"),
            WishError::Principal("reporter"),
            WishError::Text { what: "role", most: 16 },
            WishError::Hash,
            WishError::Nothing("policy's number"),
        ],
    );
    all_told(
        NETWORKS,
        "DeploymentError",
        &[DeploymentError::OtherNetwork { address: address(), network: SuiteNetwork::Mainnet }, no_sbtc()],
    );
}
