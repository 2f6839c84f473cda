//! Charts: drawn at the width that there is, in the theme in force, with the figures behind them.

use bithedge_charts::{Chart, Frame, Table, Theme};
use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

use super::unique_id;
use crate::state::PreferencesState;

/// A chart of some data. It is drawn at most once for a picture of the screen, however often the data changes.
#[component]
pub(crate) fn ChartView<D>(
    /// What is drawn.
    #[prop(into)]
    data: Signal<D>,
    /// How.
    draw: fn(&D, &Frame<'_>) -> Chart,
    /// Whether the summary stands under the picture; if not, it is for assistive technology only.
    #[prop(default = true)]
    show_summary: bool,
    /// Somebody points at one of the chart's points, by clicking or dragging: its place in the chart's table. There has to be
    /// another control that does the same from the keyboard.
    #[prop(into, optional)]
    on_choose: Option<Callback<usize>>,
    /// The test hook.
    #[prop(into)]
    testid: String,
) -> impl IntoView
where
    D: Send + Sync + 'static,
{
    let picture = Picture {
        track: Box::new(move || data.track()),
        // The page may have been left since.
        draw: Box::new(move |frame: &Frame<'_>| data.try_with_untracked(|data| draw(data, frame))),
    };
    framed(picture, show_summary, on_choose, testid)
}

/// A chart of data of whatever kind, so that what is around it is compiled once for all charts.
struct Picture {
    /// Wakes its reader when the data changes.
    track: Box<dyn Fn() + Send + Sync>,
    /// Draws the data as it is; `None` if it is gone.
    draw: Box<Draw>,
}

type Draw = dyn Fn(&Frame<'_>) -> Option<Chart> + Send + Sync;

fn framed(
    picture: Picture,
    show_summary: bool,
    on_choose: Option<Callback<usize>>,
    testid: String,
) -> AnyView {
    let Picture { track, draw } = picture;
    let draw = StoredValue::new(draw);
    let preferences = expect_context::<PreferencesState>();
    let place = NodeRef::<leptos::html::Div>::new();
    let width = width_of(place);
    let chart: RwSignal<Option<Chart>> = RwSignal::new(None);
    let scheduled = StoredValue::new(false);
    let id = StoredValue::new(unique_id("chart"));
    let redraw = move || {
        // The page may have been left since.
        let (Some(id), Some(width)) = (id.try_get_value(), width.try_get_untracked()) else { return };
        let theme = if untrack(|| preferences.is_dark()) { Theme::Dark } else { Theme::Light };
        let frame = Frame { id: &id, width, theme };
        let Some(drawn) = draw.try_with_value(|draw| draw(&frame)).flatten() else { return };
        let _ = chart.try_set(Some(drawn));
        scheduled.update_value(|scheduled| *scheduled = false);
    };
    Effect::new(move |_| {
        track();
        let _ = preferences.is_dark();
        if width.get() == 0 || scheduled.get_value() {
            return;
        }
        scheduled.set_value(true);
        request_animation_frame(redraw);
    });
    let shows_figures = RwSignal::new(false);
    // Where somebody points, in pixels from the left of the picture.
    let hovered = RwSignal::new(None::<f64>);
    let reading = Memo::new(move |_| {
        let at = hovered.get()?;
        chart.with(|chart| {
            let readings = &chart.as_ref()?.readings;
            nearest(readings.iter().map(|reading| reading.at), at)
                .and_then(|index| readings.get(index).cloned())
        })
    });
    let is_read = Memo::new(move |_| {
        chart.with(|chart| chart.as_ref().is_some_and(|chart| !chart.readings.is_empty()))
    });
    let pointed: StoredValue<Option<usize>> = StoredValue::new(None);
    let point = move |event: &web_sys::PointerEvent| {
        let (Some(on_choose), Some(place)) = (on_choose, place.get_untracked()) else { return };
        let at = f64::from(event.client_x()) - place.get_bounding_client_rect().left();
        let found = chart.with_untracked(|chart| {
            chart.as_ref().and_then(|chart| nearest(chart.stops.iter().copied(), at))
        });
        // Once for each point that is passed, not for each pixel.
        if found != pointed.get_value() || event.type_() == "pointerdown" {
            pointed.set_value(found);
            if let Some(index) = found {
                on_choose.run(index);
            }
        }
    };
    view! {
        <figure
            class="chart"
            class:is-bare=move || chart.with(|chart| chart.as_ref().is_some_and(|chart| chart.table.rows.is_empty()))
            data-testid=testid
        >
            // The picture has a title and a description of its own; both are of our own making.
            <div
                class="chart-picture"
                class:is-empty=move || chart.with(Option::is_none)
                class:can-choose=on_choose.is_some()
                on:pointerdown=move |event| {
                    if let Some(place) = place.get_untracked().filter(|_| on_choose.is_some()) {
                        // Dragging goes on outside the picture; where that cannot be, it ends at its edge.
                        let _ = place.set_pointer_capture(event.pointer_id());
                        event.prevent_default();
                        point(&event);
                    }
                }
                on:pointermove=move |event| {
                    if event.buttons() & 1 == 1 {
                        point(&event);
                    }
                    let left = place.get_untracked().map(|place| place.get_bounding_client_rect().left());
                    hovered.set(left.map(|left| f64::from(event.client_x()) - left));
                }
                on:pointerleave=move |_| hovered.set(None)
                node_ref=place
                inner_html=move || chart.with(|chart| chart.as_ref().map(|chart| named_without_a_tip(&chart.svg)).unwrap_or_default())
            ></div>
            // What is pointed at, for the eye: assistive technology has the figures in the table.
            {move || (show_summary && is_read.get()).then(|| view! {
                <p class="chart-reading" aria-hidden="true" data-testid="chart-reading">
                    {move || reading.get().map_or_else(
                        || "Point at the picture to read its values.".to_owned(),
                        |reading| reading.text,
                    )}
                </p>
            })}
            {show_summary.then(|| view! {
                <figcaption class="chart-summary">
                    {move || chart.with(|chart| chart.as_ref().map(|chart| chart.summary.clone()).unwrap_or_default())}
                </figcaption>
            })}
            // The figures are there while somebody looks at them: a chart that is dragged over draws itself many times a second.
            <details
                class="disclosure"
                on:toggle=move |event| shows_figures.set(event_target::<web_sys::HtmlDetailsElement>(&event).open())
            >
                <summary>"Show figures"</summary>
                <div class="disclosure-body">
                    {move || shows_figures.get().then(|| chart.with(|chart| chart.as_ref().map(|chart| view! {
                        <ChartTable title=chart.title.clone() table=chart.table.clone() />
                    })))}
                </div>
            </details>
        </figure>
    }
    .into_any()
}

/// Which of these is nearest to a place.
fn nearest(stops: impl Iterator<Item = u32>, at: f64) -> Option<usize> {
    let far = |stop: u32| (f64::from(stop) - at).abs();
    let nearest = stops.enumerate().min_by(|(_, a), (_, b)| far(*a).total_cmp(&far(*b)));
    nearest.map(|(index, _)| index)
}

/// The drawing, whose name is no tip that the engine lays over it wherever somebody points: what names it is told all the same.
fn named_without_a_tip(svg: &str) -> String {
    svg.replacen("<title ", "<desc ", 1).replacen("</title>", "</desc>", 1)
}

/// The figures behind a chart.
#[component]
fn ChartTable(
    /// What they are.
    title: String,
    /// The figures.
    table: Table,
) -> impl IntoView {
    let name = title.clone();
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label=name>
            <table class="figures">
                <caption class="visually-hidden">{title}</caption>
                <thead>
                    <tr>{table.columns.into_iter().map(|name| view! { <th scope="col">{name}</th> }).collect_view()}</tr>
                </thead>
                <tbody>
                    {table.rows.into_iter().map(|row| view! {
                        <tr>{row.into_iter().map(|cell| view! { <td>{cell}</td> }).collect_view()}</tr>
                    }).collect_view()}
                </tbody>
            </table>
        </div>
    }
}

/// The width of an element in whole pixels, as it changes; nothing before it is there.
pub(crate) fn width_of(place: NodeRef<leptos::html::Div>) -> ReadSignal<u32> {
    let (width, set_width) = signal(0);
    let watching: StoredValue<Option<Watch>, LocalStorage> = StoredValue::new_local(None);
    Effect::new(move |_| {
        let Some(element) = place.get() else { return };
        let measured = element.clone();
        // After the first picture of the page, which does not wait for its charts.
        let changed = Closure::<dyn Fn()>::new(move || {
            let pixels = u32::try_from(measured.client_width()).unwrap_or_default();
            // What is not on show is not drawn.
            if pixels > 0 && width.try_get_untracked().is_some_and(|width| width != pixels) {
                set_width.set(pixels);
            }
        });
        let Ok(observer) = web_sys::ResizeObserver::new(changed.as_ref().unchecked_ref()) else { return };
        observer.observe(&element);
        watching.set_value(Some(Watch { observer, _changed: changed }));
    });
    width
}

/// An observer that ends with what it watches.
struct Watch {
    observer: web_sys::ResizeObserver,
    _changed: Closure<dyn Fn()>,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.observer.disconnect();
    }
}

#[cfg(test)]
mod tests {
    use bithedge_protocol::{Asset, Sats, UsdE8};

    use super::{named_without_a_tip, nearest};

    #[test]
    fn what_is_pointed_at_is_the_nearest_point() {
        let stops = [40, 80, 200];
        for (at, index) in [(-10.0, 0), (59.0, 0), (61.0, 1), (139.0, 1), (141.0, 2), (9_000.0, 2)] {
            assert_eq!(nearest(stops.into_iter(), at), Some(index), "{at}");
        }
        assert_eq!(nearest([].into_iter(), 5.0), None);
    }

    #[test]
    fn the_name_of_a_drawing_is_no_tip_and_still_names_it() {
        let frame = bithedge_charts::Frame { id: "one", width: 600, theme: bithedge_charts::Theme::Light };
        let policy = bithedge_charts::Payoff {
            size: Sats::new(100_000_000),
            strike: UsdE8::new(9_500_000_000_000),
            floor: UsdE8::new(4_750_000_000_000),
            spot: UsdE8::new(10_000_000_000_000),
            cost: UsdE8::new(300_000_000_000),
            backing: Asset::Sbtc,
        };
        let svg = named_without_a_tip(&bithedge_charts::payoff(&policy, &frame).svg);
        assert!(!svg.contains("title>"), "{svg}");
        assert!(
            svg.contains("aria-labelledby=\"one-title\"") && svg.contains("<desc id=\"one-title\">Value"),
            "{svg}"
        );
    }
}
