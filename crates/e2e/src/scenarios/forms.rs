//! Fields: typing, pasting and choosing as a person does, and what the page says of it beside them.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::application::Application;
use crate::wait;

/// What is judged while somebody types takes a frame or two.
const AT_ONCE: Duration = Duration::from_secs(10);

/// What a field says of what is in it, and whether the button behind it can be pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Said {
    /// The sentence that the field is described by.
    pub(super) words: String,
    /// Whether the field says that it is wrong.
    pub(super) is_wrong: bool,
    /// Whether the button is off.
    pub(super) is_off: bool,
    /// Why it is.
    pub(super) why: String,
}

/// What the field and the button with these hooks say now.
pub(super) async fn said(application: &Application, field: &str, button: &str) -> Result<Said> {
    let found = application.evaluate(SAID, vec![field.into(), button.into()]).await?;
    let text = |name: &str| found[name].as_str().map(str::to_owned);
    Ok(Said {
        words: text("words").with_context(|| format!("the page has no {field}"))?,
        is_wrong: found["wrong"] == true,
        is_off: found["off"] == true,
        why: text("why").unwrap_or_default(),
    })
}

const SAID: &str = "
    const find = hook => document.querySelector(`[data-testid=\"${hook}\"]`);
    const words = element => (element.getAttribute('aria-describedby') ?? '').split(' ')
        .map(id => document.getElementById(id)?.textContent.trim()).filter(Boolean).join(' ');
    const [field, button] = [find(arguments[0]), find(arguments[1])];
    if (!field) return {};
    return {
        words: words(field),
        wrong: field.getAttribute('aria-invalid') === 'true',
        off: !button || button.ariaDisabled === 'true',
        why: button ? words(button) : '',
    };";

/// Types something that is wrong: a sentence with these words stands beside the field, and the button is off and says why.
pub(super) async fn refuses(
    application: &Application,
    field: &str,
    typed: &str,
    words: &str,
    button: &str,
) -> Result<()> {
    type_over(application, field, typed).await?;
    wait::until_true(&format!("`{typed}` in {field} is refused with `{words}`"), AT_ONCE, async || {
        let said = said(application, field, button).await?;
        let is_sentence = said.words.ends_with(['.', '?']) && said.words.contains(words);
        ensure!(said.is_wrong && is_sentence, "the field says {said:?}");
        ensure!(said.is_off && said.why.len() > 3, "the button says {said:?}");
        Ok(true)
    })
    .await
}

/// Types something that is right, after which the field holds this many base units.
pub(super) async fn takes(application: &Application, field: &str, typed: &str, amount: u128) -> Result<()> {
    type_over(application, field, typed).await?;
    holds(application, field, typed, amount).await
}

/// Waits until the field holds so many base units.
pub(super) async fn holds(application: &Application, field: &str, typed: &str, amount: u128) -> Result<()> {
    wait::until_true(&format!("`{typed}` in {field} is {amount}"), AT_ONCE, async || {
        let read = application.attribute(field, "data-amount").await;
        let said = said(application, field, field).await?;
        ensure!(read? == amount.to_string() && !said.is_wrong, "it says {said:?}");
        Ok(true)
    })
    .await
}

/// Types into a field in the place of what was there; also nothing.
pub(super) async fn type_over(application: &Application, field: &str, typed: &str) -> Result<()> {
    if typed.is_empty() {
        return paste(application, field, "").await;
    }
    application.fill(field, typed).await
}

/// Pastes into a field in the place of what was there.
pub(super) async fn paste(application: &Application, field: &str, text: &str) -> Result<()> {
    let pasted = application.evaluate(PASTE, vec![field.into(), text.into()]).await?;
    ensure!(pasted == true, "nothing can be pasted into {field}");
    Ok(())
}

const PASTE: &str = "
    const field = document.querySelector(`[data-testid=\"${arguments[0]}\"]`);
    if (!field) return false;
    field.focus();
    field.select();
    return arguments[1] === '' ? document.execCommand('delete') || field.value === ''
        : document.execCommand('insertText', false, arguments[1]);";

/// Chooses in a list of choices, by the value behind one.
pub(super) async fn choose(application: &Application, field: &str, value: &str) -> Result<()> {
    let script = "
        const field = document.querySelector(`[data-testid=\"${arguments[0]}\"]`);
        if (![...field.options].some(option => option.value === arguments[1])) return false;
        field.value = arguments[1];
        field.dispatchEvent(new Event('change', {bubbles: true}));
        return true;";
    let chosen = application.evaluate(script, vec![field.into(), value.into()]).await?;
    ensure!(chosen == true, "{field} has no choice {value}");
    Ok(())
}

/// Waits until an element's text holds these words.
pub(super) async fn reads(
    application: &Application,
    hook: &str,
    words: &str,
    within: Duration,
) -> Result<()> {
    wait::until_true(&format!("{hook} says `{words}`"), within, async || {
        let text = application.text(hook).await?;
        ensure!(text.contains(words), "it says: {text}");
        Ok(true)
    })
    .await
}

/// The text of an element that is known by its `id`; empty if it is not there.
pub(super) async fn text_by_id(application: &Application, id: &str) -> Result<String> {
    let script = "return document.getElementById(arguments[0])?.textContent.trim() ?? ''";
    let text = application.evaluate(script, vec![id.into()]).await?;
    Ok(text.as_str().unwrap_or_default().to_owned())
}

/// Begins to listen for what the page reports as an error: a panic, a refused promise, a logged error.
pub(super) async fn listen_for_errors(application: &Application) -> Result<()> {
    application.evaluate(LISTEN, Vec::new()).await.map(drop)
}

const LISTEN: &str = "
    if (window.e2eErrors) return;
    window.e2eErrors = [];
    const logged = console.error;
    console.error = (...words) => { window.e2eErrors.push(words.map(String).join(' ')); logged.apply(console, words); };
    addEventListener('error', event => window.e2eErrors.push(String(event.message)));
    addEventListener('unhandledrejection', event => window.e2eErrors.push(String(event.reason)));";

/// Fails if it reported one since then.
pub(super) async fn no_errors(application: &Application) -> Result<()> {
    let found = application.evaluate("return window.e2eErrors ?? null", Vec::new()).await?;
    let Value::Array(found) = found else { anyhow::bail!("the page was loaded anew") };
    ensure!(found.is_empty(), "the page reported: {found:?}");
    Ok(())
}
