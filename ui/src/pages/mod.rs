//! Whole pages.

mod home;
mod settings;

pub(crate) use home::HomePage;
pub(crate) use settings::SettingsPage;
