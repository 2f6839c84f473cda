//! A drawn chart, read back from its SVG, and what holds for every one of them.

use bithedge_charts::{Chart, text_width};
use roxmltree::{Document, Node};

/// The drawing's units in a pixel.
pub(crate) const UNITS: f64 = 10.0;

/// What a picture may consist of, and with which attributes.
const ELEMENTS: [(&str, &[&str]); 10] = [
    (
        "svg",
        &[
            "width",
            "height",
            "viewBox",
            "role",
            "aria-labelledby",
            "aria-describedby",
            "font-family",
            "stroke-linejoin",
        ],
    ),
    ("title", &["id"]),
    ("desc", &["id"]),
    ("rect", &["x", "y", "width", "height", "fill", "stroke"]),
    ("line", &["x1", "y1", "x2", "y2", "stroke", "stroke-width", "stroke-dasharray"]),
    ("polyline", &["points", "fill", "stroke", "stroke-width", "stroke-dasharray"]),
    ("polygon", &["points", "fill"]),
    ("circle", &["cx", "cy", "r", "fill", "stroke", "stroke-width"]),
    ("text", &["x", "y", "dy", "text-anchor", "font-size", "font-weight", "fill"]),
    ("tspan", &[]),
];

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

impl Bounds {
    pub(crate) fn overlaps(self, other: Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}

pub(crate) fn number(node: Node<'_, '_>, name: &str) -> f64 {
    let text = node.attribute(name).unwrap_or_else(|| panic!("no {name} on {node:?}"));
    text.parse().unwrap_or_else(|_| panic!("{name}=\"{text}\""))
}

/// Where a text is, by the table that the layout went by.
pub(crate) fn text_bounds(node: Node<'_, '_>) -> Bounds {
    let size = number(node, "font-size") / UNITS;
    let width = text_width(node.text().unwrap_or_default(), size, node.attribute("font-weight").is_some());
    let x = number(node, "x") / UNITS;
    assert_eq!(node.attribute("dy"), Some("0.76em"));
    let baseline = number(node, "y") / UNITS + 0.76 * size;
    let left = match node.attribute("text-anchor").unwrap() {
        "start" => x,
        "middle" => x - width / 2.0,
        "end" => x - width,
        other => panic!("{other}"),
    };
    Bounds { left, top: baseline - 0.74 * size, right: left + width, bottom: baseline + 0.2 * size }
}

/// Whether text stands on text, or off the sheet: in words, if so.
pub(crate) fn misplaced_text(document: &Document<'_>) -> Option<String> {
    let root = document.root_element();
    let (width, height) = (number(root, "width"), number(root, "height"));
    let texts: Vec<(&str, Bounds)> = root
        .children()
        .filter(|node| node.has_tag_name("text"))
        .map(|node| (node.text().unwrap_or_default(), text_bounds(node)))
        .collect();
    for (index, (text, bounds)) in texts.iter().enumerate() {
        let is_inside = bounds.left >= -0.5
            && bounds.top >= -0.5
            && bounds.right <= width + 0.5
            && bounds.bottom <= height + 0.5;
        if !is_inside {
            return Some(format!("{text:?} is off a sheet of {width} × {height}: {bounds:?}"));
        }
        let other = texts.iter().skip(index + 1).find(|(_, other)| bounds.overlaps(*other));
        if let Some((other, at)) = other {
            return Some(format!("{text:?} and {other:?} overlap: {bounds:?} {at:?}"));
        }
    }
    None
}

/// What holds for every chart, whatever its data: panics if it does not.
pub(crate) fn check(chart: &Chart) {
    let Chart { svg, title, summary, table, stops, readings } = chart;
    let document = Document::parse(svg).unwrap_or_else(|error| panic!("{error}: {svg}"));
    for node in document.root().descendants().filter(Node::is_element) {
        let name = node.tag_name().name();
        let Some((_, attributes)) = ELEMENTS.iter().find(|(known, _)| *known == name) else {
            panic!("<{name}> has no place here");
        };
        for attribute in node.attributes() {
            assert!(attributes.contains(&attribute.name()), "{} on <{name}>", attribute.name());
        }
        let is_coordinate =
            |attribute: &str| !matches!(attribute, "id" | "aria-labelledby" | "aria-describedby");
        for attribute in node.attributes().filter(|one| is_coordinate(one.name())) {
            let value = attribute.value().to_lowercase();
            assert!(!value.contains("nan") && !value.contains("inf"), "{}={value}", attribute.name());
            assert!(!value.contains("url("), "{value}");
        }
    }
    let root = document.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    for (attribute, element, text) in
        [("aria-labelledby", "title", title), ("aria-describedby", "desc", summary)]
    {
        let id = root.attribute(attribute).unwrap();
        let named = root.children().find(|node| node.attribute("id") == Some(id)).unwrap();
        assert!(named.has_tag_name(element));
        let clean: String = text.chars().map(|one| if one.is_control() { ' ' } else { one }).collect();
        assert_eq!(
            named.text().unwrap_or_default().replace('\u{fffe}', " "),
            clean.replace(['\u{fffe}', '\u{ffff}'], " ")
        );
    }
    assert!(!title.is_empty() && summary.ends_with('.'), "{title:?}: {summary:?}");
    assert!(!summary.contains("NaN") && !summary.contains("inf "), "{summary}");
    assert!(table.rows.iter().all(|row| row.len() == table.columns.len()), "{table:?}");
    assert!(stops.is_empty() || stops.len() == table.rows.len(), "{stops:?}");
    assert!(stops.is_sorted(), "{stops:?}");
    assert!(readings.is_sorted_by_key(|reading| reading.at), "{readings:?}");
    let width: f64 = root.attribute("width").unwrap().parse().unwrap();
    for reading in readings {
        let is_whole = !reading.text.contains("NaN") && !reading.text.contains("inf ");
        assert!(f64::from(reading.at) <= width && is_whole && reading.text.contains(": "), "{reading:?}");
    }
    let circles = document.descendants().filter(|node| node.has_tag_name("circle"));
    // The drawing has ten units in a pixel.
    let centers: Vec<f64> = circles.filter_map(|node| node.attribute("cx")?.parse().ok()).collect();
    for stop in stops {
        let is_drawn = centers.iter().any(|center| (center / 10.0 - f64::from(*stop)).abs() <= 1.0);
        assert!(is_drawn, "no point at {stop}: {centers:?}");
    }
    if let Some(reason) = misplaced_text(&document) {
        panic!("{reason}\n{svg}");
    }
}
