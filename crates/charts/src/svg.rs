//! The surface that plots are drawn on: plotters' SVG backend, with text measured by our own table.
//!
//! The backend by itself would ask a font or the page how wide a text is, and differently so in each place. What it has
//! no element for (dashes, a title, a role) is added to its output, one line of which is one element.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::io;
use std::rc::Rc;

use plotters::backend::SVGBackend;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingBackend, DrawingErrorKind, FontStyle,
};

use crate::text::{self, Weight};

/// Units of the drawing in a pixel. The backend's coordinates are integers, and a curve on whole pixels has stairs.
pub(crate) const UNITS: f64 = 10.0;
/// The backend divides the size of a font by this.
const FONT_DIVISOR: f64 = 1.24;
/// The window's faces, as its style sheet lists them.
const FACES: &str =
    "system-ui, -apple-system, Segoe UI, Inter, Roboto, Cantarell, Noto Sans, DejaVu Sans, sans-serif";

type Result<T> = core::result::Result<T, DrawingErrorKind<io::Error>>;

/// Which lines are dashed.
#[derive(Debug, Default)]
pub(crate) struct Pen {
    /// Whether what is drawn now is dashed.
    pub(crate) dashed: bool,
    /// Elements drawn so far.
    drawn: usize,
    /// Their indices.
    dashes: Vec<usize>,
}

/// The size to ask the backend for so that it writes `units`, but for what the division leaves behind the point.
pub(crate) fn font_size(units: f64) -> f64 {
    units * FONT_DIVISOR
}

/// A line with the size of its type in whole units.
fn with_whole_size(line: &str) -> Option<String> {
    const ATTRIBUTE: &str = " font-size=\"";
    let (before, rest) = line.split_once(ATTRIBUTE)?;
    let (size, after) = rest.split_once('"')?;
    let size: f64 = size.parse().ok()?;
    Some(format!("{before}{ATTRIBUTE}{}\"{after}", size.round()))
}

pub(crate) struct Surface<'b> {
    svg: SVGBackend<'b>,
    pen: Rc<RefCell<Pen>>,
}

impl<'b> Surface<'b> {
    pub(crate) fn new(buffer: &'b mut String, size: (u32, u32), pen: Rc<RefCell<Pen>>) -> Self {
        Self { svg: SVGBackend::with_string(buffer, size), pen }
    }

    fn note(&self, color: BackendColor) {
        // The backend leaves out what cannot be seen.
        if color.alpha != 0.0 {
            let mut pen = self.pen.borrow_mut();
            let index = pen.drawn;
            if pen.dashed {
                pen.dashes.push(index);
            }
            pen.drawn += 1;
        }
    }
}

