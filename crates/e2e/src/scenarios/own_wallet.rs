//! A wallet that somebody has: brought by its words, with everything that can go wrong at it; its accounts, its passphrase, its
//! words, and its lock.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};

use super::secrets::{self, PASSPHRASE, SLOW, WORDS};
use super::{FIRST_VALUES, Stage, forms, pages, shown};
use crate::accessibility;
use crate::application::{Application, Theme, window};
use crate::wait;

const NEW_PASSPHRASE: &str = "orbit lantern velvet quarry";
/// An address of the same kind of network that is nobody's here, and one of mainnet.
const FOREIGN: &str = "ST1PQHQKV0RJXZFY1DGX8MNSNYVE3VGZJSRTPGZGM";
const OF_MAINNET: &str = "SP2J6ZY48GV1EZ5V2V5RB9MP66SW86PYKKNRV9EJ7";
/// The shortest time after which the keys lock themselves, and what a slow machine may add.
const AUTO_LOCK: Duration = Duration::from_secs(60);
const AUTO_LOCK_SLACK: Duration = Duration::from_secs(30);

pub(super) async fn is_brought_and_kept(stage: &Stage<'_>) -> Result<()> {
    let devnet = stage.devnet().await?;
    let application = stage.application(Some(&devnet), Theme::Dark).await?;
    imports(stage, &application).await.context("a wallet is brought")?;
    application.press("use-network-devnet").await?;
    application.wait_for("nav-home", SLOW).await?;
    application.wait_for_state("live", FIRST_VALUES).await?;
    accounts(stage, &application).await.context("accounts")?;
    let word_list = reveals(stage, &application).await.context("the words are shown")?;
    changes_the_passphrase(stage, &application).await.context("the passphrase is changed")?;
    let first_two = WORDS.split(' ').take(2).collect::<Vec<_>>().join(" ");
    let secrets = [first_two.as_str(), word_list.as_str(), PASSPHRASE, NEW_PASSPHRASE];
    secrets::are_nowhere(stage, &application, &secrets).await?;
    locks_itself(stage, &application).await.context("the keys lock themselves")?;
    application.quit().await?;
    devnet.stop().await
}

async fn imports(stage: &Stage<'_>, application: &Application) -> Result<()> {
    application.press("import-wallet").await?;
    application.switch_to(window::SECRET).await?;
    let send = "import-wallet";
    secrets::is_told_beside(application, send, "import-words", "Enter the words").await?;
    application.fill("import-words", "abandon ability able").await?;
    forms::reads(application, "import-count", "3 words of 12 or 24", SLOW).await?;
    secrets::is_told_beside(application, send, "import-words", "3 words of 12 or 24").await?;

    // From here on only the words are wrong.
    secrets::choose_passphrase(application, PASSPHRASE).await?;
    secrets::is_told_beside(application, send, "import-words", "3 words").await?;
    let misspelt = WORDS.replace("kitten", "kiten");
    forms::paste(application, "import-words", &misspelt).await?;
    secrets::is_told_beside(application, send, "without-keychain", "agreed").await?;
    secrets::agree_to_do_without_keychain(application).await?;
    secrets::is_told_beside(application, send, "import-words", "Word 4, “kiten”, is not in the list").await?;
    secrets::is_accessible(stage, application, "import-word").await?;

    // Twelve words of the list that are no wallet, and all words in another order.
    forms::paste(application, "import-words", &["abandon"; 12].join(" ")).await?;
    forms::reads(application, "import-count", "12 words: complete", SLOW).await?;
    secrets::is_told(application, send, "word").await?;
    let mut order: Vec<&str> = WORDS.split(' ').collect();
    order.swap(0, 1);
    forms::paste(application, "import-words", &order.join(" ")).await?;
    secrets::is_told(application, send, "order").await?;
    stage.picture_of(application, "import-order").await?;

    // Too weak, and not the same twice.
    secrets::choose_passphrase(application, "short").await?;
    secrets::is_told_beside(application, send, "new-passphrase", "characters").await?;
    application.fill("new-passphrase", PASSPHRASE).await?;
    application.fill("new-passphrase-again", "correct horse battery stable").await?;
    secrets::is_told_beside(application, send, "new-passphrase-again", "not the same").await?;

    // Capitals, numbers, spare spaces and lines are no mistake.
    let untidy: Vec<String> = (1..)
        .zip(WORDS.split(' '))
        .map(|(place, word)| format!("  {place}. {}\n", word.to_uppercase()))
        .collect();
    forms::paste(application, "import-words", &untidy.concat()).await?;
    forms::reads(application, "import-count", "24 words: complete", SLOW).await?;
    secrets::finish_import(application).await
}

