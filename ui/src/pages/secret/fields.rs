//! Fields for what is secret. Nothing reads them but the step that sends what is in them.

use bithedge_ipc::Notice;
use bithedge_ipc::secret::KeychainState;
use leptos::html::Input;
use leptos::prelude::*;
use zeroize::Zeroizing;

use super::strength::{Strength, strength};
use crate::components::{Banner, Tone};

/// What is in a field. The copy is overwritten when it is dropped.
pub(super) fn read(field: NodeRef<Input>) -> Zeroizing<String> {
    Zeroizing::new(field.get_untracked().map(|input| input.value()).unwrap_or_default())
}

/// Empties a field.
pub(super) fn clear(field: NodeRef<Input>) {
    if let Some(input) = field.get_untracked() {
        input.set_value("");
    }
}

/// Empties a field, so that it has to be typed again, and lets that begin at once.
pub(super) fn ask_again(field: NodeRef<Input>) {
    clear(field);
    focus(field);
}

/// Puts the cursor into a field.
pub(super) fn focus(field: NodeRef<Input>) {
    if let Some(input) = field.get_untracked() {
        // It can only fail for an element that cannot be focused.
        let _ = input.focus();
    }
}

/// Focuses a field as soon as it is there.
pub(super) fn focus_first(field: NodeRef<Input>) {
    Effect::new(move |_| {
        if let Some(input) = field.get() {
            let _ = input.focus();
        }
    });
}

/// Empties fields when the step is left, however it is left.
pub(super) fn clear_at_the_end(fields: &[NodeRef<Input>]) {
    let fields = fields.to_vec();
    let emptied = fields.clone();
    let leaving = window_event_listener_untyped("pagehide", move |_| emptied.iter().copied().for_each(clear));
    on_cleanup(move || {
        leaving.remove();
        fields.into_iter().for_each(clear);
    });
}

/// One passphrase.
#[component]
pub(super) fn PassphraseField(
    /// The field's own name, also its test hook.
    id: &'static str,
    /// What a person reads beside it.
    label: &'static str,
    /// The field.
    field: NodeRef<Input>,
    /// What is wrong with it, a sentence.
    #[prop(into)]
    problem: Signal<Option<String>>,
    /// Told when something was typed, without what.
    #[prop(optional, into)]
    typed: Option<Callback<()>>,
    /// A line below it.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let (is_shown, set_shown) = signal(false);
    let problem_id = format!("{id}-problem");
    let describes = problem_id.clone();
    view! {
        <div class="secret-field">
            <label class="secret-label" for=id>{label}</label>
            <div class="secret-input-row">
                <input
                    class="secret-input"
                    id=id
                    node_ref=field
                    data-testid=id
                    type=move || if is_shown.get() { "text" } else { "password" }
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    aria-invalid=move || problem.with(Option::is_some).then_some("true")
                    aria-describedby=describes
                    on:input=move |_| {
                        if let Some(typed) = typed {
                            typed.run(());
                        }
                    }
                />
                <button
                    class="button secret-show"
                    type="button"
                    data-testid=format!("{id}-show")
                    aria-pressed=move || if is_shown.get() { "true" } else { "false" }
                    aria-label=format!("Show what is typed: {label}")
                    on:click=move |_| set_shown.update(|shown| *shown = !*shown)
                >
                    {move || if is_shown.get() { "Hide" } else { "Show" }}
                </button>
            </div>
            <p class="secret-problem" id=problem_id role="status">{move || problem.get()}</p>
            {children.map(|children| children())}
        </div>
    }
}

/// The two fields of a new passphrase.
#[derive(Clone, Copy)]
pub(super) struct NewPassphraseFields {
    first: NodeRef<Input>,
    again: NodeRef<Input>,
    first_problem: RwSignal<Option<String>>,
    again_problem: RwSignal<Option<String>>,
    strength: RwSignal<Option<Strength>>,
    shortest: u32,
}

impl NewPassphraseFields {
    /// For a passphrase of `shortest` characters at least.
    pub(super) fn new(shortest: u32) -> Self {
        let fields = Self {
            first: NodeRef::new(),
            again: NodeRef::new(),
            first_problem: RwSignal::new(None),
            again_problem: RwSignal::new(None),
            strength: RwSignal::new(None),
            shortest,
        };
        clear_at_the_end(&[fields.first, fields.again]);
        fields
    }

    /// The passphrase, if both fields hold the same and it is long enough; else the fields say what is wrong.
    pub(super) fn read(self) -> Option<Zeroizing<String>> {
        let (first, again) = (read(self.first), read(self.again));
        self.first_problem.set(None);
        self.again_problem.set(None);
        if strength(&first, self.shortest) == Strength::TooShort {
            self.first_problem.set(Some(if first.is_empty() {
                "Choose a passphrase.".to_owned()
            } else {
                Strength::TooShort.words(self.shortest)
            }));
            focus(self.first);
            return None;
        }
        if first != again {
            self.again_problem.set(Some(if again.is_empty() {
                "Type the same passphrase once more.".to_owned()
            } else {
                "This is not the same as above. Type it once more; “Show” helps.".to_owned()
            }));
            focus(self.again);
            return None;
        }
        Some(first)
    }

