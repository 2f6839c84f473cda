//! Problems, told so that a user can act on them.

use serde::{Deserialize, Serialize};

/// The kind of a problem. The window decides by this code, never by the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Fault {
    /// The embedded devnet cannot start because something that it needs is not installed.
    DevnetMissing,
    /// The embedded devnet could not start for another reason.
    DevnetFailed,
    /// The node does not answer.
    NodeUnreachable,
    /// The node answers that it cannot serve.
    NodeFailing,
    /// The node's answers make no sense.
    NodeMalformed,
    /// The node answers, but too slowly to get a complete reading.
    NodeSlow,
    /// The node says that it has not caught up with the chain.
    NodeSyncing,
    /// The node names an older block as its newest than before.
    TipBehind,
    /// The node's index of blocks is behind the node.
    IndexBehind,
    /// The node's newest block is too old: it, or the chain, stands still.
    TipOld,
    /// The node now serves another chain than before.
    ChainChanged,
    /// The window no longer hears from the part of the application that follows the chain.
    CoreSilent,
    /// Settings could not be kept.
    PreferencesNotKept,
    /// There is no wallet yet.
    WalletAbsent,
    /// There is a wallet already.
    WalletExists,
    /// The keys are locked.
    WalletLocked,
    /// The keys are unlocked already.
    WalletUnlocked,
    /// The passphrase does not open the key file.
    PassphraseWrong,
    /// The passphrase cannot be used.
    PassphraseUnfit,
    /// The key file or its keychain entry is lost, and the passphrase from before the last change is needed.
    PassphrasePrevious,
    /// The new passphrase holds, but what the old one opens is still there.
    PassphraseOldLeft,
    /// The words are no mnemonic, or not the ones that were shown.
    WordsWrong,
    /// The key file cannot be read.
    KeyFileUnusable,
    /// The keychain cannot be used, or does not have what it should.
    KeychainUnusable,
    /// The list of accounts cannot be used as it is.
    AccountListUnusable,
    /// Somebody changed the list of accounts.
    AccountListAltered,
    /// The account is not there, is not an address, or has no key here.
    AccountUnfit,
    /// A later version of the application wrote a file.
    FileNewer,
    /// Another instance of the application uses a file.
    FileInUse,
    /// A file is damaged.
    FileDamaged,
    /// The disk is full.
    DiskFull,
    /// A file cannot be read or written.
    FileUnusable,
    /// This computer cannot do what every computer can: it has no randomness, too little memory, or computes wrongly.
    ComputerFault,
    /// What was typed cannot be used.
    InputUnfit,
    /// The chain could not be asked.
    ChainUnreadable,
    /// The node does not offer something.
    NotOffered,
    /// The chain, or what it says, does not fit what the application was made with.
    SuiteDiffers,
    /// The suite was upgraded, and this version does not know the new parts.
    SuiteUpgraded,
    /// The suite is not deployed on this network, as far as is known.
    NotDeployed,
    /// A contract would refuse, or has refused.
    ContractRefuses,
    /// The account has too little.
    FundsShort,
    /// The fee would be higher than may be paid.
    FeeTooHigh,
    /// The time for it is over.
    TooLate,
    /// The terms changed: there is, or has to be, a new question.
    TermsChanged,
    /// What is asked about is not there any more, or was answered.
    QuestionGone,
    /// Another transaction is in the way.
    TransactionInTheWay,
    /// A transaction is not as it should be, and was not signed or not sent.
    TransactionUnfit,
    /// What moved is not what was approved.
    ApprovalBroken,
    /// It was not approved with the keys that are here, or what says so is not from them.
    NotApproved,
    /// The devnet on this computer is doing something else just now.
    DevnetBusy,
    /// The list of transactions is damaged: the network stays closed until a person decided that a new one is begun.
    JournalDamaged,
}

/// One problem: what happened, what it means for the money, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Its kind.
    pub fault: Fault,
    /// What happened, in one sentence.
    pub happened: String,
    /// What it means for the user's money.
    pub means: String,
    /// What the user can do.
    pub remedy: String,
    /// The technical cause, for whoever has to look further; may be empty.
    pub detail: String,
}
