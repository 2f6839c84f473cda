//! Whole pages, and the two windows beside the main one.

mod activity;
mod devnet;
mod earn;
mod home;
mod networks;
mod onboarding;
mod policies;
mod protect;
mod protocol;
mod question;
mod secret;
mod settings;

pub(crate) use activity::ActivityPage;
pub(crate) use devnet::DevnetPage;
pub(crate) use earn::EarnPage;
pub(crate) use home::HomePage;
pub(crate) use onboarding::{BeginPage, OnboardingPage, WatchForm, is_beginning};
pub(crate) use policies::PoliciesPage;
pub(crate) use protect::ProtectPage;
pub(crate) use protocol::ProtocolPage;
pub(crate) use question::QuestionWindow;
pub(crate) use secret::{SecretWindow, Wiped};
pub(crate) use settings::SettingsPage;
