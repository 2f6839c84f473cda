//! A sheet to draw one chart on: shapes and text in pixels, and a memory of where text is.

use std::cell::RefCell;
use std::rc::Rc;

use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color as _, FontDesc, FontFamily, FontStyle, RGBColor, ShapeStyle, TextStyle};

use crate::chart::{Frame, Reading};
use crate::order;
use crate::svg::{self, Description, Pen, Surface, UNITS};
use crate::text::{self, Weight};
use crate::theme::{Color, Palette};

/// A position in pixels, downwards and to the right.
pub(crate) type Point = (f64, f64);

/// A rectangle in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rect {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

impl Rect {
    pub(crate) fn new(left: f64, top: f64, right: f64, bottom: f64) -> Self {
        Self { left, top, right, bottom }
    }

    pub(crate) fn width(self) -> f64 {
        self.right - self.left
    }

    pub(crate) fn center(self) -> Point {
        (self.left.midpoint(self.right), self.top.midpoint(self.bottom))
    }

    fn overlaps(self, other: Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    fn grown(self, by: f64) -> Self {
        Self { left: self.left - by, top: self.top - by, right: self.right + by, bottom: self.bottom + by }
    }

    /// Whether a straight line passes through: the parts of it that lie within each pair of sides have one in common.
    fn is_crossed_by(self, from: Point, to: Point) -> bool {
        let mut first = 0.0_f64;
        let mut last = 1.0_f64;
        for (start, end, low, high) in
            [(from.0, to.0, self.left, self.right), (from.1, to.1, self.top, self.bottom)]
        {
            let way = end - start;
            if way.abs() < 1e-9 {
                if start < low || start > high {
                    return false;
                }
                continue;
            }
            let (enter, leave) = ((low - start) / way, (high - start) / way);
            first = first.max(enter.min(leave));
            last = last.min(enter.max(leave));
        }
        first <= last
    }
}

/// Which point of a text is at its position; vertically that is always the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// A line of text.
#[derive(Clone, Debug)]
pub(crate) struct Label {
    pub(crate) text: String,
    pub(crate) size: f64,
    pub(crate) weight: Weight,
    pub(crate) color: Color,
}

impl Label {
    pub(crate) fn width(&self) -> f64 {
        text::width(&self.text, self.size, self.weight)
    }

    /// The space that it takes at a position.
    pub(crate) fn bounds(&self, at: Point, anchor: Anchor) -> Rect {
        let width = self.width();
        let left = match anchor {
            Anchor::Start => at.0,
            Anchor::Middle => at.0 - width / 2.0,
            Anchor::End => at.0 - width,
        };
        Rect::new(left, at.1 - self.size * text::ASCENT, left + width, at.1 + self.size * text::DESCENT)
    }
}

/// How large type is on a sheet so wide: 12 pixels, as the smallest of the window, up to 14.
pub(crate) fn type_size(width: f64) -> f64 {
    if width < 480.0 {
        12.0
    } else if width < 1_000.0 {
        13.0
    } else {
        14.0
    }
}

pub(crate) struct Sheet<'b> {
    area: DrawingArea<Surface<'b>, Shift>,
    pen: Rc<RefCell<Pen>>,
    /// The theme's colours.
    pub(crate) palette: &'static Palette,
    /// All of it.
    pub(crate) bounds: Rect,
    /// The size of type, in pixels.
    pub(crate) size: f64,
    /// Where text is.
    taken: Vec<Rect>,
    /// Lines that text that has a choice should keep off.
    lines: Vec<(Point, Point)>,
    readings: Vec<Reading>,
}

