//! No text on another and none off the sheet, at any width; the same bytes every time.

use bithedge_charts::{Frame, Theme};
use roxmltree::Document;

use super::picture::{check, number};
use super::samples;

#[test]
fn charts_hold_together_at_every_width() {
    for sample in &samples::ALL {
        for width in (240..700).step_by(17).chain((700..2_600).step_by(190)) {
            let chart = (sample.draw)(&Frame { id: sample.name, width, theme: Theme::Light });
            check(&chart);
            let document = Document::parse(&chart.svg).unwrap();
            assert!((number(document.root_element(), "width") - f64::from(width)).abs() < 1e-9);
        }
    }
}

/// What must be in a picture, whatever its width: a label that found no place would leave it mute.
const ESSENTIAL: [(&str, &[&str]); 12] = [
    (
        "payoff",
        &["Strike", "Break-even", "Floor", "Now", "Value, USD", "BTC price at expiry, USD", "BTC alone"],
    ),
    ("payoff-stx", &["Strike", "Break-even", "Floor", "Now"]),
    (
        "premium-by-strike",
        &["0.00243 sBTC", "Now 95,250", "Premium, sBTC", "Strike, USD", "Not available", "Chosen"],
    ),
    ("premium-by-duration", &["1,320 USD", "Premium, USD", "Days until expiry", "Not available"]),
    ("yield-history", &["+2.7 %", "−8.3 %", "Return since the first close, %", "Below the highest close, %"]),
    ("utilisation", &["60 %", "88 %", "Limit 90 %", "Used, % of what backs sales"]),
    ("ladder", &["12 Dec 2025", "3 Apr 2026", "5.250", "4.700", "0.050", "Worst payout, sBTC"]),
    ("stress", &["−69", "+3", "BTC price", "Volatility", "−50", "+20", "−25", "+50", "+100", "−100"]),
    ("stress-stx", &["−100", "+3", "BTC price", "STX against BTC", "−50", "−60", "+20"]),
    ("health", &["182.4 % · Warning", "Healthy", "Margin call", "Taken over", "130 %", "165 %", "200 %"]),
    ("time-series", &["Conservative", "Balanced", "Aggressive", "Return since the start, %"]),
    ("bars", &["+8.1", "−3.8", "+16.9", "no figure", "Conservative", "Aggressive", "sBTC", "STX"]),
];

#[test]
fn what_matters_is_written_at_every_width() {
    for (name, texts) in ESSENTIAL {
        let sample = samples::ALL.iter().find(|sample| sample.name == name).unwrap();
        for width in [240, 280, 320, 360, 420, 520, 640, 768, 900, 1_200, 1_600, 2_400] {
            let chart = (sample.draw)(&Frame { id: name, width, theme: Theme::Light });
            let document = Document::parse(&chart.svg).unwrap();
            let written: Vec<&str> = document
                .root_element()
                .children()
                .filter(|node| node.has_tag_name("text"))
                .filter_map(|node| node.text())
                .collect();
            for text in texts {
                let is_there = written.iter().any(|found| found.contains(text));
                assert!(is_there, "{name} at {width} does not say {text:?}: {written:?}");
            }
        }
    }
}

#[test]
fn widths_out_of_reason_are_drawn_at_the_nearest_that_is() {
    for (asked, drawn) in [(0, 240.0), (u32::MAX, 4_000.0)] {
        for sample in &samples::ALL {
            let chart = (sample.draw)(&Frame { id: sample.name, width: asked, theme: Theme::Dark });
            check(&chart);
            let document = Document::parse(&chart.svg).unwrap();
            assert!((number(document.root_element(), "width") - drawn).abs() < 1e-9);
        }
    }
}

#[test]
fn type_is_never_smaller_than_the_windows_smallest() {
    for sample in &samples::ALL {
        for width in [240, 320, 1_600] {
            let chart = (sample.draw)(&Frame { id: sample.name, width, theme: Theme::Light });
            let document = Document::parse(&chart.svg).unwrap();
            let texts = document.root_element().children().filter(|node| node.has_tag_name("text"));
            assert!(texts.map(|text| number(text, "font-size")).all(|size| size >= 120.0), "{}", sample.name);
        }
    }
}

#[test]
fn the_same_data_give_the_same_bytes_and_themes_differ_in_colour_alone() {
    for sample in &samples::ALL {
        let draw = |theme| (sample.draw)(&Frame { id: sample.name, width: 800, theme });
        let (light, dark) = (draw(Theme::Light), draw(Theme::Dark));
        assert_eq!(light, draw(Theme::Light));
        assert_eq!((&light.title, &light.summary, &light.table), (&dark.title, &dark.summary, &dark.table));
        let colourless = |svg: &str| {
            let mut pieces = svg.split('#');
            let first = pieces.next().unwrap_or_default().to_owned();
            pieces.fold(first, |text, piece| text + &piece[6..])
        };
        assert_eq!(colourless(&light.svg), colourless(&dark.svg), "{}", sample.name);
    }
}
