//! What the page knows, apart from how it looks.

mod chain;
mod clock;
mod devnet;
mod notifications;
mod page;
mod preferences;
mod proposal;
mod session;
mod transactions;

use bithedge_ipc::Event;
use leptos::prelude::*;

pub(crate) use chain::ChainState;
pub(crate) use clock::now_signal;
pub(crate) use devnet::DevnetState;
pub(crate) use notifications::NotificationsState;
pub(crate) use page::{PageData, PageState, PageVersion};
pub(crate) use preferences::PreferencesState;
pub(crate) use proposal::{Proposal, ProposalStage};
pub(crate) use session::{Ability, SessionState};
pub(crate) use transactions::TransactionsState;

use crate::api;

/// Everything that is known, for whoever keeps it up to date.
#[derive(Clone, Copy)]
pub(crate) struct State {
    /// The chain's snapshot and the connection.
    pub(crate) chain: ChainState,
    /// Wallet, accounts, network, question, keeper.
    pub(crate) session: SessionState,
    /// The user's choices.
    pub(crate) preferences: PreferencesState,
    /// The devnet on this computer.
    pub(crate) devnet: DevnetState,
    /// What was told.
    pub(crate) notifications: NotificationsState,
    /// Where transactions are.
    pub(crate) transactions: TransactionsState,
    /// When pages have to be asked for again.
    pub(crate) pages: PageVersion,
}

impl State {
    /// Begins to know, and puts every part in a context of its own.
    pub(crate) fn provide() -> Self {
        let now = now_signal();
        let preferences = PreferencesState::new();
        let session = SessionState::new();
        let pages = PageVersion::new();
        let state = Self {
            chain: ChainState::new(now),
            session,
            preferences,
            devnet: DevnetState::new(),
            notifications: NotificationsState::new(),
            transactions: TransactionsState::new(),
            pages,
        };
        provide_context(now);
        provide_context(state.chain);
        provide_context(state.session);
        provide_context(state.preferences);
        provide_context(state.devnet);
        provide_context(state.notifications);
        provide_context(state.transactions);
        provide_context(state.pages);
        state
    }

    /// Takes in what the core tells.
    pub(crate) fn hear(self, event: Event) {
        match event {
            Event::Chain(snapshot) => self.chain.accept(snapshot),
            Event::Session(session) => self.accept_session(*session),
            Event::PagesChanged {} => self.pages.advance(),
            Event::Transaction(event) => self.transactions.accept(*event),
            Event::Notification(notification) => self.notifications.accept(notification),
            Event::Devnet(devnet) => self.devnet.accept(Some(*devnet)),
            Event::Preferences(preferences) => self.preferences.accept(preferences),
        }
    }

    /// Takes in who uses the application; another account or network makes every page another one.
    pub(crate) fn accept_session(self, session: bithedge_ipc::SessionView) {
        let before = self.session.page_key();
        self.session.accept(session);
        if self.session.page_key() != before {
            self.pages.start_over();
        }
    }

    /// Follows the core as the main window does: listens first and asks then, so that nothing is missed in between.
    pub(crate) async fn follow_all(self) {
        self.follow_session().await;
        match api::chain_snapshot().await {
            Ok(snapshot) => self.chain.accept(snapshot),
            Err(error) => self.chain.fail(&error),
        }
        match api::notifications().await {
            Ok(told) => self.notifications.accept_all(told),
            Err(error) => self.chain.fail(&error),
        }
        match api::devnet().await {
            Ok(devnet) => self.devnet.accept(devnet),
            Err(error) => self.chain.fail(&error),
        }
    }

    /// Follows what the window of questions may know: preferences and session.
    pub(crate) async fn follow_session(self) {
        self.follow_preferences().await;
        match api::session().await {
            Ok(session) => self.accept_session(session),
            Err(error) => self.chain.fail(&error),
        }
    }

    /// Follows the preferences, which every window may know.
    pub(crate) async fn follow_preferences(self) {
        if let Err(error) = api::listen(move |event| self.hear(event)).await {
            self.chain.fail_to_listen(&error);
        }
        match api::preferences().await {
            Ok(chosen) => self.preferences.accept(chosen),
            Err(error) => self.chain.fail(&error),
        }
    }
}
