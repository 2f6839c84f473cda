//! What opens under a button and closes by itself.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// Closes the menu that something is in. In a context of what is in its panel.
#[derive(Clone, Copy)]
pub(crate) struct CloseMenu(Callback<()>);

impl CloseMenu {
    /// What was chosen in it is done.
    pub(crate) fn close(self) {
        // The menu may be gone by the time that it is.
        let _ = self.0.try_run(());
    }
}

/// A button with a panel under it. It closes on Escape, on a click elsewhere, and when another page is opened.
#[component]
pub(crate) fn Menu(
    /// What the button is for.
    #[prop(into)]
    label: Signal<String>,
    /// The class of the button beside `menu-button`.
    #[prop(default = "")]
    class: &'static str,
    /// What is on the button.
    #[prop(into)]
    face: ViewFn,
    /// The test hook; the panel has it with `-panel`.
    #[prop(into)]
    testid: String,
    /// It was opened.
    #[prop(into, optional)]
    on_open: Option<Callback<()>>,
    /// What is in the panel.
    children: ChildrenFn,
) -> impl IntoView {
    let (open, set_open) = signal(false);
    let place = NodeRef::<leptos::html::Div>::new();
    let button = NodeRef::<leptos::html::Button>::new();
    let outside = window_event_listener_untyped("pointerdown", move |event| {
        let target = event.target().and_then(|target| target.dyn_into::<web_sys::Node>().ok());
        let is_inside = place.get_untracked().is_some_and(|place| place.contains(target.as_ref()));
        if !is_inside && open.get_untracked() {
            set_open.set(false);
        }
    });
    let moved = window_event_listener_untyped("hashchange", move |_| set_open.set(false));
    on_cleanup(move || {
        outside.remove();
        moved.remove();
    });
    let panel = format!("{testid}-panel");
    let close = CloseMenu(Callback::new(move |()| {
        if open.try_get_untracked() == Some(true) {
            set_open.set(false);
            if let Some(button) = button.get_untracked() {
                let _ = button.focus();
            }
        }
    }));
    let children = StoredValue::new(children);
    view! {
        <div
            class="menu"
            node_ref=place
            on:keydown=move |event| {
                if event.key() == "Escape" && open.get_untracked() {
                    set_open.set(false);
                    if let Some(button) = button.get_untracked() {
                        let _ = button.focus();
                    }
                }
            }
        >
            <button
                type="button"
                node_ref=button
                class=format!("menu-button {class}")
                data-testid=testid
                aria-label=move || label.get()
                title=move || label.get()
                aria-expanded=move || if open.get() { "true" } else { "false" }
                on:click=move |_| {
                    let opens = !open.get_untracked();
                    set_open.set(opens);
                    if let Some(on_open) = on_open.filter(|_| opens) {
                        on_open.run(());
                    }
                }
            >
                {move || face.run()}
            </button>
            {move || {
                let panel = panel.clone();
                open.get().then(|| {
                    // Here, and not beside the other menus: each closes itself.
                    provide_context(close);
                    view! { <div class="menu-panel" data-testid=panel>{children.with_value(|children| children())}</div> }
                })
            }}
        </div>
    }
}