async fn accounts(stage: &Stage<'_>, application: &Application) -> Result<()> {
    pages::open(application, "settings").await?;
    application.press("tab-settings-accounts").await?;
    application.wait_for("account", FIRST_VALUES).await?;
    let own = secrets::endowed().address;
    ensure!(addresses(application).await? == [own.clone()], "the words gave other accounts");

    application.fill("new-account-name", "Second").await?;
    application.press("add-account").await?;
    let second = wait::until("a second account", SLOW, async || {
        Ok(addresses(application).await?.into_iter().find(|address| *address != own))
    })
    .await?;
    ensure!(second.starts_with("ST") && second.len() > 38, "the second account is {second}");

    // What cannot be watched is said beside the field or in words of the core.
    for (typed, words) in [
        ("", "Enter an address"),
        ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "another chain"),
        ("ST1SJ3DTE5DN7X54", "not complete"),
    ] {
        forms::type_over(application, "watch-address", typed).await?;
        application.press("watch").await?;
        forms::reads(application, "watch-address-problem", words, SLOW).await?;
    }
    let one_letter_wrong = FOREIGN.replace("PGZGM", "PGZGN");
    for (typed, words) in
        [(one_letter_wrong.as_str(), "address"), (OF_MAINNET, "network"), (own.as_str(), "already")]
    {
        forms::type_over(application, "watch-address", typed).await?;
        application.press("watch").await?;
        forms::reads(application, "watch-problem", words, SLOW).await.with_context(|| typed.to_owned())?;
    }
    stage.picture_of(application, "watch-refused").await?;
    accessibility::check(application, &stage.options.axe).await?;
    forms::type_over(application, "watch-address", FOREIGN).await?;
    application.fill("watch-label", "Somebody").await?;
    application.press("watch").await?;
    wait::until_true("the address is watched", SLOW, async || {
        Ok(addresses(application).await?.contains(&FOREIGN.to_owned()))
    })
    .await?;
    shown::check_that_it_fits(application).await?;
    stage.picture_of(application, "accounts").await?;
    application.press("unwatch").await?;
    application.press("unwatch-confirm").await?;
    wait::until_true("it is watched no more", SLOW, async || {
        Ok(addresses(application).await? == [own.clone(), second.clone()])
    })
    .await
}

/// The addresses of the list of accounts, in its order.
async fn addresses(application: &Application) -> Result<Vec<String>> {
    let script = "return [...document.querySelectorAll('[data-testid=\"account-address\"]')].map(one => one.dataset.value)";
    Ok(serde_json::from_value(application.evaluate(script, Vec::new()).await?)?)
}

