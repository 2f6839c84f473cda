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