/// Draws on a sheet as wide as `frame` says and `height` pixels high, and gives the document, and what was said of its places, from left to
/// right.
pub(crate) fn drawn(
    frame: &Frame<'_>,
    height: f64,
    title: &str,
    summary: &str,
    draw: impl FnOnce(&mut Sheet<'_>),
) -> (String, Vec<Reading>) {
    let width = frame.pixels();
    let size = (unsigned(width), unsigned(height));
    let pen = Rc::new(RefCell::new(Pen::default()));
    let mut buffer = String::new();
    let mut readings = {
        let units = (unsigned(width * UNITS), unsigned(height.ceil() * UNITS));
        let area = Surface::new(&mut buffer, units, Rc::clone(&pen)).into_drawing_area();
        let palette = frame.theme.palette();
        let bounds = Rect::new(0.0, 0.0, width, height.ceil());
        let mut sheet = Sheet {
            area,
            pen: Rc::clone(&pen),
            palette,
            bounds,
            size: type_size(width),
            taken: Vec::new(),
            lines: Vec::new(),
            readings: Vec::new(),
        };
        sheet.fill(bounds, palette.surface);
        draw(&mut sheet);
        // Nor does this: the target is a string.
        let _ = sheet.area.present();
        sheet.readings
    };
    order::by_key(&mut readings, |reading| reading.at);
    let pen = pen.borrow();
    (svg::finished(&buffer, &pen, size, &Description { id: frame.id, title, summary }), readings)
}

/// The nearest whole pixel from the left.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a float converts saturating, and no picture is that wide"
)]
pub(crate) fn pixels(x: f64) -> u32 {
    x.round() as u32
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a cast from floating point saturates; sizes of sheets are small and positive"
)]
fn unsigned(size: f64) -> u32 {
    size.ceil() as u32
}

/// Pixels to the surface's units. What is far outside the sheet stays just as far outside.
#[allow(clippy::cast_possible_truncation, reason = "clamped; and a cast of what is not a number gives 0")]
fn units(pixels: f64) -> i32 {
    (pixels * UNITS).round().clamp(-1e6, 1e6) as i32
}

fn at(point: Point) -> (i32, i32) {
    (units(point.0), units(point.1))
}

fn style(color: Color) -> ShapeStyle {
    RGBColor(color.red, color.green, color.blue).filled()
}

fn stroke(color: Color, width: f64) -> ShapeStyle {
    ShapeStyle { stroke_width: unsigned(width * UNITS), filled: false, ..style(color) }
}

