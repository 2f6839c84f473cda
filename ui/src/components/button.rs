//! Buttons. One that cannot be used says why, in words under it.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::{Icon, IconName, unique_id};
use crate::route::Route;

/// What a button is among those beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ButtonKind {
    /// What the page is for: one of a view.
    Primary,
    /// What else can be done.
    #[default]
    Secondary,
    /// What is rarely done, or takes something back.
    Quiet,
    /// What cannot be undone.
    Danger,
}

impl ButtonKind {
    const fn class(self) -> &'static str {
        match self {
            Self::Primary => "button button-primary",
            Self::Secondary => "button",
            Self::Quiet => "button button-quiet",
            Self::Danger => "button button-danger",
        }
    }
}

/// A button. While it is busy or blocked it stays where it is, keeps the focus, and does nothing.
#[component]
pub(crate) fn Button(
    /// What it is among others.
    #[prop(optional)]
    kind: ButtonKind,
    /// Whether what it started is under way.
    #[prop(into, optional)]
    busy: Signal<bool>,
    /// Why it cannot be used now, a sentence that is shown under it; `None` if it can.
    #[prop(into, optional)]
    blocked: Signal<Option<String>>,
    /// A pictogram before the words.
    #[prop(into, optional)]
    icon: Option<IconName>,
    /// The test hook.
    #[prop(into)]
    testid: String,
    /// What it does.
    #[prop(into)]
    on_press: Callback<()>,
    /// The words.
    children: Children,
) -> impl IntoView {
    let reason = unique_id("reason");
    let described = reason.clone();
    let is_off = Memo::new(move |_| busy.get() || blocked.with(Option::is_some));
    view! {
        <span class="button-place">
            <button
                type="button"
                class=kind.class()
                data-testid=testid
                aria-disabled=move || is_off.get().then_some("true")
                aria-busy=move || busy.get().then_some("true")
                aria-describedby=move || blocked.with(Option::is_some).then(|| described.clone())
                on:click=move |_| if !is_off.get_untracked() { on_press.run(()) }
            >
                {icon.map(|name| view! { <Icon name=name /> })}
                {children()}
                {move || busy.get().then(|| view! { <span class="spinner" aria-hidden="true"></span> })}
            </button>
            {move || blocked.get().map(|why| view! {
                <span class="button-reason" id=reason.clone()>{why}</span>
            })}
        </span>
    }
}

/// A link to a page that looks like a button.
#[component]
pub(crate) fn LinkButton(
    /// What it is among others.
    #[prop(optional)]
    kind: ButtonKind,
    /// Where it leads.
    route: Route,
    /// The test hook.
    #[prop(into)]
    testid: String,
    /// The words.
    children: Children,
) -> impl IntoView {
    view! { <a class=kind.class() href=route.href() data-testid=testid>{children()}</a> }
}

/// A button that asks once more in its own place before it does something that cannot be undone.
#[component]
pub(crate) fn ConfirmButton(
    /// What it is among others.
    #[prop(optional)]
    kind: ButtonKind,
    /// Its words.
    #[prop(into)]
    label: String,
    /// What is asked: what would happen, in a sentence.
    #[prop(into)]
    question: String,
    /// The words of the button that does it.
    #[prop(into)]
    confirm: String,
    /// Whether what it started is under way.
    #[prop(into, optional)]
    busy: Signal<bool>,
    /// Why it cannot be used now.
    #[prop(into, optional)]
    blocked: Signal<Option<String>>,
    /// The test hook; that of the second button ends in `-confirm`.
    #[prop(into)]
    testid: String,
    /// What it does.
    #[prop(into)]
    on_confirm: Callback<()>,
) -> impl IntoView {
    let (asking, set_asking) = signal(false);
    // What was pressed is gone: the focus goes to the first of what took its place.
    let place = NodeRef::<leptos::html::Div>::new();
    Effect::new(move |before: Option<bool>| {
        let now = asking.get();
        if before.is_some_and(|before| before != now) {
            request_animation_frame(move || {
                let first = place
                    .try_get_untracked()
                    .flatten()
                    .and_then(|place| place.query_selector("button").ok().flatten());
                if let Some(first) = first.and_then(|first| first.dyn_into::<web_sys::HtmlElement>().ok()) {
                    let _ = first.focus();
                }
            });
        }
        now
    });
    view! {
        <div class="confirm-place" node_ref=place>
        {move || {
            let (label, question, confirm, testid) =
                (label.clone(), question.clone(), confirm.clone(), testid.clone());
            if asking.get() {
                let name = question.clone();
                view! {
                    <div class="confirm" role="group" aria-label=name>
                        <p class="confirm-question" role="status">{question}</p>
                        <div class="actions">
                            <Button testid=format!("{testid}-keep") on_press=move |()| set_asking.set(false)>
                                "Leave it as it is"
                            </Button>
                            <Button
                                kind=kind
                                busy=busy
                                blocked=blocked
                                testid=format!("{testid}-confirm")
                                on_press=move |()| {
                                    set_asking.set(false);
                                    on_confirm.run(());
                                }
                            >
                                {confirm}
                            </Button>
                        </div>
                    </div>
                }
                .into_any()
            } else {
                view! {
                    <Button kind=kind busy=busy blocked=blocked testid=testid on_press=move |()| set_asking.set(true)>
                        {label}
                    </Button>
                }
                .into_any()
            }
        }}
        </div>
    }
}