    /// Empties both.
    pub(super) fn clear(self) {
        clear(self.first);
        clear(self.again);
        self.strength.set(None);
    }

    /// Lets typing begin.
    pub(super) fn focus(self) {
        focus(self.first);
    }

    fn judge(self) {
        let typed = read(self.first);
        self.first_problem.set(None);
        self.strength.set((!typed.is_empty()).then(|| strength(&typed, self.shortest)));
    }
}

/// A new passphrase, twice, with a word on how good it is.
#[component]
pub(super) fn NewPassphrase(
    /// The fields.
    fields: NewPassphraseFields,
) -> impl IntoView {
    let shortest = fields.shortest;
    view! {
        <PassphraseField
            id="new-passphrase"
            label="New passphrase"
            field=fields.first
            problem=fields.first_problem
            typed=Callback::new(move |()| fields.judge())
        >
            <p
                class="secret-strength"
                role="status"
                data-testid="passphrase-strength"
                data-strength=move || fields.strength.get().map(Strength::code)
            >
                <span class="secret-strength-bar" aria-hidden="true"></span>
                <span>
                    {move || match fields.strength.get() {
                        Some(strength) => strength.words(shortest),
                        None => format!(
                            "At least {shortest} characters. Four or five words that have nothing to do with each other are good and easy to \
                             keep in mind."
                        ),
                    }}
                </span>
            </p>
        </PassphraseField>
        <PassphraseField
            id="new-passphrase-again"
            label="The same once more"
            field=fields.again
            problem=fields.again_problem
            typed=Callback::new(move |()| fields.again_problem.set(None))
        />
    }
}

/// The keychain's part in protecting the keys: there, or agreed to do without.
#[derive(Clone, Copy)]
pub(super) struct KeychainChoice {
    keychain: StoredValue<KeychainState>,
    agreed: RwSignal<bool>,
    /// Whether agreeing was forgotten.
    is_missing: RwSignal<bool>,
}

impl KeychainChoice {
    /// With the keychain as the core found it.
    pub(super) fn new(keychain: KeychainState) -> Self {
        Self {
            keychain: StoredValue::new(keychain),
            agreed: RwSignal::new(false),
            is_missing: RwSignal::new(false),
        }
    }

    /// Whether the person agreed to do without.
    pub(super) fn is_without(self) -> bool {
        self.agreed.get_untracked()
    }

    /// Whether it is settled; if not, the question is marked.
    pub(super) fn is_settled(self) -> bool {
        let is_usable = self.keychain.with_value(|keychain| matches!(keychain, KeychainState::Usable));
        let is_settled = is_usable || self.is_without();
        self.is_missing.set(!is_settled);
        is_settled
    }
}

/// What is to be agreed to where the keychain cannot be used; nothing where it can.
#[component]
pub(super) fn KeychainConsent(
    /// What there is, and what is agreed to.
    choice: KeychainChoice,
) -> impl IntoView {
    let KeychainChoice { keychain, agreed, is_missing } = choice;
    match keychain.get_value() {
        KeychainState::Usable => view! {
            <p class="secret-text secret-quiet" data-testid="keychain-usable">
                "Your passphrase and a random secret in this computer's keychain will open the keys together. A copied file alone is then of no use \
                 to anybody."
            </p>
        }
        .into_any(),
        KeychainState::Unusable { notice } => {
            let Notice { happened, means, remedy, detail, .. } = notice;
            view! {
                <Banner tone=Tone::Warning title=happened>
                    <p>{means}</p>
                    <p class="banner-remedy">{remedy}</p>
                    {(!detail.is_empty()).then(|| view! {
                        <details class="banner-detail">
                            <summary>"Technical cause"</summary>
                            <p>{detail}</p>
                        </details>
                    })}
                    <label class="secret-check">
                        <input
                            type="checkbox"
                            data-testid="without-keychain"
                            prop:checked=move || agreed.get()
                            aria-describedby="without-keychain-problem"
                            on:change=move |event| {
                                agreed.set(event_target_checked(&event));
                                is_missing.set(false);
                            }
                        />
                        <span>
                            "Protect the keys by the passphrase alone. Whoever gets a copy of the key file can then try passphrases as long as \
                             they like, so I choose a good one."
                        </span>
                    </label>
                    <p class="secret-problem" id="without-keychain-problem" role="status">
                        {move || is_missing.get().then_some("Without a keychain this has to be agreed to first.")}
                    </p>
                </Banner>
            }
            .into_any()
        }
    }
}

/// Something that takes about a second, said and seen.
#[component]
pub(super) fn Working(
    /// Whether it is under way.
    #[prop(into)]
    busy: Signal<bool>,
    /// What is done.
    text: &'static str,
) -> impl IntoView {
    view! {
        <div class="secret-working" role="status" data-testid="secret-working" data-busy=move || if busy.get() { "true" } else { "false" }>
            {move || busy.get().then(|| view! {
                <progress class="secret-progress" aria-label=text></progress>
                <span>{text}</span>
            })}
        </div>
    }
}