/// Drawing into a string cannot fail, so what the drawing functions return says nothing.
impl Sheet<'_> {
    /// Says what stands at a place, so many pixels from the left.
    pub(crate) fn read_at(&mut self, x: f64, text: String) {
        self.readings.push(Reading { at: pixels(x), text });
    }

    /// A filled rectangle.
    pub(crate) fn fill(&mut self, rect: Rect, color: Color) {
        let corners = [at((rect.left, rect.top)), at((rect.right, rect.bottom))];
        let _ = self.area.draw(&Rectangle::new(corners, style(color)));
    }

    /// A filled polygon.
    pub(crate) fn polygon(&mut self, corners: &[Point], color: Color) {
        let corners: Vec<(i32, i32)> = distinct(corners);
        let _ = self.area.draw(&Polygon::new(corners, style(color)));
    }

    /// A line through points.
    pub(crate) fn line(&mut self, points: &[Point], color: Color, width: f64) {
        let _ = self.area.draw(&PathElement::new(distinct(points), stroke(color, width)));
    }

    /// A dashed line through points.
    pub(crate) fn dashes(&mut self, points: &[Point], color: Color, width: f64) {
        self.pen.borrow_mut().dashed = true;
        self.line(points, color, width);
        self.pen.borrow_mut().dashed = false;
    }

    /// A disc.
    pub(crate) fn disc(&mut self, center: Point, radius: f64, color: Color) {
        let _ = self.area.draw(&Circle::new(at(center), units(radius), style(color)));
    }

    /// A circle whose inside is the surface.
    pub(crate) fn ring(&mut self, center: Point, radius: f64, color: Color, width: f64) {
        self.disc(center, radius, self.palette.surface);
        let _ = self.area.draw(&Circle::new(at(center), units(radius), stroke(color, width)));
    }

    /// A label in the theme's colours.
    pub(crate) fn label(&self, text: impl Into<String>) -> Label {
        Label { text: text.into(), size: self.size, weight: Weight::Regular, color: self.palette.text }
    }

    /// A label of the second rank.
    pub(crate) fn muted(&self, text: impl Into<String>) -> Label {
        Label { color: self.palette.text_muted, ..self.label(text) }
    }

    /// A label that is read first.
    pub(crate) fn strong(&self, text: impl Into<String>) -> Label {
        Label { weight: Weight::Bold, ..self.label(text) }
    }

    /// Writes a label where it has to be, over lines if need be. One that is wider than the sheet is cut, one that reaches
    /// over its edge moves in, and one that would stand on another text is left out: whoever comes first stays.
    pub(crate) fn write(&mut self, label: &Label, at_point: Point, anchor: Anchor) {
        let limit = self.bounds.width() - 8.0;
        let cut = text::elided(&label.text, limit, label.size, label.weight);
        let label = Label { text: cut, ..label.clone() };
        let bounds = label.bounds(at_point, anchor);
        let inwards = (4.0 - bounds.left).max(0.0) - (bounds.right - self.bounds.right + 4.0).max(0.0);
        let at_point = if bounds.left < 0.0 || bounds.right > self.bounds.right {
            (at_point.0 + inwards, at_point.1)
        } else {
            at_point
        };
        let bounds = label.bounds(at_point, anchor);
        let is_on_sheet = bounds.top >= 0.0 && bounds.bottom <= self.bounds.bottom;
        if is_on_sheet && !self.taken.iter().any(|taken| taken.overlaps(bounds)) {
            self.put(&label, at_point, anchor);
        }
    }

    fn put(&mut self, label: &Label, at_point: Point, anchor: Anchor) {
        self.taken.push(label.bounds(at_point, anchor));
        let h_pos = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let font_style = match label.weight {
            Weight::Regular => FontStyle::Normal,
            Weight::Bold => FontStyle::Bold,
        };
        let size = svg::font_size((label.size * UNITS).round());
        let Color { red, green, blue } = label.color;
        let font = FontDesc::new(FontFamily::Name("inherit"), size, font_style);
        let color = RGBColor(red, green, blue).to_backend_color();
        // The backend hangs text from its top, which it takes to be 0.76 of the size above the baseline.
        let style = TextStyle { font, color, pos: Pos::new(h_pos, VPos::Top) };
        let top = (at_point.0, at_point.1 - label.size * text::ASCENT);
        let _ = self.area.draw(&Text::new(text::clean(&label.text), at(top), style));
    }

    /// Writes a label at the first of `places` where it is on the sheet and off other text and the lines to keep off.
    /// Whether there was one.
    pub(crate) fn place(&mut self, label: &Label, places: &[(Point, Anchor)]) -> bool {
        let place = places.iter().find(|(point, anchor)| self.is_free(label.bounds(*point, *anchor)));
        match place {
            Some((point, anchor)) => {
                self.put(label, *point, *anchor);
                true
            }
            None => false,
        }
    }

    /// As [`Sheet::place`]; if there is no place off the lines, on a patch of the surface over them.
    pub(crate) fn place_over(&mut self, label: &Label, places: &[(Point, Anchor)]) -> bool {
        if self.place(label, places) {
            return true;
        }
        let free = places.iter().find(|(point, anchor)| {
            let bounds = label.bounds(*point, *anchor);
            self.is_inside(bounds) && !self.taken.iter().any(|taken| taken.overlaps(bounds))
        });
        let Some((point, anchor)) = free else { return false };
        let patch = label.bounds(*point, *anchor).grown(2.0);
        self.fill(patch, self.palette.surface);
        self.put(label, *point, *anchor);
        true
    }

    fn is_inside(&self, bounds: Rect) -> bool {
        bounds.left >= 0.0
            && bounds.top >= 0.0
            && bounds.right <= self.bounds.right
            && bounds.bottom <= self.bounds.bottom
    }

    /// Whether text can stand here.
    pub(crate) fn is_free(&self, bounds: Rect) -> bool {
        let near = bounds.grown(3.0);
        self.is_inside(bounds)
            && self.taken.iter().all(|taken| !taken.overlaps(near))
            && self.lines.iter().all(|(from, to)| !near.is_crossed_by(*from, *to))
    }

    /// Remembers a line that text should keep off.
    pub(crate) fn avoid(&mut self, points: &[Point]) {
        self.lines.extend(points.windows(2).filter_map(|pair| match pair {
            [from, to] => Some((*from, *to)),
            _ => None,
        }));
    }

    /// Remembers a place that text should keep off.
    pub(crate) fn reserve(&mut self, rect: Rect) {
        self.taken.push(rect);
    }

    /// The distance between two lines of text.
    pub(crate) fn leading(&self) -> f64 {
        self.size * text::LEADING
    }

    /// The baseline of a text whose digits are centred at `y`.
    pub(crate) fn centered(&self, y: f64) -> f64 {
        y + self.size * text::MIDDLE
    }
}

