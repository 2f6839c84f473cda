//! The bridge to the core: commands that are answered, and events that come by themselves.
//!
//! It uses the functions that Tauri puts into every window it creates, the same that its JavaScript package uses. A window may
//! call only its own commands (`bithedge_ipc::command`): the core refuses the others.

use bithedge_ipc::command::{main as name, question as question_name, secret as secret_name};
use bithedge_ipc::secret::{
    SecretChange, SecretCreation, SecretDone, SecretImport, SecretPassphrase, SecretTask, SecretView,
    SecretWords, WordCount,
};
use bithedge_ipc::{
    ChainSnapshot, ConfirmedOffer, DevnetDeed, DevnetView, EVENT_NAME, Event, Fault, KeeperInput,
    NetworkInput, NetworkVerdict, NetworkView, Notice, Notification, PageAnswer, PageQuery, Preferences,
    Proposed, QuestionView, SavedFile, SavedNetwork, SessionView, Theme, Wish,
};
use bithedge_protocol::Seconds;
use bithedge_protocol::pool::Order;
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use crate::json;
use crate::pages::Wiped;

#[wasm_bindgen]
extern "C" {
    #[wasm_bindgen(catch, js_namespace = ["window", "__TAURI_INTERNALS__"], js_name = invoke)]
    async fn tauri_invoke(command: &str, arguments: JsValue) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(catch, js_namespace = ["window", "__TAURI_INTERNALS__"], js_name = transformCallback)]
    fn tauri_callback(callback: &JsValue) -> Result<u32, JsValue>;
}

/// Why the core gave no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ApiError {
    /// The core refused, and says why.
    Refused(Notice),
    /// The bridge failed: a defect, told as it came.
    Bridge(String),
}

impl ApiError {
    /// What to tell the user, whole.
    pub(crate) fn notice(&self) -> Notice {
        match self {
            Self::Refused(notice) => notice.clone(),
            Self::Bridge(cause) => Notice {
                fault: Fault::CoreSilent,
                happened: "This window got no answer from the application.".to_owned(),
                means: "Nothing was signed or sent by this window. Your money is on the chain, not in this window."
                    .to_owned(),
                remedy: "Try again; if it happens again, close BitHedge and open it again.".to_owned(),
                detail: cause.clone(),
            },
        }
    }

    /// What to tell the user, in two sentences.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Refused(notice) => format!("{} {}", notice.happened, notice.remedy),
            Self::Bridge(cause) => format!("The window lost its connection to the application ({cause})."),
        }
    }
}

/// What a command answers.
pub(crate) type Answer<T> = Result<T, ApiError>;

