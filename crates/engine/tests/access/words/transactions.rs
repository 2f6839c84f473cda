//! Transactions: what is not signed, and where what is signed is.

use super::*;

#[test]
fn whatever_is_not_signed_sent_or_watched_is_told() {
    all_told(
        SOURCES,
        "ChainError",
        &[chain(), ChainError::NotOffered(text("nonces")), ChainError::Stopped(text("closed"))],
    );
    all_told(
        SOURCES,
        "SendError",
        &[
            SendError::Rejected(RejectionReason::NoSuchContract),
            SendError::NotDelivered(text("no connection")),
            SendError::Uncertain(text("the connection broke")),
        ],
    );
    let asset = || Asset::Fungible(bithedge_suite::Deployment::devnet().sbtc_asset().unwrap());
    all_told(
        SOURCES,
        "ReviewError",
        &[
            ReviewError::Build(BuildError::Ambiguous),
            ReviewError::ReadBack(partial()),
            ReviewError::Differs("fee"),
            ReviewError::Account { account: address() },
            ReviewError::Kind("only miners make it"),
            ReviewError::Unbounded { asset: asset() },
            ReviewError::MoreThanSaid { asset: asset(), said: 1, allowed: 2 },
            ReviewError::NotCancellable,
        ],
    );
    let fee =
        || FeeError::AboveCeiling { needed: MicroStx::new(4_000_000), ceiling: MicroStx::new(3_000_000) };
    all_told(SOURCES, "FeeError", &[fee(), FeeError::Overflow]);
    all_told(SOURCES, "JournalError", &journal());
    let (expected, found) = CHAINS;
    all_told(
        SOURCES,
        "DraftError",
        &[
            DraftError::Chain(chain()),
            DraftError::OtherChain { expected, found },
            DraftError::Review(ReviewError::NotCancellable),
            DraftError::Fee(fee()),
            DraftError::TooLate(UnixSeconds::new(5)),
            DraftError::InsufficientFunds { needed: 5_000_000, available: 1 },
            DraftError::NotReplaceable(ID),
            DraftError::Overtaken(ID),
            DraftError::Superseded { earlier: ID, by: TransactionId(4) },
            DraftError::Unresolved(ID),
            DraftError::FoundWaiting { count: 1 },
            DraftError::FoundWaiting { count: 2 },
            DraftError::TakenElsewhere(5),
            DraftError::OtherAccount(ID),
            DraftError::OtherWish(ID),
            DraftError::AlreadyAsked(ID),
            DraftError::NoNonce,
            DraftError::Journal(JournalError::Full { path: path() }),
        ],
    );
    all_told(
        SOURCES,
        "AcknowledgeError",
        &[
            AcknowledgeError::Nothing(ID),
            AcknowledgeError::Changed { transaction: ID, open: Vec::new() },
            AcknowledgeError::Journal(JournalError::Full { path: path() }),
        ],
    );
    // `TermsChanged` holds a question, which only a service makes.
    let approvals = [
        ApproveError::Unknown(ID),
        ApproveError::AlreadyApproved(ID),
        ApproveError::OtherDigest,
        ApproveError::Expired(ID),
        ApproveError::OtherChain { expected, found },
        ApproveError::Overtaken(DraftError::Unresolved(ID)),
        ApproveError::Chain(chain()),
        ApproveError::Signer(SignerError::Locked),
        ApproveError::Signature(SignatureMismatch::OtherBytes),
        ApproveError::Journal(JournalError::Full { path: path() }),
    ];
    let kept = ApproveError::Journal(JournalError::Unusable { path: path(), reason: text("fsync") }).notice();
    assert!(kept.means.contains("it is sent when BitHedge is opened the next time"), "{}", kept.means);
    assert!(!kept.remedy.contains("still stands") && !kept.means.contains("thrown away"), "{kept:?}");
    is_told(&kept, "a disk that reports a failure");
    assert_eq!(approvals.len() + 1, variants(SOURCES, "ApproveError"));
    for error in &approvals {
        is_told(&error.notice(), &error.to_string());
    }
    all_told(
        SOURCES,
        "SignatureMismatch",
        &[SignatureMismatch::OtherBytes, SignatureMismatch::Invalid(unverified())],
    );
    all_told(
        SOURCES,
        "SignerError",
        &[
            SignerError::Locked,
            SignerError::UnknownAccount(address()),
            SignerError::WatchOnly(address()),
            SignerError::OtherNetwork { expected: Network::TESTNET, found: Network::MAINNET },
            SignerError::Other(text("this machine computes wrongly")),
        ],
    );
    all_told(
        SOURCES,
        "WatchError",
        &[
            WatchError::Chain(chain()),
            WatchError::OtherChain { expected, found },
            WatchError::Journal(JournalError::Full { path: path() }),
        ],
    );
}

