//! Text 4.5:1 against what it stands on, lines and bars 3:1 against the surface (WCAG 2.2, 1.4.3 and 1.4.11), and the
//! colours are those of the window.

use bithedge_charts::{Color, Frame, Palette, Theme};
use roxmltree::{Document, Node};

use super::picture::{Bounds, UNITS, number, text_bounds};
use super::samples;

type Rgb = (u8, u8, u8);
/// A token of the window and our colour for it.
type Named = (&'static str, fn(&Palette) -> Color);

fn rgb(color: Color) -> Rgb {
    (color.red, color.green, color.blue)
}

fn parse(code: &str) -> Rgb {
    let digits = code.strip_prefix('#').unwrap();
    let part = |index: usize| u8::from_str_radix(&digits[index..index + 2], 16).unwrap();
    (part(0), part(2), part(4))
}

/// Relative luminance as WCAG defines it.
fn luminance((red, green, blue): Rgb) -> f64 {
    let linear = |part: u8| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
}

fn contrast(one: Rgb, other: Rgb) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// Whether a filled shape covers a point, in pixels.
fn covers(node: Node<'_, '_>, (x, y): (f64, f64)) -> bool {
    let value = |name| number(node, name) / UNITS;
    match node.tag_name().name() {
        "rect" => {
            let (left, top) = (value("x"), value("y"));
            x >= left && x <= left + value("width") && y >= top && y <= top + value("height")
        }
        "circle" => (x - value("cx")).hypot(y - value("cy")) <= value("r"),
        "polygon" => {
            let corners: Vec<(f64, f64)> = node
                .attribute("points")
                .unwrap()
                .split_whitespace()
                .map(|point| {
                    let (x, y) = point.split_once(',').unwrap();
                    (x.parse::<f64>().unwrap() / UNITS, y.parse::<f64>().unwrap() / UNITS)
                })
                .collect();
            let next = corners.iter().cycle().skip(1);
            let crossings = corners.iter().zip(next).filter(|(from, to)| {
                (from.1 > y) != (to.1 > y) && x < (to.0 - from.0) * (y - from.1) / (to.1 - from.1) + from.0
            });
            crossings.count() % 2 == 1
        }
        _ => false,
    }
}

/// What a text stands on: at its ends and in its middle.
fn grounds(document: &Document<'_>, text: Node<'_, '_>, bounds: Bounds) -> Vec<Rgb> {
    let middle = bounds.top.midpoint(bounds.bottom);
    let center = bounds.left.midpoint(bounds.right);
    [(bounds.left + 1.0, middle), (center, middle), (bounds.right - 1.0, middle)]
        .into_iter()
        .map(|point| {
            let before = document.root_element().children().take_while(|node| *node != text);
            let filled =
                before.filter(|node| node.attribute("fill").is_some_and(|fill| fill.starts_with('#')));
            let under = filled.filter(|node| covers(*node, point)).last().unwrap();
            parse(under.attribute("fill").unwrap())
        })
        .collect()
}

#[test]
fn text_can_be_read_on_what_it_stands_on() {
    let mut lowest = f64::INFINITY;
    for (name, chart) in super::snapshots::drawn() {
        let document = Document::parse(&chart.svg).unwrap();
        for text in document.root_element().children().filter(|node| node.has_tag_name("text")) {
            let ink = parse(text.attribute("fill").unwrap());
            for ground in grounds(&document, text, text_bounds(text)) {
                let found = contrast(ink, ground);
                lowest = lowest.min(found);
                assert!(found >= 4.5, "{name}: {:?} at {found:.2}:1", text.text());
            }
        }
    }
    assert!(lowest < 21.0, "something was measured");
}

#[test]
fn lines_can_be_seen_on_the_surface() {
    for sample in &samples::ALL {
        for theme in [Theme::Light, Theme::Dark] {
            let palette = theme.palette();
            let chart = (sample.draw)(&Frame { id: sample.name, width: 1_600, theme });
            let document = Document::parse(&chart.svg).unwrap();
            let strokes = document.root_element().children().filter_map(|node| node.attribute("stroke"));
            for stroke in strokes.filter(|stroke| *stroke != "none").map(parse) {
                // The grid is decoration: every figure on it has its label.
                let is_grid = stroke == rgb(palette.line);
                assert!(
                    is_grid || contrast(stroke, rgb(palette.surface)) >= 3.0,
                    "{}: {stroke:?}",
                    sample.name
                );
            }
        }
    }
}

#[test]
fn every_colour_that_means_something_stands_out() {
    for theme in [Theme::Light, Theme::Dark] {
        let palette = theme.palette();
        let surface = rgb(palette.surface);
        for color in
            [palette.text, palette.text_muted, palette.accent, palette.warning, palette.danger, palette.info]
        {
            assert!(contrast(rgb(color), surface) >= 4.5, "{color:?}");
        }
        for color in palette.series {
            assert!(contrast(rgb(color), surface) >= 4.5, "{color:?}: also of names at the ends of lines");
        }
        assert!(contrast(rgb(palette.line_control), surface) >= 3.0);
        let on = [
            (palette.accent, palette.accent_soft),
            (palette.warning, palette.warning_soft),
            (palette.danger, palette.danger_soft),
            (palette.info, palette.info_soft),
        ];
        for (ink, area) in on {
            assert!(contrast(rgb(ink), rgb(area)) >= 4.5, "{ink:?} on {area:?}");
        }
        // Ramps are read by their lightness, which every reader sees: it goes one way.
        for ramp in [palette.loss, palette.gain] {
            let away: Vec<f64> = ramp.iter().map(|color| contrast(rgb(*color), surface)).collect();
            assert!(away.windows(2).all(|pair| pair[1] > pair[0] * 1.25), "{away:?}");
        }
    }
}

#[test]
fn the_colours_are_the_windows() {
    let sheet = concat!(env!("CARGO_MANIFEST_DIR"), "/../../ui/styles/00-tokens.css");
    let sheet = std::fs::read_to_string(sheet).unwrap();
    let token = |name: &str| -> (Rgb, Rgb) {
        let start = format!("--{name}: light-dark(");
        let rest = sheet.split_once(&start).unwrap_or_else(|| panic!("no --{name}")).1;
        let (light, dark) = rest.split_once(')').unwrap().0.split_once(", ").unwrap();
        (parse(light), parse(dark))
    };
    let named: [Named; 14] = [
        ("surface", |palette| palette.surface),
        ("surface-sunken", |palette| palette.surface_sunken),
        ("line", |palette| palette.line),
        ("line-control", |palette| palette.line_control),
        ("text", |palette| palette.text),
        ("text-muted", |palette| palette.text_muted),
        ("accent", |palette| palette.accent),
        ("accent-soft", |palette| palette.accent_soft),
        ("warning", |palette| palette.warning),
        ("warning-soft", |palette| palette.warning_soft),
        ("danger", |palette| palette.danger),
        ("danger-soft", |palette| palette.danger_soft),
        ("info", |palette| palette.info),
        ("info-soft", |palette| palette.info_soft),
    ];
    for (name, color) in named {
        let ours = (rgb(color(Theme::Light.palette())), rgb(color(Theme::Dark.palette())));
        assert_eq!(ours, token(name), "--{name}");
    }
}
