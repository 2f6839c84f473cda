//! The main window's commands.

use bithedge_ipc::secret::SecretTask;
use bithedge_ipc::{
    ChainSnapshot, ConfirmedOffer, DevnetDeed, DevnetView, KeeperInput, NetworkInput, NetworkVerdict,
    NetworkView, Notice, Notification, PageAnswer, PageQuery, Preferences, Proposed, SavedFile, SavedNetwork,
    SessionView, Theme, Wish,
};
use bithedge_protocol::Seconds;
use bithedge_protocol::pool::Order;
use bithedge_session::Session;
use tauri::{AppHandle, State};

use crate::{save, windows};

#[tauri::command]
pub(crate) fn chain_snapshot(session: State<'_, Session>) -> ChainSnapshot {
    session.chain_snapshot()
}

#[tauri::command(async)]
pub(crate) fn retry_connection(session: State<'_, Session>) {
    session.retry_connection();
}

#[tauri::command(async)]
pub(crate) fn preferences(session: State<'_, Session>) -> Preferences {
    session.preferences()
}

#[tauri::command(async)]
pub(crate) fn set_theme(
    app: AppHandle,
    session: State<'_, Session>,
    theme: Theme,
) -> Result<Preferences, Notice> {
    windows::apply_theme(&app, theme);
    session.set_theme(theme)
}

#[tauri::command(async)]
pub(crate) fn set_auto_lock(session: State<'_, Session>, after: Seconds) -> Result<Preferences, Notice> {
    session.set_auto_lock(after)
}

#[tauri::command(async)]
pub(crate) fn set_notifies(session: State<'_, Session>, on: bool) -> Result<Preferences, Notice> {
    session.set_notifies(on)
}

#[tauri::command]
pub(crate) fn session(session: State<'_, Session>) -> SessionView {
    session.session()
}

#[tauri::command]
pub(crate) async fn page(session: State<'_, Session>, query: PageQuery) -> Result<PageAnswer, Notice> {
    session.page(query).await
}

#[tauri::command]
pub(crate) async fn confirm_order(
    session: State<'_, Session>,
    order: Order,
) -> Result<ConfirmedOffer, Notice> {
    session.confirm_order(order).await
}

#[tauri::command]
pub(crate) async fn propose(
    session: State<'_, Session>,
    wish: Wish,
    repeats: Option<u64>,
) -> Result<Proposed, Notice> {
    session.propose(wish, repeats).await
}

#[tauri::command]
pub(crate) async fn raise_fee(session: State<'_, Session>, transaction: u64) -> Result<Proposed, Notice> {
    session.raise_fee(transaction).await
}

#[tauri::command]
pub(crate) async fn cancel_transaction(
    session: State<'_, Session>,
    transaction: u64,
) -> Result<Proposed, Notice> {
    session.cancel_transaction(transaction).await
}

#[tauri::command]
pub(crate) fn show_question(app: AppHandle) {
    windows::show_question(&app);
}

#[tauri::command]
pub(crate) async fn begin_practice(session: State<'_, Session>) -> Result<(), Notice> {
    session.begin_practice().await
}

#[tauri::command]
pub(crate) async fn leave_practice(session: State<'_, Session>) -> Result<(), Notice> {
    session.leave_practice().await
}

#[tauri::command]
pub(crate) async fn open_secret(
    app: AppHandle,
    session: State<'_, Session>,
    task: SecretTask,
) -> Result<(), Notice> {
    windows::open_secret(&app, &session, task).await
}

#[tauri::command(async)]
pub(crate) fn lock(session: State<'_, Session>) {
    session.lock();
}

#[tauri::command]
pub(crate) async fn choose_account(session: State<'_, Session>, account: String) -> Result<(), Notice> {
    session.choose_account(&account)
}

#[tauri::command]
pub(crate) async fn add_account(session: State<'_, Session>, label: String) -> Result<(), Notice> {
    session.add_account(label).await
}

#[tauri::command]
pub(crate) async fn rename_account(
    session: State<'_, Session>,
    account: String,
    label: String,
) -> Result<(), Notice> {
    session.rename_account(&account, label).await
}

#[tauri::command]
pub(crate) async fn watch_address(
    session: State<'_, Session>,
    address: String,
    label: String,
) -> Result<(), Notice> {
    session.watch_address(address, label).await
}

#[tauri::command]
pub(crate) async fn unwatch_address(session: State<'_, Session>, account: String) -> Result<(), Notice> {
    session.unwatch_address(&account).await
}

#[tauri::command(async)]
pub(crate) fn networks(session: State<'_, Session>) -> Vec<NetworkView> {
    session.networks()
}

#[tauri::command]
pub(crate) async fn choose_network(session: State<'_, Session>, network: String) -> Result<(), Notice> {
    session.choose_network(&network).await
}

#[tauri::command]
pub(crate) async fn check_network(
    session: State<'_, Session>,
    network: String,
) -> Result<Vec<NetworkVerdict>, Notice> {
    session.check_network(&network).await
}

#[tauri::command]
pub(crate) async fn save_network(
    session: State<'_, Session>,
    network: Option<String>,
    input: NetworkInput,
) -> Result<SavedNetwork, Notice> {
    session.save_network(network.as_deref(), input).await
}

#[tauri::command]
pub(crate) async fn remove_network(session: State<'_, Session>, network: String) -> Result<(), Notice> {
    session.remove_network(&network).await
}

#[tauri::command]
pub(crate) async fn notifications(session: State<'_, Session>) -> Result<Vec<Notification>, Notice> {
    Ok(session.notifications().await)
}

#[tauri::command]
pub(crate) async fn export_activity(
    app: AppHandle,
    session: State<'_, Session>,
) -> Result<Option<SavedFile>, Notice> {
    let (csv, lines) = session.activity_csv().await?;
    save::activity(&app, csv, lines).await
}

#[tauri::command]
pub(crate) async fn save_diagnostics(
    app: AppHandle,
    session: State<'_, Session>,
) -> Result<Option<SavedFile>, Notice> {
    let files = session.diagnostics().await;
    save::diagnostics(&app, files).await
}

#[tauri::command]
pub(crate) fn data_folder(session: State<'_, Session>) -> String {
    session.data_folder().display().to_string()
}

#[tauri::command]
pub(crate) async fn propose_keeper(
    session: State<'_, Session>,
    order: KeeperInput,
) -> Result<Proposed, Notice> {
    session.propose_keeper(order)
}

#[tauri::command]
pub(crate) async fn stop_keeper(session: State<'_, Session>) -> Result<(), Notice> {
    session.stop_keeper()
}

#[tauri::command]
pub(crate) async fn propose_acknowledgement(
    session: State<'_, Session>,
    transaction: u64,
) -> Result<Proposed, Notice> {
    session.propose_acknowledgement(transaction)
}

#[tauri::command]
pub(crate) async fn propose_new_journal(session: State<'_, Session>) -> Result<Proposed, Notice> {
    session.propose_new_journal()
}

#[tauri::command]
pub(crate) async fn devnet(session: State<'_, Session>) -> Result<Option<DevnetView>, Notice> {
    Ok(session.devnet().await)
}

#[tauri::command]
pub(crate) async fn devnet_do(session: State<'_, Session>, deed: DevnetDeed) -> Result<DevnetView, Notice> {
    session.devnet_do(deed).await
}
