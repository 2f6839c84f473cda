//! Something that can be asked of a bucket: what it does, the button, and what became of it.

use bithedge_ipc::Wish;
use leptos::prelude::*;

use crate::components::{AlreadyOnItsWay, Button, ButtonKind, ConfirmButton, ProposalStatus};
use crate::state::{Proposal, ProposalStage, before_another, obstacle, on_its_way};

/// What is asked for once more only after being told that one is on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Once {
    /// The intent's name.
    pub(super) intent: &'static str,
    /// What it is: `commitment`.
    pub(super) noun: &'static str,
}

/// A part of a card with one thing to ask for. Where there is no more reason for it, only what became of it stays, for as long as that
/// is told.
#[component]
pub(super) fn Act(
    /// The heading.
    title: &'static str,
    /// Whether the heading is for assistive technology only.
    #[prop(optional)]
    plain: bool,
    /// What is done, as a noun: `The exit`.
    what: &'static str,
    /// The button's words.
    #[prop(into)]
    button: Signal<String>,
    /// What the button is among others.
    #[prop(optional)]
    kind: ButtonKind,
    /// Whether there is a reason for it.
    #[prop(into)]
    when: Signal<bool>,
    /// Why it cannot be asked for now, beside what holds for everything.
    #[prop(into, optional)]
    blocked: Signal<Option<String>>,
    /// What is asked for; `None` if it cannot be said yet.
    #[prop(into)]
    wish: Callback<(), Option<Wish>>,
    /// It was signed: what was typed for it is of no more use.
    #[prop(into, optional)]
    on_signed: Option<Callback<()>>,
    /// What it is as a plain noun, and its intent's name, if there must not be two of it on their way without a second press.
    #[prop(optional)]
    once: Option<Once>,
    /// The test hook: of the part; the button's ends in `-button`.
    testid: &'static str,
    /// What it does, and what it does not.
    children: ChildrenFn,
) -> impl IntoView {
    let proposal = Proposal::new();
    let stage = proposal.stage();
    let is_shown = Memo::new(move |_| when.get() || stage.with(|stage| *stage != ProposalStage::Idle));
    // What is under way keeps its place.
    let is_offered = Memo::new(move |_| when.get() || stage.with(ProposalStage::is_busy));
    let is_signed = Memo::new(move |_| stage.with(|stage| matches!(stage, ProposalStage::UnderWay(_))));
    Effect::new(move |_| {
        if is_signed.get()
            && let Some(on_signed) = on_signed
        {
            on_signed.run(());
        }
    });
    let standing = obstacle();
    // What is under way is no reason against itself.
    let blocked = Signal::derive(move || {
        if stage.with(ProposalStage::is_busy) { None } else { standing.get().or_else(|| blocked.get()) }
    });
    let press = move |()| {
        if let Some(wish) = wish.run(()) {
            proposal.propose(wish);
        }
    };
    let already = once.map(|once| (on_its_way(once.intent, proposal.transaction()), once.noun));
    let another = Memo::new(move |_| {
        let (already, noun) = already?;
        let may_come_yet = stage.with(ProposalStage::may_come_yet);
        already.with(|already| before_another(already.as_ref(), may_come_yet, noun))
    });
    let busy = proposal.is_busy();
    let children = StoredValue::new(children);
    view! {
        <Show when=move || is_shown.get()>
            <section class="bucket-part" class:bucket-part-plain=plain aria-label=title data-testid=testid>
                {(!plain).then(|| view! { <h3 class="bucket-part-title">{title}</h3> })}
                <Show when=move || is_offered.get()>
                {children.with_value(|children| children())}
                {already.map(|(already, noun)| view! { <AlreadyOnItsWay already=already noun=noun /> })}
                <div class="actions">
                    {move || if let Some(question) = another.get() {
                        view! {
                            <ConfirmButton
                                kind=kind
                                label=button.get()
                                question=question
                                confirm="Review this one"
                                busy=busy
                                blocked=blocked
                                testid=format!("{testid}-button")
                                on_confirm=press
                            />
                        }
                        .into_any()
                    } else {
                        view! {
                            <Button
                                kind=kind
                                busy=busy
                                blocked=blocked
                                testid=format!("{testid}-button")
                                on_press=press
                            >
                                {move || button.get()}
                            </Button>
                        }
                        .into_any()
                    }}
                </div>
                </Show>
                <ProposalStatus proposal=proposal what=what />
            </section>
        </Show>
    }
}
