//! A slider: the desktop's own control, so that every key works, with its value in words.

use leptos::prelude::*;

use super::unique_id;

/// A mark under a slider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tick {
    /// Where.
    pub(crate) at: i64,
    /// What it says.
    pub(crate) label: String,
}

/// A choice among whole numbers.
#[component]
pub(crate) fn Slider(
    /// What is chosen.
    #[prop(into)]
    label: String,
    /// The lowest.
    #[prop(into)]
    min: Signal<i64>,
    /// The highest.
    #[prop(into)]
    max: Signal<i64>,
    /// From one to the next.
    #[prop(default = 1)]
    step: i64,
    /// What is chosen now.
    #[prop(into)]
    value: Signal<i64>,
    /// Another one is chosen.
    #[prop(into)]
    on_change: Callback<i64>,
    /// The value in words, shown beside the label and said by assistive technology.
    #[prop(into)]
    value_text: Signal<String>,
    /// Marks under it.
    #[prop(into, optional)]
    ticks: Signal<Vec<Tick>>,
    /// The test hook.
    #[prop(into)]
    testid: String,
) -> impl IntoView {
    let id = unique_id("slider");
    let input = NodeRef::<leptos::html::Input>::new();
    // How far it is filled, in a place where the style sheet can read it: a style attribute is forbidden, a property is not.
    let part = move |at: i64| {
        let (from, to) = (min.get(), max.get());
        let range = to.saturating_sub(from).max(1);
        at.saturating_sub(from).clamp(0, range).saturating_mul(1_000) / range
    };
    view! {
        <div class="slider">
            <div class="slider-head">
                <label class="field-label" for=id.clone()>{label}</label>
                <span class="slider-value" aria-hidden="true">{move || value_text.get()}</span>
            </div>
            <input
                node_ref=input
                class="slider-input"
                type="range"
                id=id
                data-testid=testid
                min=move || min.get().to_string()
                max=move || max.get().to_string()
                step=step.to_string()
                aria-valuetext=move || value_text.get()
                prop:value=move || value.get().to_string()
                style:--filled=move || format!("{}%", tenths(part(value.get())))
                on:input=move |event| {
                    if let Ok(chosen) = event_target_value(&event).parse() {
                        on_change.run(chosen);
                    }
                }
            />
            <div class="slider-ticks" aria-hidden="true">
                {move || ticks.get().into_iter().map(|tick| {
                    let at = tenths(part(tick.at));
                    view! { <span class="slider-tick" style:--at=format!("{at}%")>{tick.label}</span> }
                }).collect_view()}
            </div>
        </div>
    }
}

/// Thousandths as per cent: `12.5`.
fn tenths(thousandths: i64) -> String {
    format!("{}.{}", thousandths / 10, thousandths % 10)
}

#[cfg(test)]
mod tests {
    use super::tenths;

    #[test]
    fn thousandths_are_shown_in_per_cent() {
        assert_eq!([0, 5, 125, 1_000].map(tenths), ["0.0", "0.5", "12.5", "100.0"]);
    }
}
