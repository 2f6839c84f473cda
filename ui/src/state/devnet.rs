//! The devnet on this computer, as the core last told it.

use bithedge_ipc::DevnetView;
use leptos::prelude::*;

/// The devnet's latest view.
#[derive(Clone, Copy)]
pub(crate) struct DevnetState {
    view: RwSignal<Option<DevnetView>>,
}

impl DevnetState {
    pub(crate) fn new() -> Self {
        Self { view: RwSignal::new(None) }
    }

    /// Takes a view in.
    pub(crate) fn accept(self, view: Option<DevnetView>) {
        self.view.set(view);
    }

    /// The view; `None` while it is not in use, or not known.
    pub(crate) fn view(self) -> ReadSignal<Option<DevnetView>> {
        self.view.read_only()
    }
}
