//! "Select graphic rendition": read once into steps, written in one canonical form, applied to pens.

use crate::{
    params::{MAX_PARAMS, Params},
    pen::{Attributes, Colour, Pen},
};

/// One step of a rendition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sgr {
    Reset,
    Set(Attributes, u8),
    Clear(Attributes, u8),
    Underline(u8),
    Fg(Colour),
    Bg(Colour),
    Line(Colour),
}

impl Sgr {
    /// The steps that the parameters mean; unknown ones mean nothing.
    pub(crate) fn read(params: &Params) -> Vec<Self> {
        let mut steps = Vec::new();
        let mut rest = params.groups();
        if rest.is_empty() {
            steps.push(Self::Reset);
        }
        while let Some((first, after)) = rest.split_first() {
            rest = after;
            let code = first[0];
            match code {
                38 | 48 | 58 => {
                    let (colour, used) = extended(first, after);
                    rest = &after[used.min(after.len())..];
                    if let Some(colour) = colour {
                        steps.push(match code {
                            38 => Self::Fg(colour),
                            48 => Self::Bg(colour),
                            _ => Self::Line(colour),
                        });
                    }
                }
                4 => steps.push(Self::Underline(match first.get(1) {
                    Some(style @ 0..=5) => *style as u8,
                    _ => 1,
                })),
                _ => steps.extend(u8::try_from(code).ok().and_then(Self::simple)),
            }
        }
        steps
    }

    fn simple(code: u8) -> Option<Self> {
        Some(match code {
            0 => Self::Reset,
            1 => Self::Set(Attributes::BOLD, code),
            2 => Self::Set(Attributes::DIM, code),
            3 => Self::Set(Attributes::ITALIC, code),
            5 | 6 => Self::Set(Attributes::BLINK, 5),
            7 => Self::Set(Attributes::INVERSE, code),
            8 => Self::Set(Attributes::INVISIBLE, code),
            9 => Self::Set(Attributes::STRUCK, code),
            53 => Self::Set(Attributes::OVERLINE, code),
            21 => Self::Underline(2),
            22 => Self::Clear(Attributes::BOLD.with(Attributes::DIM), code),
            23 => Self::Clear(Attributes::ITALIC, code),
            24 => Self::Underline(0),
            25 => Self::Clear(Attributes::BLINK, code),
            27 => Self::Clear(Attributes::INVERSE, code),
            28 => Self::Clear(Attributes::INVISIBLE, code),
            29 => Self::Clear(Attributes::STRUCK, code),
            55 => Self::Clear(Attributes::OVERLINE, code),
            30..=37 => Self::Fg(Colour::Basic(code - 30)),
            40..=47 => Self::Bg(Colour::Basic(code - 40)),
            90..=97 => Self::Fg(Colour::Basic(code - 82)),
            100..=107 => Self::Bg(Colour::Basic(code - 92)),
            39 => Self::Fg(Colour::Default),
            49 => Self::Bg(Colour::Default),
            59 => Self::Line(Colour::Default),
            _ => return None,
        })
    }

    /// Changes the pen.
    pub(crate) fn apply(self, pen: &mut Pen) {
        match self {
            Self::Reset => {
                *pen = Pen {
                    link: pen.link.take(),
                    ..Pen::default()
                }
            }
            Self::Set(attribute, _) => pen.attributes = pen.attributes.with(attribute),
            Self::Clear(attribute, _) => pen.attributes = pen.attributes.without(attribute),
            Self::Underline(style) => pen.underline = style,
            Self::Fg(colour) => pen.fg = colour,
            Self::Bg(colour) => pen.bg = colour,
            Self::Line(colour) => pen.line = colour,
        }
    }

    /// The canonical parameters.
    fn text(self) -> String {
        match self {
            Self::Reset => "0".to_owned(),
            Self::Set(_, code) | Self::Clear(_, code) => code.to_string(),
            Self::Underline(0) => "24".to_owned(),
            Self::Underline(1) => "4".to_owned(),
            Self::Underline(style) => format!("4:{style}"),
            Self::Fg(colour) => coloured(colour, (30, 90), 38),
            Self::Bg(colour) => coloured(colour, (40, 100), 48),
            Self::Line(colour) => coloured(colour, (0, 0), 58),
        }
    }

    /// Writes the steps, in sequences of no more parameters than terminals read.
    pub(crate) fn write(steps: &[Self], out: &mut Vec<u8>) {
        let mut params = 0;
        for text in steps.iter().map(|step| step.text()) {
            let more = 1 + text.matches(';').count();
            if params + more > MAX_PARAMS {
                out.push(b'm');
                params = 0;
            }
            out.extend_from_slice(if params == 0 { b"\x1b[" } else { b";" });
            out.extend_from_slice(text.as_bytes());
            params += more;
        }
        if params > 0 {
            out.push(b'm');
        }
    }
}

fn coloured(colour: Colour, (dark, bright): (u8, u8), extended: u8) -> String {
    match colour {
        Colour::Default => (extended + 1).to_string(),
        Colour::Basic(n) if n < 8 => (dark + n).to_string(),
        Colour::Basic(n) => (bright + n - 8).to_string(),
        Colour::Indexed(n) => format!("{extended};5;{n}"),
        Colour::Rgb(r, g, b) => format!("{extended};2;{r};{g};{b}"),
    }
}

/// The colour behind 38, 48 or 58, and how many further parameters it took.
fn extended(first: &[u16], after: &[Vec<u16>]) -> (Option<Colour>, usize) {
    if first.len() > 1 {
        // 38:5:n, 38:2:r:g:b, 38:2:space:r:g:b
        let colour = match (first[1], &first[2..]) {
            (5, [n, ..]) => Some(Colour::Indexed(low(*n))),
            (2, [r, g, b]) | (2, [_, r, g, b, ..]) => Some(Colour::Rgb(low(*r), low(*g), low(*b))),
            _ => None,
        };
        return (colour, 0);
    }
    let at = |n: usize| after.get(n).map_or(0, |group| group[0]);
    match at(0) {
        5 => (Some(Colour::Indexed(low(at(1)))), 2),
        2 => (Some(Colour::Rgb(low(at(1)), low(at(2)), low(at(3)))), 4),
        _ => (None, 1),
    }
}

fn low(value: u16) -> u8 {
    (value & 0xff) as u8
}
