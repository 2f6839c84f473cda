//! Figures that may be unknown or doubtful. What is not known is never shown as zero.

use bithedge_ipc::{AsOf, Figure, Trust};
use leptos::prelude::*;

use super::{Banner, Icon, IconName, Tone};
use crate::format;
use crate::state::{CatchingUp, catching_up};

/// A figure as `show` shows it, or that it is not known and why; a doubtful one is marked.
pub(crate) fn figure<T, V: IntoView + 'static>(
    figure: &Figure<T>,
    trust: Trust,
    show: impl FnOnce(&T) -> V,
) -> AnyView {
    match figure {
        Figure::Known { value } => view! { {show(value)} <DoubtMark trust=trust /> }.into_any(),
        Figure::Unknown { why } => not_known(why),
    }
}

/// A value as `show` shows it, or that it is not known and why.
pub(crate) fn known_or<T, V: IntoView + 'static>(
    value: Option<T>,
    why: &str,
    show: impl FnOnce(T) -> V,
) -> AnyView {
    match value {
        Some(value) => show(value).into_any(),
        None => not_known(why),
    }
}

/// What stands in the place of a figure that is not known.
pub(crate) fn not_known(why: &str) -> AnyView {
    view! {
        <span class="unknown" data-unknown="true">
            <span class="unknown-word">"Not known"</span>
            <span class="unknown-why">{why.to_owned()}</span>
        </span>
    }
    .into_any()
}

/// A mark beside a figure that cannot be relied on; nothing beside one that can.
#[component]
pub(crate) fn DoubtMark(
    /// Whether it can.
    trust: Trust,
) -> impl IntoView {
    (trust == Trust::Doubtful).then(|| view! {
        " "
        <span class="doubt" data-doubtful="true" title="This figure may be incomplete or wrong. What the chain itself answers is what counts.">
            <Icon name=IconName::Warning />
            "doubtful"
        </span>
    })
}

/// What a page was made of: of which block, and whether there is a doubt about all of it.
#[component]
pub(crate) fn AsOfLine(
    /// What it was made of.
    #[prop(into)]
    as_of: Signal<AsOf>,
) -> impl IntoView {
    let words = move || {
        as_of.with(|as_of| {
            let block = |name: &str, block: Option<bithedge_ipc::AsOfBlock>| match block {
                Some(block) => format!("{name} of block {}, {}", block.height, format::moment(block.time)),
                None => format!("{name} not read"),
            };
            if as_of.books.is_none() && as_of.chain.is_none() {
                "Nothing of the chain has been read yet".to_owned()
            } else if as_of.books == as_of.chain {
                block("As", as_of.chain)
            } else {
                format!("{}; {}", block("Prices and rules", as_of.chain), block("history", as_of.books))
            }
        })
    };
    let behind = catching_up(as_of);
    let doubt =
        Memo::new(move |_| as_of.with(|as_of| as_of.doubt.clone()).filter(|_| behind.get().is_none()));
    view! {
        {move || doubt.get().map(|doubt| view! {
            <Banner tone=Tone::Warning title="What this page shows may not be what the chain holds now">
                <p data-testid="page-doubt">{doubt}</p>
            </Banner>
        })}
        {move || behind.with(Option::is_some).then(|| view! {
            <p class="as-of" data-testid="catching-up">{move || behind.get().map(CatchingUp::words)}</p>
        })}
        <p class="as-of" data-testid="as-of">{words}</p>
    }
}