impl DrawingBackend for Surface<'_> {
    type ErrorType = io::Error;

    fn get_size(&self) -> (u32, u32) {
        self.svg.get_size()
    }

    fn ensure_prepared(&mut self) -> Result<()> {
        self.svg.ensure_prepared()
    }

    fn present(&mut self) -> Result<()> {
        self.svg.present()
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Result<()> {
        self.note(color);
        self.svg.draw_pixel(point, color)
    }

    fn draw_line<S: BackendStyle>(&mut self, from: BackendCoord, to: BackendCoord, style: &S) -> Result<()> {
        self.note(style.color());
        self.svg.draw_line(from, to, style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Result<()> {
        self.note(style.color());
        self.svg.draw_rect(upper_left, bottom_right, style, fill)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Result<()> {
        self.note(style.color());
        self.svg.draw_path(path, style)
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Result<()> {
        self.note(style.color());
        self.svg.draw_circle(center, radius, style, fill)
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Result<()> {
        self.note(style.color());
        self.svg.fill_polygon(path, style)
    }

    fn draw_text<S: BackendTextStyle>(&mut self, text: &str, style: &S, pos: BackendCoord) -> Result<()> {
        self.note(style.color());
        self.svg.draw_text(text, style, pos)
    }

    fn estimate_text_size<S: BackendTextStyle>(&self, text: &str, style: &S) -> Result<(u32, u32)> {
        let size = style.size() / FONT_DIVISOR;
        let weight = match style.style() {
            FontStyle::Bold => Weight::Bold,
            _ => Weight::Regular,
        };
        let width = text::width(text, size, weight);
        Ok((whole(width), whole(size * (text::ASCENT + text::DESCENT))))
    }
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast from floating point saturates; the size of a text on a screen is small and positive"
)]
fn whole(units: f64) -> u32 {
    units.ceil() as u32
}

/// What the picture is, in words, and which identifiers tell it.
pub(crate) struct Description<'d> {
    pub(crate) id: &'d str,
    pub(crate) title: &'d str,
    pub(crate) summary: &'d str,
}

/// The document that was drawn, with its description, its dashes and its faces.
pub(crate) fn finished(drawn: &str, pen: &Pen, size: (u32, u32), description: &Description<'_>) -> String {
    let mut document = String::with_capacity(drawn.len() + 1_000);
    let Description { id, title, summary } = description;
    let id = identifier(id);
    let (width, height) = size;
    let (title, summary) = (text::escaped(title), text::escaped(summary));
    let (units_wide, units_high) = (f64::from(width) * UNITS, f64::from(height) * UNITS);
    // Writing to a string does not fail.
    let _ = write!(
        document,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {units_wide} {units_high}\" role=\"img\" aria-labelledby=\"{id}-title\" \
         aria-describedby=\"{id}-desc\" font-family=\"{FACES}\" stroke-linejoin=\"round\">\n\
         <title id=\"{id}-title\">{title}</title>\n<desc id=\"{id}-desc\">{summary}</desc>\n"
    );
    let mut dashes = pen.dashes.iter().peekable();
    let mut index = 0;
    let mut lines = drawn.lines().skip(1);
    while let Some(line) = lines.next() {
        let is_text = line.starts_with("<text");
        let is_dashed = dashes.next_if(|dashed| **dashed == index).is_some();
        index += 1;
        let line = line.replace(" opacity=\"1\"", "").replace(" \"/>", "\"/>");
        let line = line.replace(" font-family=\"inherit\"", "").replace("\"bold\"", "\"600\"");
        let line = with_whole_size(&line).unwrap_or(line);
        match line.strip_suffix("/>") {
            Some(open) if is_dashed => {
                document.push_str(open);
                document.push_str(" stroke-dasharray=\"50 40\"/>");
            }
            _ => document.push_str(&line),
        }
        if is_text {
            // The text and its end stand on lines of their own; a space before a text would be drawn.
            document.push_str(lines.next().unwrap_or_default());
            document.push_str(lines.next().unwrap_or_default());
        }
        document.push('\n');
    }
    document
}

/// `id` as an XML identifier without spaces: letters, digits, `-` and `_`, a letter first.
fn identifier(id: &str) -> String {
    let kept = |one: char| if one.is_ascii_alphanumeric() || one == '-' || one == '_' { one } else { '-' };
    let id: String = id.chars().map(kept).collect();
    if id.starts_with(|first: char| first.is_ascii_alphabetic()) { id } else { format!("chart{id}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn font_sizes_are_whole() {
        let line = "<text x=\"1\" font-size=\"120.00000000000001\" fill=\"#000000\">";
        assert_eq!(with_whole_size(line).unwrap(), "<text x=\"1\" font-size=\"120\" fill=\"#000000\">");
        assert_eq!(with_whole_size("<rect/>"), None);
    }

    #[test]
    fn identifiers_are_valid_and_hold_no_spaces() {
        assert_eq!(identifier("payoff-1"), "payoff-1");
        assert_eq!(identifier("1 two\"<é"), "chart1-two---");
        assert_eq!(identifier(""), "chart");
    }
}
