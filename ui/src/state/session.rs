//! Who uses the application, as the core last told it.

use bithedge_ipc::{AccountView, KeyState, NetworkKind, NetworkUse, SessionView, WalletKind};
use leptos::prelude::*;

/// The latest view of the session.
#[derive(Clone, Copy)]
pub(crate) struct SessionState {
    view: RwSignal<Option<SessionView>>,
}

/// Whether the account in use can sign something now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ability {
    /// It can.
    Able,
    /// It could, if the keys were unlocked: they are asked for with the question.
    Locked,
    /// It cannot: why, and what to do, in a sentence or two.
    Unable(String),
}

impl Ability {
    /// Why nothing can be asked for; `None` if it can (locked keys do not keep from asking).
    pub(crate) fn obstacle(&self) -> Option<String> {
        match self {
            Self::Able | Self::Locked => None,
            Self::Unable(why) => Some(why.clone()),
        }
    }
}

impl SessionState {
    pub(crate) fn new() -> Self {
        Self { view: RwSignal::new(None) }
    }

    /// Takes a view in, unless a newer one is here already: answers and events overtake each other.
    pub(crate) fn accept(self, view: SessionView) {
        let is_old = self.view.with_untracked(|current| {
            current.as_ref().is_some_and(|current| current.revision >= view.revision)
        });
        if !is_old {
            self.view.set(Some(view));
        }
    }

    /// The view; `None` until the core has answered.
    pub(crate) fn view(self) -> ReadSignal<Option<SessionView>> {
        self.view.read_only()
    }

    /// A part of the view that wakes its readers only when it changes.
    pub(crate) fn part<T>(self, part: impl Fn(&SessionView) -> T + Send + Sync + 'static) -> Memo<Option<T>>
    where
        T: PartialEq + Send + Sync + 'static,
    {
        Memo::new(move |_| self.view.with(|view| view.as_ref().map(&part)))
    }

    /// What kind of chain is in use.
    pub(crate) fn network_kind(self) -> Memo<Option<NetworkKind>> {
        let kind = self.part(|view| view.network.kind());
        Memo::new(move |_| kind.get().flatten())
    }

    /// The account in use.
    pub(crate) fn account(self) -> Memo<Option<AccountView>> {
        let account = self.part(|view| view.account_in_use().cloned());
        Memo::new(move |_| account.get().flatten())
    }

    /// What an account of the person's is called; `None` of an address that is none of theirs.
    pub(crate) fn label_of(self, address: &str) -> Option<String> {
        self.view.with(|view| {
            let mut accounts = view.as_ref()?.accounts.iter();
            accounts.find(|account| account.address == address).map(|account| account.label.clone())
        })
    }

    /// The identifier of the person's account with an address, if there is one.
    pub(crate) fn account_id(self, address: &str) -> Option<String> {
        self.view.with_untracked(|view| {
            let mut accounts = view.as_ref()?.accounts.iter();
            accounts.find(|account| account.address == address).map(|account| account.id.clone())
        })
    }

    /// What the account of an address is called if it is another one than that in use: its name, or its shortened address if it is none
    /// of the person's any more. `None` of the account in use, and of no account.
    pub(crate) fn other_account(self, address: Option<&str>) -> Option<String> {
        let address = address?;
        let in_use = self.view.with(|view| Some(view.as_ref()?.account_in_use()?.address.clone()));
        if in_use.as_deref() == Some(address) {
            return None;
        }
        Some(self.label_of(address).unwrap_or_else(|| crate::format::short_address(address)))
    }

    /// Whether the keys are locked, open, or not there.
    pub(crate) fn keys(self) -> Memo<Option<KeyState>> {
        let keys = self.part(|view| view.wallet.as_ref().map(|wallet| wallet.keys));
        Memo::new(move |_| keys.get().flatten())
    }

    /// Whether the practice wallet is in use.
    pub(crate) fn is_practice(self) -> Memo<bool> {
        let kind = self.part(|view| view.wallet.as_ref().map(|wallet| wallet.kind));
        Memo::new(move |_| kind.get().flatten() == Some(WalletKind::Practice))
    }

    /// The number of the question that waits in its own window.
    pub(crate) fn question(self) -> Memo<Option<u64>> {
        let question = self.part(|view| view.question);
        Memo::new(move |_| question.get().flatten())
    }

    /// Whether the account in use can sign something now.
    pub(crate) fn ability(self) -> Memo<Ability> {
        Memo::new(move |_| self.view.with(|view| view.as_ref().map_or_else(unknown, ability)))
    }

    /// What pages are about: network and account. Pages of another one are other pages.
    pub(crate) fn page_key(self) -> Option<(Option<String>, Option<String>, bool)> {
        self.view.with_untracked(|view| {
            let view = view.as_ref()?;
            let network = view.network.network().map(|network| network.id.clone());
            let address = view.account_in_use().map(|account| account.address.clone());
            Some((network, address, view.network.is_ready()))
        })
    }
}

fn unknown() -> Ability {
    Ability::Unable("BitHedge is starting.".to_owned())
}

fn ability(view: &SessionView) -> Ability {
    let unable = |why: &str| Ability::Unable(why.to_owned());
    match &view.network {
        NetworkUse::None => return unable("No network is chosen yet. Choose one in Settings."),
        NetworkUse::Opening { doing, .. } => {
            return Ability::Unable(format!("The network is being opened. {doing}"));
        }
        NetworkUse::Unusable { notice, .. } | NetworkUse::Halted { notice, .. } => {
            return Ability::Unable(format!("{} {}", notice.happened, notice.remedy));
        }
        NetworkUse::Ready { .. } => {}
    }
    let Some(account) = view.account_in_use() else {
        return unable("There is no account to act with. Make or bring a wallet in Settings.");
    };
    if !account.can_sign {
        return unable(
            "This address is only watched: there is no key for it here. Choose an account of your own to act with.",
        );
    }
    match view.wallet.as_ref().map(|wallet| wallet.keys) {
        Some(KeyState::Unlocked) => Ability::Able,
        Some(KeyState::Locked) => Ability::Locked,
        Some(KeyState::Absent) | None => {
            unable("There are no keys here to sign with. Make or bring a wallet in Settings.")
        }
    }
}