/// An async fn for a command: its doc, its name, its constant, its arguments, its answer.
macro_rules! commands {
    ($($(#[$doc:meta])* $function:ident = $constant:path, ($($argument:ident: $type:ty),*) -> $answer:ty;)*) => {$(
        $(#[$doc])*
        ///
        /// # Errors
        /// [`ApiError`].
        pub(crate) async fn $function($($argument: $type),*) -> Answer<$answer> {
            #[derive(Serialize)]
            struct Arguments { $($argument: $type),* }
            invoke($constant, &Arguments { $($argument),* }).await
        }
    )*};
}

commands! {
    /// The latest snapshot of the chain.
    chain_snapshot = name::CHAIN_SNAPSHOT, () -> ChainSnapshot;
    /// Asks the core to read the chain again at once.
    retry_connection = name::RETRY_CONNECTION, () -> ();
    /// The preferences in force.
    preferences = name::PREFERENCES, () -> Preferences;
    /// Sets the theme and keeps it.
    set_theme = name::SET_THEME, (theme: Theme) -> Preferences;
    /// Sets after how long the keys lock themselves, and keeps it.
    set_auto_lock = name::SET_AUTO_LOCK, (after: Seconds) -> Preferences;
    /// Sets whether the desktop is told what happens, and keeps it.
    set_notifies = name::SET_NOTIFIES, (on: bool) -> Preferences;
    /// Who uses the application, and with what.
    session = name::SESSION, () -> SessionView;
    /// A page.
    page = name::PAGE, (query: PageQuery) -> PageAnswer;
    /// What the chain says of an order.
    confirm_order = name::CONFIRM_ORDER, (order: Order) -> ConfirmedOffer;
    /// Makes a question of a wish; `repeats` is the given-up transaction that it is once more.
    propose = name::PROPOSE, (wish: Wish, repeats: Option<u64>) -> Proposed;
    /// Asks for a higher fee for a transaction that waits.
    raise_fee = name::RAISE_FEE, (transaction: u64) -> Proposed;
    /// Asks for a transaction that takes the place of one that waits, so that nothing happens.
    cancel_transaction = name::CANCEL_TRANSACTION, (transaction: u64) -> Proposed;
    /// Brings the window of the open question to the front.
    show_question = name::SHOW_QUESTION, () -> ();
    /// Makes, or opens, the practice wallet on the devnet of this computer.
    begin_practice = name::BEGIN_PRACTICE, () -> ();
    /// Leaves the practice wallet.
    leave_practice = name::LEAVE_PRACTICE, () -> ();
    /// Opens the window of secrets.
    open_secret = name::OPEN_SECRET, (task: SecretTask) -> ();
    /// Locks the keys.
    lock = name::LOCK, () -> ();
    /// Uses another account.
    choose_account = name::CHOOSE_ACCOUNT, (account: String) -> ();
    /// Adds the next account.
    add_account = name::ADD_ACCOUNT, (label: String) -> ();
    /// Renames an account.
    rename_account = name::RENAME_ACCOUNT, (account: String, label: String) -> ();
    /// Watches an address.
    watch_address = name::WATCH_ADDRESS, (address: String, label: String) -> ();
    /// Watches an account no more.
    unwatch_address = name::UNWATCH_ADDRESS, (account: String) -> ();
    /// All networks.
    networks = name::NETWORKS, () -> Vec<NetworkView>;
    /// Uses another network.
    choose_network = name::CHOOSE_NETWORK, (network: String) -> ();
    /// Checks a network without using it.
    check_network = name::CHECK_NETWORK, (network: String) -> Vec<NetworkVerdict>;
    /// Keeps a network of the person's own, or asks whether it may be used; `network` is the one that it replaces.
    save_network = name::SAVE_NETWORK, (network: Option<String>, input: NetworkInput) -> SavedNetwork;
    /// Forgets a network of the person's own.
    remove_network = name::REMOVE_NETWORK, (network: String) -> ();
    /// What was told, newest first.
    notifications = name::NOTIFICATIONS, () -> Vec<Notification>;
    /// Writes the account's activity as CSV; `None` if the person thought better of it.
    export_activity = name::EXPORT_ACTIVITY, () -> Option<SavedFile>;
    /// Writes what helps to find a defect; `None` if the person thought better of it.
    save_diagnostics = name::SAVE_DIAGNOSTICS, () -> Option<SavedFile>;
    /// Where everything is kept.
    data_folder = name::DATA_FOLDER, () -> String;
    /// Asks whether the keeper may sign alone.
    propose_keeper = name::PROPOSE_KEEPER, (order: KeeperInput) -> Proposed;
    /// Ends the keeper.
    stop_keeper = name::STOP_KEEPER, () -> ();
    /// Asks whether a person has looked at what a transaction did without approval.
    propose_acknowledgement = name::PROPOSE_ACKNOWLEDGEMENT, (transaction: u64) -> Proposed;
    /// Asks whether the damaged list of transactions is set aside and a new one begun.
    propose_new_journal = name::PROPOSE_NEW_JOURNAL, () -> Proposed;
    /// The devnet on this computer; `None` if it is not in use.
    devnet = name::DEVNET, () -> Option<DevnetView>;
    /// Does something to the devnet.
    devnet_do = name::DEVNET_DO, (deed: DevnetDeed) -> DevnetView;
    /// The open question. Window of questions.
    question = question_name::QUESTION, () -> Option<QuestionView>;
    /// Yes. Window of questions.
    approve = question_name::APPROVE, (id: u64, digest: String) -> ();
    /// No. Window of questions.
    refuse = question_name::REFUSE, (id: u64) -> ();
    /// Opens the window of secrets to unlock the keys. Window of questions.
    unlock_first = question_name::UNLOCK_FIRST, () -> ();
    /// What the window of secrets was opened for. That window's.
    secret = secret_name::SECRET, () -> Option<SecretView>;
    /// New words. Window of secrets.
    secret_new_words = secret_name::NEW_WORDS, (count: WordCount) -> SecretWords;
    /// Makes the wallet of the words shown. Window of secrets.
    secret_create = secret_name::CREATE, (creation: Wiped<SecretCreation>) -> SecretDone;
    /// Makes the wallet of the person's words. Window of secrets.
    secret_import = secret_name::IMPORT, (import: Wiped<SecretImport>) -> SecretDone;
    /// Words that begin so. Window of secrets.
    secret_suggest = secret_name::SUGGEST, (prefix: String) -> Vec<String>;
    /// Unlocks the keys. Window of secrets.
    secret_unlock = secret_name::UNLOCK, (unlock: Wiped<SecretPassphrase>) -> SecretDone;
    /// Changes the passphrase. Window of secrets.
    secret_change = secret_name::CHANGE, (change: Wiped<SecretChange>) -> SecretDone;
    /// The words. Window of secrets.
    secret_reveal = secret_name::REVEAL, (reveal: Wiped<SecretPassphrase>) -> SecretWords;
    /// Forgets everything and closes the window of secrets.
    secret_close = secret_name::CLOSE, () -> ();
}

/// Calls `handle` for every event of the core, for as long as the window lives: with the reason for one that cannot be read. Page and
/// core are built together, so that is a defect, and what it would have told is missing here from then on.
pub(crate) async fn listen(handle: impl Fn(Answer<Event>) + 'static) -> Answer<()> {
    #[derive(Serialize)]
    struct Target {
        kind: &'static str,
    }
    #[derive(Serialize)]
    struct Arguments {
        event: &'static str,
        target: Target,
        handler: u32,
    }
    let callback = Closure::<dyn Fn(JsValue)>::new(move |message: JsValue| {
        let payload = js_sys::Reflect::get(&message, &JsValue::from_str("payload"));
        let read = |payload: JsValue| from_text(&text_of(&payload)?);
        handle(payload.map_err(|error| bridge(&error)).and_then(read));
    });
    let handler = tauri_callback(callback.as_ref()).map_err(|error| bridge(&error))?;
    // The core keeps calling it until the window closes.
    callback.forget();
    let arguments = Arguments { event: EVENT_NAME, target: Target { kind: "Any" }, handler };
    invoke::<serde::de::IgnoredAny>("plugin:event|listen", &arguments).await.map(|_| ())
}

/// Calls a command. All that is not the writing of its arguments and the reading of its answer is [`call`], which is compiled
/// once and not once for every command.
async fn invoke<T: DeserializeOwned>(
    command: &'static str,
    arguments: &impl Serialize,
) -> Result<T, ApiError> {
    let answer = call(command, to_text(arguments)).await?;
    from_text(&answer)
}

/// Calls a command with arguments in JSON, and gives its answer in JSON.
async fn call(
    command: &'static str,
    arguments: Result<Zeroizing<String>, ApiError>,
) -> Result<Zeroizing<String>, ApiError> {
    let arguments = js_sys::JSON::parse(&arguments?).map_err(|error| bridge(&error))?;
    match tauri_invoke(command, arguments).await {
        Ok(answer) => text_of(&answer),
        Err(error) => Err(text_of(&error)
            .and_then(|text| from_text(&text))
            .map_or_else(|_| bridge(&error), ApiError::Refused)),
    }
}

fn to_text(value: &impl Serialize) -> Result<Zeroizing<String>, ApiError> {
    // It may be a passphrase.
    serde_json::to_string(value).map(Zeroizing::new).map_err(|error| ApiError::Bridge(error.to_string()))
}

/// What the core said, in JSON.
fn text_of(value: &JsValue) -> Result<Zeroizing<String>, ApiError> {
    // `undefined` has no JSON form; it is how an empty answer arrives.
    if value.is_undefined() {
        return Ok(Zeroizing::new("null".to_owned()));
    }
    // It may be words.
    js_sys::JSON::stringify(value).map(|text| Zeroizing::new(text.into())).map_err(|error| bridge(&error))
}

fn from_text<T: DeserializeOwned>(text: &str) -> Result<T, ApiError> {
    json::from_text(text).map_err(|error| ApiError::Bridge(error.to_string()))
}

fn bridge(error: &JsValue) -> ApiError {
    ApiError::Bridge(error.as_string().unwrap_or_else(|| format!("{error:?}")))
}