/// In the surface's units, without repetitions and without what nobody could see: of a run of points within a line's width, two
/// pixels, its first, lowest, highest and last remain (Jugel et al., "M4: a visualization-oriented time series
/// data aggregation", 2014). So a chart is given all its data, and years of days cost no more than the screen can hold.
fn distinct(points: &[Point]) -> Vec<(i32, i32)> {
    let mut points: Vec<(i32, i32)> = points.iter().copied().map(at).collect();
    points.dedup();
    let mut kept = Vec::with_capacity(points.len());
    for run in points.chunk_by(|one, next| column(*one) == column(*next)) {
        if run.len() <= 4 {
            kept.extend_from_slice(run);
            continue;
        }
        let extreme = |of: Option<usize>| of.unwrap_or(0);
        let mut corners = [
            0,
            extreme((0..run.len()).min_by_key(|index| run.get(*index).map(|point| point.1))),
            extreme((0..run.len()).max_by_key(|index| run.get(*index).map(|point| point.1))),
            run.len() - 1,
        ];
        corners.sort_unstable();
        kept.extend(corners.iter().filter_map(|index| run.get(*index)));
    }
    kept.dedup();
    kept
}

/// The column of two pixels that a point lies in.
#[allow(clippy::cast_possible_truncation, reason = "a small constant")]
const fn column(point: (i32, i32)) -> i32 {
    point.0.div_euclid(2 * UNITS as i32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_cross_rectangles_or_do_not() {
        let rect = Rect::new(10.0, 10.0, 20.0, 20.0);
        assert!(rect.is_crossed_by((0.0, 15.0), (30.0, 15.0)));
        assert!(rect.is_crossed_by((12.0, 12.0), (13.0, 13.0)), "a line inside");
        assert!(rect.is_crossed_by((15.0, 0.0), (15.0, 11.0)));
        assert!(!rect.is_crossed_by((0.0, 25.0), (30.0, 25.0)));
        assert!(!rect.is_crossed_by((0.0, 15.0), (9.0, 15.0)));
        assert!(!rect.is_crossed_by((0.0, 18.0), (12.0, 30.0)), "past a corner");
    }

    #[test]
    fn of_many_points_in_a_column_the_ends_and_the_extremes_remain() {
        let crowd: Vec<Point> =
            (0..1_000).map(|index| (5.0 + f64::from(index) * 1e-4, f64::from(index % 7))).collect();
        let line: Vec<Point> = [(3.0, 1.0)].into_iter().chain(crowd).chain([(7.0, 2.0)]).collect();
        assert_eq!(distinct(&line), [(30, 10), (50, 0), (51, 60), (51, 50), (70, 20)]);
        let sparse: Vec<Point> = (0..50).map(|index| (f64::from(index), 3.0)).collect();
        assert_eq!(distinct(&sparse).len(), 50, "nothing is lost where there is room");
    }

    #[test]
    fn units_are_bounded_and_never_nonsense() {
        assert_eq!(units(1.25), 13);
        assert_eq!(units(f64::NAN), 0);
        assert_eq!(units(f64::INFINITY), 1_000_000);
        assert_eq!(units(-1e300), -1_000_000);
    }
}