/// The words as the window of secrets shows them, one line for each.
async fn reveals(stage: &Stage<'_>, application: &Application) -> Result<String> {
    application.press("tab-settings-wallet").await?;
    application.press("reveal-words").await?;
    application.switch_to(window::SECRET).await?;
    secrets::is_told_beside(application, "reveal", "passphrase", "Enter your passphrase").await?;
    application.fill("passphrase", "correct horse battery stable").await?;
    secrets::is_told(application, "reveal", "passphrase").await?;
    secrets::is_accessible(stage, application, "reveal-refused").await?;
    application.fill("passphrase", PASSPHRASE).await?;
    application.press("reveal").await?;
    let words = wait::until("24 words", SLOW, async || {
        let words = application.evaluate(SHOWN_WORDS, Vec::new()).await?;
        let words: Vec<String> = serde_json::from_value(words)?;
        Ok((words.len() == 24).then_some(words))
    })
    .await?;
    ensure!(words.join(" ") == WORDS, "other words are shown");
    secrets::is_accessible(stage, application, "words").await?;
    // While they are shown there, they are there alone.
    let list = words.iter().map(|word| format!("<li>{word}</li>")).collect::<String>();
    let has_them = application.evaluate("return document.body.innerHTML", Vec::new()).await?;
    ensure!(has_them.as_str().is_some_and(|page| page.contains(&list)), "the words are shown otherwise");
    secrets::are_nowhere(stage, application, &[&list, &words.join(" ")]).await?;
    application.switch_to(window::SECRET).await?;
    application.press("hide-words").await?;
    application.wait_for("words-hidden", SLOW).await?;
    let page = application.evaluate("return document.documentElement.outerHTML", Vec::new()).await?;
    ensure!(
        page.as_str().is_some_and(|page| !page.contains("midnight")),
        "hidden words are still in the page"
    );
    application.press("secret-close").await?;
    application.switch_to(window::MAIN).await?;
    application.wait_for_windows(&[window::MAIN]).await?;
    Ok(list)
}

const SHOWN_WORDS: &str = "return [...document.querySelectorAll('[data-testid=\"secret-words\"] li')].map(item => item.textContent)";

async fn changes_the_passphrase(stage: &Stage<'_>, application: &Application) -> Result<()> {
    application.press("change-passphrase").await?;
    application.switch_to(window::SECRET).await?;
    let send = "change-passphrase";
    application.fill("passphrase", PASSPHRASE).await?;
    secrets::choose_passphrase(application, "short").await?;
    secrets::is_told_beside(application, send, "new-passphrase", "characters").await?;
    secrets::is_accessible(stage, application, "change-weak").await?;
    secrets::choose_passphrase(application, NEW_PASSPHRASE).await?;
    secrets::agree_to_do_without_keychain(application).await?;
    application.fill("passphrase", "something else entirely").await?;
    secrets::is_told(application, send, "passphrase").await?;
    stage.picture_of(application, "change-refused").await?;
    application.fill("passphrase", PASSPHRASE).await?;
    application.press(send).await?;
    application.wait_for("secret-done", SLOW).await?;
    secrets::is_accessible(stage, application, "changed").await?;
    application.press("secret-finish").await?;
    application.switch_to(window::MAIN).await?;
    application.wait_for_windows(&[window::MAIN]).await
}

async fn locks_itself(stage: &Stage<'_>, application: &Application) -> Result<()> {
    application.press("lock").await?;
    secrets::wait_for_lock(application, true).await?;
    application.press("lock").await?;
    application.switch_to(window::SECRET).await?;
    // The old passphrase is a wrong one now.
    application.fill("passphrase", PASSPHRASE).await?;
    secrets::is_told(application, "unlock", "passphrase").await?;
    secrets::is_accessible(stage, application, "unlock-refused").await?;
    application.fill("passphrase", NEW_PASSPHRASE).await?;
    application.press("unlock").await?;
    application.switch_to(window::MAIN).await?;
    secrets::wait_for_lock(application, false).await?;

    // Unlocking says that somebody is there; what a driver presses does not, and nobody touches anything.
    forms::choose(application, "auto-lock", &AUTO_LOCK.as_secs().to_string()).await?;
    tokio::time::sleep(AUTO_LOCK / 4).await;
    let locked = application.attribute("lock", "data-locked").await?;
    ensure!(locked == "false", "the keys were locked too early");
    wait::until_true("the keys are locked", AUTO_LOCK + AUTO_LOCK_SLACK, async || {
        let locked = application.attribute("lock", "data-locked").await?;
        ensure!(locked == "true", "they are open");
        Ok(true)
    })
    .await?;
    ensure!(application.attribute("key-state", "data-state").await? == "locked", "Settings say otherwise");
    stage.picture_of(application, "locked-itself").await
}
