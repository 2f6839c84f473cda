//! The commands of the window of questions.

use bithedge_ipc::secret::SecretTask;
use bithedge_ipc::{Notice, QuestionView};
use bithedge_session::Session;
use tauri::{AppHandle, State};

use crate::windows;

#[tauri::command(async)]
pub(crate) fn question(session: State<'_, Session>) -> Option<QuestionView> {
    session.question()
}

#[tauri::command]
pub(crate) async fn approve(session: State<'_, Session>, id: u64, digest: String) -> Result<(), Notice> {
    session.approve(id, &digest).await
}

#[tauri::command]
pub(crate) async fn refuse(session: State<'_, Session>, id: u64) -> Result<(), Notice> {
    session.refuse(id)
}

#[tauri::command]
pub(crate) async fn unlock_first(app: AppHandle, session: State<'_, Session>) -> Result<(), Notice> {
    windows::open_secret(&app, &session, SecretTask::Unlock).await
}
