//! What the page knows, apart from how it looks.

mod asked_here;
mod chain;
mod clock;
mod devnet;
mod notifications;
mod obstacle;
mod on_its_way;
mod page;
mod preferences;
mod proposal;
mod reading;
mod session;
mod transactions;

use bithedge_ipc::Event;
use futures_util::future;
use leptos::prelude::*;

pub(crate) use asked_here::AskedHere;
pub(crate) use chain::ChainState;
pub(crate) use clock::now_signal;
pub(crate) use devnet::DevnetState;
pub(crate) use notifications::NotificationsState;
pub(crate) use obstacle::obstacle;
pub(crate) use on_its_way::{OnItsWay, before_another, coming, on_its_way};
pub(crate) use page::{PageData, PageState, PageVersion};
pub(crate) use preferences::PreferencesState;
pub(crate) use proposal::{Proposal, ProposalStage};
pub(crate) use reading::{CatchingUp, catching_up, is_on_its_way};
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
    /// Whether this window follows everything, as the main one does.
    follows_all: StoredValue<bool>,
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
            follows_all: StoredValue::new(false),
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

    /// Takes in what the core tells. What cannot be read is missing here: nothing is called live any more.
    pub(crate) fn hear(self, event: api::Answer<Event>) {
        let event = match event {
            Ok(event) => event,
            Err(error) => {
                leptos::logging::error!("an event cannot be read: {}", error.notice().detail);
                return self.chain.fail_to_listen(&error);
            }
        };
        match event {
            Event::Chain(snapshot) => self.chain.accept(snapshot),
            Event::Session(session) => self.accept_session(*session),
            Event::PagesChanged {} => self.pages.advance(),
            Event::Transaction(event) => self.transactions.accept(*event),
            Event::Notification(notification) => {
                let whose = untrack(|| self.session.other_account(notification.account.as_deref()));
                self.notifications.accept(notification, whose.as_deref());
            }
            Event::Devnet(devnet) => self.devnet.accept(Some(*devnet)),
            Event::Preferences(preferences) => self.preferences.accept(preferences),
        }
    }

    /// Takes in who uses the application; another account or network makes every page another one. What was told on another network,
    /// and where its transactions are, is forgotten: numbers of policies, transactions and notifications are each network's own.
    pub(crate) fn accept_session(self, session: bithedge_ipc::SessionView) {
        let before = self.session.page_key();
        self.chain.hear_again();
        self.session.accept(session);
        let now = self.session.page_key();
        if now == before {
            return;
        }
        self.pages.start_over();
        let (Some((was, _, was_ready)), Some((is, _, is_ready))) = (before, now) else { return };
        if was != is {
            self.notifications.start_over();
            self.transactions.start_over();
            self.devnet.accept(None);
        }
        if (was != is || was_ready != is_ready) && self.follows_all.get_value() {
            leptos::task::spawn_local(self.follow_network(is));
        }
    }

    /// Asks for what is told of the network in use beside pages: notifications and the devnet. An answer that comes when another one is
    /// in use is of no use.
    async fn follow_network(self, network: Option<String>) {
        let is_current = || self.session.page_key().is_none_or(|(now, ..)| now == network);
        let told = api::notifications().await;
        if is_current() {
            match told {
                Ok(told) => self.notifications.accept_all(told),
                Err(error) => self.chain.fail(&error),
            }
        }
        let devnet = api::devnet().await;
        if is_current() {
            match devnet {
                Ok(devnet) => self.devnet.accept(devnet),
                Err(error) => self.chain.fail(&error),
            }
        }
    }

    /// Follows the core as the main window does: what happened before it was listened to is asked for afterwards, so nothing is missed.
    pub(crate) async fn follow_all(self) {
        self.follow_session().await;
        match api::chain_snapshot().await {
            Ok(snapshot) => self.chain.accept(snapshot),
            Err(error) => self.chain.fail(&error),
        }
        self.follows_all.set_value(true);
        let network = self.session.page_key().and_then(|(network, ..)| network);
        self.follow_network(network).await;
    }

    /// Follows what the window of questions may know: preferences and session.
    pub(crate) async fn follow_session(self) {
        // All at once, so that the window is there sooner.
        let asked = future::join(api::preferences(), api::session());
        let (listening, (preferences, session)) = future::join(self.listen(), asked).await;
        if let Err(error) = listening {
            self.chain.fail_to_listen(&error);
        }
        // The colours first. What fails here is told when it is asked for again.
        let _ = preferences.map(|chosen| self.preferences.accept(chosen));
        let _ = session.map(|session| self.accept_session(session));
        self.ask_preferences().await;
        match api::session().await {
            Ok(session) => self.accept_session(session),
            Err(error) => self.chain.fail(&error),
        }
    }

    /// Follows the preferences, which every window may know.
    pub(crate) async fn follow_preferences(self) {
        if let Err(error) = self.listen().await {
            self.chain.fail_to_listen(&error);
        }
        self.ask_preferences().await;
    }

    async fn listen(self) -> api::Answer<()> {
        api::listen(move |event| self.hear(event)).await
    }

    async fn ask_preferences(self) {
        match api::preferences().await {
            Ok(chosen) => self.preferences.accept(chosen),
            Err(error) => self.chain.fail(&error),
        }
    }
}
