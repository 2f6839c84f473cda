//! The commands of the window of secrets.

use bithedge_ipc::Notice;
use bithedge_ipc::secret::{
    SecretChange, SecretCreation, SecretDone, SecretImport, SecretPassphrase, SecretView, SecretWords,
    WordCount,
};
use bithedge_session::Session;
use tauri::{AppHandle, State};

use crate::windows;

#[tauri::command(async)]
pub(crate) fn secret(session: State<'_, Session>) -> Option<SecretView> {
    session.secret()
}

#[tauri::command]
pub(crate) async fn secret_new_words(
    session: State<'_, Session>,
    count: WordCount,
) -> Result<SecretWords, Notice> {
    session.secret_new_words(count).await
}

#[tauri::command]
pub(crate) async fn secret_create(
    session: State<'_, Session>,
    creation: SecretCreation,
) -> Result<SecretDone, Notice> {
    session.secret_create(creation).await
}

#[tauri::command]
pub(crate) async fn secret_import(
    session: State<'_, Session>,
    import: SecretImport,
) -> Result<SecretDone, Notice> {
    session.secret_import(import).await
}

#[tauri::command]
pub(crate) fn secret_suggest(session: State<'_, Session>, prefix: &str) -> Vec<String> {
    session.secret_suggest(prefix)
}

#[tauri::command]
pub(crate) async fn secret_unlock(
    session: State<'_, Session>,
    unlock: SecretPassphrase,
) -> Result<SecretDone, Notice> {
    session.secret_unlock(unlock).await
}

#[tauri::command]
pub(crate) async fn secret_change(
    session: State<'_, Session>,
    change: SecretChange,
) -> Result<SecretDone, Notice> {
    session.secret_change(change).await
}

#[tauri::command]
pub(crate) async fn secret_reveal(
    session: State<'_, Session>,
    reveal: SecretPassphrase,
) -> Result<SecretWords, Notice> {
    session.secret_reveal(reveal).await
}

#[tauri::command]
pub(crate) fn secret_close(app: AppHandle, session: State<'_, Session>) {
    windows::close_secret(&app, &session);
}
