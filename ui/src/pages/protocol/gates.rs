//! What is switched off or stopped.

use bithedge_ipc::{BreakerView, Figure, FlagView, GatesView};
use leptos::prelude::*;

use crate::components::{Card, not_known};
use crate::format;

/// What a switch or a breaker is about, as a person would say it.
fn called(name: &str) -> String {
    match name {
        "all" => "Everything new".to_owned(),
        "sales" => "Buying protection".to_owned(),
        "deposits" => "Committing capital".to_owned(),
        "sell-back" => "Selling policies back".to_owned(),
        "oracle" => "Sales and deposits, because of prices".to_owned(),
        other => other.to_owned(),
    }
}

/// Switches and breakers.
#[component]
pub(super) fn GatesCard(
    /// What was read of them.
    #[prop(into)]
    gates: Signal<Figure<GatesView>>,
) -> impl IntoView {
    view! {
        <Card title="What can be done now" note=|| "Switches and breakers" testid="protocol-gates">
            <p class="protocol-explained">
                "Governance turns switches. A breaker stops new risk for a time when something looks wrong. Neither can stop what is owed to \
                 you: exercising, settling, claiming and withdrawing stay open."
            </p>
            {move || match gates.get() {
                Figure::Known { value } => view! { <Gates gates=value /> }.into_any(),
                Figure::Unknown { why } => not_known(&why),
            }}
        </Card>
    }
}

#[component]
fn Gates(
    /// What was read.
    gates: GatesView,
) -> impl IntoView {
    let GatesView { flags, breakers } = gates;
    view! {
        <div class="protocol-columns">
            <section class="protocol-part">
                <h3 class="protocol-name">"Switches"</h3>
                <ul class="gates">{flags.into_iter().map(flag).collect_view()}</ul>
            </section>
            <section class="protocol-part">
                <h3 class="protocol-name">"Breakers"</h3>
                <ul class="gates">{breakers.into_iter().map(breaker).collect_view()}</ul>
            </section>
        </div>
    }
}

fn flag(flag: FlagView) -> impl IntoView {
    let FlagView { name, enabled } = flag;
    let is_open = enabled == Some(true);
    let said = match enabled {
        Some(true) => "is open",
        Some(false) => "is switched off",
        None => "was never switched on",
    };
    view! {
        <li class="gate" data-testid=format!("flag-{name}") data-open=is_open.to_string()>
            <span class="gate-name">{called(&name)}</span>
            <span class="gate-state">{said}</span>
        </li>
    }
}

fn breaker(breaker: BreakerView) -> impl IntoView {
    let BreakerView { name, tripped, last_tripped, until, reason } = breaker;
    let said = if tripped {
        let until = until.map_or_else(
            || ", until somebody lets go".to_owned(),
            |until| format!(" until {}", format::moment(until)),
        );
        format!("is stopped{until}")
    } else {
        "is not stopped".to_owned()
    };
    let last = last_tripped.map(|at| {
        let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
        format!("last stopped {}{why}", format::moment(at))
    });
    view! {
        <li class="gate" data-testid=format!("breaker-{name}") data-open=(!tripped).to_string()>
            <span class="gate-name">{called(&name)}</span>
            <span class="gate-state">{said}</span>
            {last.map(|last| view! { <span class="protocol-quiet">{last}</span> })}
        </li>
    }
}
