//! The way of a price, drawn small.

use bithedge_protocol::Ppm;
use leptos::prelude::*;

/// The picture's size in its own units.
const WIDTH: u128 = 1_000;
const HEIGHT: u128 = 300;

/// A line through values that are equally far apart, from the lowest to the highest of them.
#[component]
pub(super) fn Sparkline(
    /// The values, oldest first.
    path: Vec<Ppm>,
    /// What it shows, for whoever does not see it.
    label: String,
) -> impl IntoView {
    let values: Vec<u128> = path.into_iter().map(Ppm::base_units).collect();
    let (line, base) = points(&values);
    view! {
        <svg
            class="sparkline"
            viewBox=format!("0 -10 {WIDTH} {}", HEIGHT + 20)
            preserveAspectRatio="none"
            role="img"
            aria-label=label
        >
            {base.map(|y| view! {
                <line class="sparkline-base" x1="0" x2=WIDTH.to_string() y1=y.to_string() y2=y.to_string() />
            })}
            <polyline class="sparkline-line" points=line />
        </svg>
    }
}

/// The points of the line, and the height at which it begins.
fn points(values: &[u128]) -> (String, Option<u128>) {
    let (Some(low), Some(high), Some(first)) = (values.iter().min(), values.iter().max(), values.first())
    else {
        return (String::new(), None);
    };
    let range = high.saturating_sub(*low).max(1);
    let height = |value: u128| HEIGHT - value.saturating_sub(*low) * HEIGHT / range;
    let last = u128::try_from(values.len().saturating_sub(1)).unwrap_or_default().max(1);
    let line: Vec<String> = (0_u128..)
        .zip(values.iter().copied())
        .map(|(at, value)| format!("{},{}", at * WIDTH / last, height(value)))
        .collect();
    (line.join(" "), Some(height(*first)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_runs_from_edge_to_edge() {
        assert_eq!(points(&[1_000_000, 500_000, 750_000]), ("0,0 500,300 1000,150".to_owned(), Some(0)));
        assert_eq!(points(&[]), (String::new(), None));
        assert_eq!(points(&[5]), ("0,300".to_owned(), Some(300)));
    }
}