#[test]
fn wherever_a_transaction_is_is_said() {
    let block = block();
    let refused = |code: u128| Failure::Contract { result: Value::err(Value::UInt(code)), vm_error: None };
    let failures = [
        Failure::Contract { result: Value::UInt(1), vm_error: Some(text("out of cost")) },
        refused(u128::MAX),
        Failure::Contract { result: Value::ok(Value::UInt(1)), vm_error: None },
        Failure::PostCondition,
    ];
    all_said(SOURCES, "Failure", &failures);
    let reasons = [
        DropReason::Rejected { refusal: Refusal::BadCall, detail: text("NoSuchContract") },
        DropReason::NonceUsed,
        DropReason::OutOfDate,
        DropReason::Cancelled,
        DropReason::Unminable { detail: text("dropped_too_expensive") },
        DropReason::Lost,
    ];
    all_said(SOURCES, "DropReason", &reasons);
    all_said(
        SOURCES,
        "Refusal",
        &[
            Refusal::InsufficientFunds,
            Refusal::FeeTooLow,
            Refusal::NonceTaken,
            Refusal::NonceUsed,
            Refusal::BadCall,
            Refusal::Invalid,
            Refusal::Other,
        ],
    );
    let because = [
        RefusedBecause::Person,
        RefusedBecause::Unanswered,
        RefusedBecause::OtherChain,
        RefusedBecause::NoKey,
        RefusedBecause::TermsChanged,
    ];
    all_said(SOURCES, "RefusedBecause", &because);
    let mut statuses = vec![
        Status::Presented,
        Status::Approved,
        Status::Signed,
        Status::Broadcast,
        Status::Pending { included: None },
        Status::Pending { included: Some(block) },
        Status::Confirmed { block },
        Status::Replaced { by: Txid([2; 32]) },
        Status::Expired,
    ];
    statuses.extend(failures.map(|failure| Status::Failed { block, failure }));
    statuses.extend(reasons.map(|reason| Status::Dropped { reason }));
    statuses.extend(because.map(|reason| Status::Refused { reason }));
    all_said(SOURCES, "Status", &statuses);
    // What may still be carried out is never said to be over.
    let refusals = [
        Refusal::InsufficientFunds,
        Refusal::FeeTooLow,
        Refusal::NonceTaken,
        Refusal::BadCall,
        Refusal::Invalid,
        Refusal::Other,
    ];
    for refusal in refusals {
        let said = DropReason::Rejected { refusal, detail: text("x") }.words();
        assert!(said.means.contains("stays valid until its place is taken"), "{refusal:?}: {}", said.means);
        assert!(
            said.remedy.contains("in its own place") || said.remedy.contains("ancel it"),
            "{refusal:?}: {}",
            said.remedy
        );
    }
    let replaced = Status::Replaced { by: Txid([2; 32]) }.words();
    assert!(
        replaced.means.contains("still may be") && !replaced.means.contains("never"),
        "{}",
        replaced.means
    );
    let used = DropReason::NonceUsed.words();
    assert!(
        used.means.contains("may have been done") && !used.means.contains("Nothing moved"),
        "{}",
        used.means
    );
    all_said(
        SOURCES,
        "Note",
        &[
            Note::Reorganised { from: block },
            Note::Resent,
            Note::Contradiction { what: text("another nonce") },
            Note::Settled,
            Note::Alarm,
        ],
    );
    all_said(
        SOURCES,
        "Alarm",
        &[
            Alarm::TooMuchLeft { left: amount(7_000_000), at_most: 5 },
            Alarm::TooLittleArrived { arrived: amount(1), at_least: 2 },
            Alarm::OtherFee { approved: MicroStx::new(1), taken: MicroStx::new(2) },
            Alarm::MovedDespiteFailure { moved: amount(3) },
            Alarm::UnreadableEvent { index: 4 },
        ],
    );
    // Every error of the suite, as a dry run finds it and as a transaction fails with it.
    for entry in ENTRIES {
        let error = ContractError::new(entry.code);
        is_told(&Finding::Refused(error).notice(), entry.name);
        let failed = refused(entry.code).words();
        is_said(&failed, entry.name);
        assert!(entry.sentence.starts_with(&failed.happened), "{}: {}", entry.name, failed.happened);
        assert!(failed.means.ends_with("Only the network's fee was taken."), "{}", entry.name);
    }
}
