//! The words of a wallet on the screen: to be written down by hand, and for nothing else.

use bithedge_ipc::secret::SecretWords;
use leptos::html::Ol;
use leptos::prelude::*;
use zeroize::Zeroizing;

/// Words in memory that is overwritten.
pub(super) struct HeldWords(Vec<Zeroizing<String>>);

impl HeldWords {
    /// Takes the words out of an answer.
    pub(super) fn new(words: SecretWords) -> Self {
        Self(words.words.into_iter().map(Zeroizing::new).collect())
    }

    /// How many there are.
    pub(super) const fn count(&self) -> usize {
        self.0.len()
    }
}

/// The words, numbered, in columns. They can be neither selected nor copied, dragged or printed.
#[component]
pub(super) fn WordGrid(
    /// The words; they stay where they are.
    words: StoredValue<Option<HeldWords>, LocalStorage>,
) -> impl IntoView {
    let list = NodeRef::<Ol>::new();
    // Written into the page directly: a view would keep copies of its own.
    Effect::new(move |_| {
        let Some(list) = list.get() else { return };
        list.set_text_content(None);
        words.with_value(|words| {
            for word in words.iter().flat_map(|words| &words.0) {
                let Ok(item) = document().create_element("li") else { continue };
                item.set_text_content(Some(word));
                if let Err(error) = list.append_child(&item) {
                    leptos::logging::error!("a word could not be shown: {error:?}");
                }
            }
        });
    });
    on_cleanup(move || {
        if let Some(list) = list.get_untracked() {
            list.set_text_content(None);
        }
    });
    view! {
        <ol
            class="secret-words"
            node_ref=list
            data-testid="secret-words"
            translate="no"
            aria-label="The words of your wallet, in their order"
            on:copy=|event| event.prevent_default()
            on:cut=|event| event.prevent_default()
            on:contextmenu=|event| event.prevent_default()
            on:dragstart=|event| event.prevent_default()
            on:selectstart=|event| event.prevent_default()
        ></ol>
    }
}
