//! How a cell is drawn: colours, attributes, a link; and the sequence that sets it.

use std::{fmt::Write as _, sync::Arc};

/// A colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub(crate) enum Colour {
    /// The terminal's own.
    #[default]
    Default,
    /// One of the first sixteen, by their own codes.
    Basic(u8),
    /// One of 256.
    Indexed(u8),
    /// Red, green, blue.
    Rgb(u8, u8, u8),
}

/// Attributes that are on or off, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub(crate) struct Attributes(u16);

impl Attributes {
    pub(crate) const BOLD: Self = Self(1);
    pub(crate) const DIM: Self = Self(1 << 1);
    pub(crate) const ITALIC: Self = Self(1 << 2);
    pub(crate) const BLINK: Self = Self(1 << 3);
    pub(crate) const INVERSE: Self = Self(1 << 4);
    pub(crate) const INVISIBLE: Self = Self(1 << 5);
    pub(crate) const STRUCK: Self = Self(1 << 6);
    pub(crate) const OVERLINE: Self = Self(1 << 7);

    /// Each attribute with the code that sets it.
    const CODES: [(Self, u8); 8] = [
        (Self::BOLD, 1),
        (Self::DIM, 2),
        (Self::ITALIC, 3),
        (Self::BLINK, 5),
        (Self::INVERSE, 7),
        (Self::INVISIBLE, 8),
        (Self::STRUCK, 9),
        (Self::OVERLINE, 53),
    ];

    pub(crate) fn has(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(crate) fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// A link that text leads to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Link {
    /// What holds the parts of one link together.
    pub(crate) id: String,
    /// An `http` or `https` address.
    pub(crate) uri: String,
}

/// How the next character is drawn.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pen {
    pub(crate) fg: Colour,
    pub(crate) bg: Colour,
    /// The underline's colour.
    pub(crate) line: Colour,
    pub(crate) attributes: Attributes,
    /// 0 is none, 1 single, 2 double, 3 curly, 4 dotted, 5 dashed.
    pub(crate) underline: u8,
    pub(crate) link: Option<Arc<Link>>,
}

impl Colour {
    /// Another number for each.
    #[inline]
    const fn bits(self) -> u32 {
        match self {
            Self::Default => 0,
            Self::Basic(n) => u32::from_le_bytes([n, 0, 0, 1]),
            Self::Indexed(n) => u32::from_le_bytes([n, 0, 0, 2]),
            Self::Rgb(r, g, b) => u32::from_le_bytes([r, g, b, 3]),
        }
    }
}

// Asked for each character that is printed: without a branch for each part.
impl PartialEq for Pen {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        let colours = |pen: &Self| [pen.fg.bits(), pen.bg.bits(), pen.line.bits()];
        let rest = |pen: &Self| (pen.attributes, pen.underline);
        colours(self) == colours(other) && rest(self) == rest(other) && self.link == other.link
    }
}

impl Eq for Pen {}

impl Pen {
    /// What is left where something was erased: the background.
    pub(crate) fn erased(&self) -> Self {
        Self {
            bg: self.bg,
            ..Self::default()
        }
    }

    /// Whether nothing but the background is set.
    pub(crate) fn only_background(&self) -> bool {
        *self == self.erased()
    }

    /// Everything but the link, as one sequence that starts from nothing.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        let mut text = String::from("\x1b[0");
        for (attribute, code) in Attributes::CODES {
            if self.attributes.has(attribute) {
                push(&mut text, format_args!(";{code}"));
            }
        }
        match self.underline {
            0 => {}
            1 => text.push_str(";4"),
            style => push(&mut text, format_args!(";4:{style}")),
        }
        colour(&mut text, self.fg, (30, 90), 38);
        colour(&mut text, self.bg, (40, 100), 48);
        colour(&mut text, self.line, (0, 0), 58);
        text.push('m');
        out.extend_from_slice(text.as_bytes());
    }

    /// The link, or its end.
    pub(crate) fn write_link(link: Option<&Link>, out: &mut Vec<u8>) {
        match link {
            Some(Link { id, uri }) => {
                out.extend_from_slice(format!("\x1b]8;id={id};{uri}\x1b\\").as_bytes());
            }
            None => out.extend_from_slice(b"\x1b]8;;\x1b\\"),
        }
    }
}

fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a string takes everything");
}

fn colour(text: &mut String, colour: Colour, (dark, bright): (u8, u8), extended: u8) {
    match colour {
        Colour::Default => {}
        Colour::Basic(n) if n < 8 => push(text, format_args!(";{}", dark + n)),
        Colour::Basic(n) => push(text, format_args!(";{}", bright + n - 8)),
        Colour::Indexed(n) => push(text, format_args!(";{extended};5;{n}")),
        Colour::Rgb(r, g, b) => push(text, format_args!(";{extended};2;{r};{g};{b}")),
    }
}
