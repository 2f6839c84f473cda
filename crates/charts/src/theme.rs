//! Colours as data: those of the window's design tokens, and what charts need beyond them.

/// A colour in sRGB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Color {
    /// Red.
    pub red: u8,
    /// Green.
    pub green: u8,
    /// Blue.
    pub blue: u8,
}

impl Color {
    /// The colour `0xRRGGBB`.
    const fn hex(code: u32) -> Self {
        let [_, red, green, blue] = code.to_be_bytes();
        Self { red, green, blue }
    }

    /// Between `self` and `other`: `part` of `whole` of the way.
    fn towards(self, other: Self, part: u32, whole: u32) -> Self {
        let mix = |from: u8, to: u8| {
            let whole = whole.max(1);
            let part = part.min(whole);
            let sum = u64::from(from) * u64::from(whole - part) + u64::from(to) * u64::from(part);
            u8::try_from((sum + u64::from(whole) / 2) / u64::from(whole)).unwrap_or(u8::MAX)
        };
        Self {
            red: mix(self.red, other.red),
            green: mix(self.green, other.green),
            blue: mix(self.blue, other.blue),
        }
    }

    /// Relative luminance, 0 to 1, near enough to choose between black and white by. The usual polynomial in place of
    /// the power function, whose last digit is not the same on every platform.
    fn luminance(self) -> f64 {
        let linear = |part: u8| {
            let part = f64::from(part) / 255.0;
            part * (part * (part * 0.305_306_011 + 0.682_171_111) + 0.012_522_878)
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }

    /// Black or white, whichever is easier to read on this colour: 4.5:1 or better on any.
    pub(crate) fn ink(self) -> Self {
        // Where (L + 0.05)² = 0.05 · 1.05, both are as far.
        if (self.luminance() + 0.05) * (self.luminance() + 0.05) > 0.0525 {
            Self::hex(0x00_0000)
        } else {
            Self::hex(0xff_ffff)
        }
    }
}

/// Which of the two sets of colours a chart is drawn in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

impl Theme {
    /// The colours.
    #[must_use]
    pub const fn palette(self) -> &'static Palette {
        match self {
            Self::Light => &LIGHT,
            Self::Dark => &DARK,
        }
    }
}

/// The colours of a theme. The names of the first group are those of the window's design tokens, and a test holds them
/// to these.
#[derive(Debug)]
pub struct Palette {
    /// What everything is drawn on.
    pub surface: Color,
    /// Fills without a meaning.
    pub surface_sunken: Color,
    /// The grid: decoration, nothing is read from it.
    pub line: Color,
    /// Axes.
    pub line_control: Color,
    /// Text.
    pub text: Color,
    /// Text and lines of the second rank.
    pub text_muted: Color,
    /// What a chart is about.
    pub accent: Color,
    /// Areas that belong to it.
    pub accent_soft: Color,
    /// What needs attention.
    pub warning: Color,
    /// Areas that belong to it.
    pub warning_soft: Color,
    /// What was or may be lost.
    pub danger: Color,
    /// Areas that belong to it.
    pub danger_soft: Color,
    /// What is told in passing.
    pub info: Color,
    /// Areas that belong to it.
    pub info_soft: Color,

    /// Lines and bars side by side, in order. Each is far enough from the surface for text, and from its neighbours in
    /// hue for readers who do not see red and green apart.
    pub series: [Color; 6],
    /// A loss in a heat map, from none to all.
    pub loss: [Color; 4],
    /// A gain in a heat map, from none to as much as there was.
    pub gain: [Color; 4],
}

impl Palette {
    /// A colour of a ramp at `ppm` of its way.
    pub(crate) fn on_ramp(ramp: &[Color; 4], ppm: u32) -> Color {
        const STEP: u32 = 333_334;
        let [none, some, more, all] = *ramp;
        let ppm = ppm.min(1_000_000);
        match ppm / STEP {
            0 => none.towards(some, ppm, STEP),
            1 => some.towards(more, ppm - STEP, STEP),
            _ => more.towards(all, ppm - 2 * STEP, STEP),
        }
    }
}

static LIGHT: Palette = Palette {
    surface: Color::hex(0xff_ffff),
    surface_sunken: Color::hex(0xef_f1ee),
    line: Color::hex(0xe2_e6e1),
    line_control: Color::hex(0x7c_877f),
    text: Color::hex(0x15_201b),
    text_muted: Color::hex(0x55_615b),
    accent: Color::hex(0x0b_6b50),
    accent_soft: Color::hex(0xe3_f1eb),
    warning: Color::hex(0x80_5000),
    warning_soft: Color::hex(0xfd_f3df),
    danger: Color::hex(0xac_2119),
    danger_soft: Color::hex(0xfd_edeb),
    info: Color::hex(0x2b_5566),
    info_soft: Color::hex(0xea_f0f3),
    series: [
        Color::hex(0x0b_6b50),
        Color::hex(0xb8_5000),
        Color::hex(0x24_5fc0),
        Color::hex(0x9b_2f86),
        Color::hex(0x6b_5b00),
        Color::hex(0x4b_5563),
    ],
    loss: [Color::hex(0xfb_f3ea), Color::hex(0xf6_c795), Color::hex(0xd9_742b), Color::hex(0x7f_2704)],
    gain: [Color::hex(0xec_f2f8), Color::hex(0xa9_cbe8), Color::hex(0x4a_8cc4), Color::hex(0x0b_4a86)],
};

static DARK: Palette = Palette {
    surface: Color::hex(0x17_1c1a),
    surface_sunken: Color::hex(0x13_1816),
    line: Color::hex(0x2a_322e),
    line_control: Color::hex(0x7b_8780),
    text: Color::hex(0xe9_efeb),
    text_muted: Color::hex(0xa0_aca6),
    accent: Color::hex(0x5c_cfa6),
    accent_soft: Color::hex(0x17_332a),
    warning: Color::hex(0xf2_b95c),
    warning_soft: Color::hex(0x30_260f),
    danger: Color::hex(0xff_9a90),
    danger_soft: Color::hex(0x37_1b19),
    info: Color::hex(0x9c_c8da),
    info_soft: Color::hex(0x19_252b),
    series: [
        Color::hex(0x5c_cfa6),
        Color::hex(0xf5_a35c),
        Color::hex(0x86_b6ff),
        Color::hex(0xec_93d8),
        Color::hex(0xe0_d06a),
        Color::hex(0xa9_b4c0),
    ],
    loss: [Color::hex(0x2c_2620), Color::hex(0x6b_3a14), Color::hex(0xc2_6a22), Color::hex(0xff_c78a)],
    gain: [Color::hex(0x1c_2730), Color::hex(0x1f_4a70), Color::hex(0x3f_86c0), Color::hex(0xa6_d4ff)],
};
