//! Operating system commands: titles and links pass, within limits; colours may be asked for.
//! Everything else (clipboard, palettes, notifications, files) is dropped.

use std::sync::Arc;

use crate::{op::Op, pen::Link, query::Query};

/// The most characters of a title.
const MAX_TITLE: usize = 256;
/// The most bytes of a link's address.
const MAX_URI: usize = 2048;
/// The most bytes of a link's id.
const MAX_ID: usize = 64;

/// Gives what a command means to `take`. `links` counts links without an id.
pub(crate) fn read(body: &[u8], bell: bool, links: &mut u64, take: &mut impl FnMut(Op)) {
    let text = String::from_utf8_lossy(body);
    let (number, rest) = text.split_once(';').unwrap_or((&text, ""));
    match number {
        "0" | "2" => take(Op::Title(title(rest))),
        "8" => take(Op::Link(link(rest, links))),
        "4" => palette(rest, bell, take),
        "10" => colours(10, rest, bell, take),
        "11" => colours(11, rest, bell, take),
        "12" => colours(12, rest, bell, take),
        _ => {}
    }
}

fn title(text: &str) -> String {
    let shown = text.chars().filter(|c| crate::width::width(*c).is_some());
    shown.take(MAX_TITLE).collect()
}

fn link(text: &str, links: &mut u64) -> Option<Arc<Link>> {
    let (params, uri) = text.split_once(';')?;
    let web = ["http://", "https://"].iter().any(|scheme| {
        uri.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    });
    if !web || uri.len() > MAX_URI || !uri.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let mut ids = params
        .split(':')
        .filter_map(|pair| pair.strip_prefix("id="));
    let id = ids.next().filter(|id| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        !id.is_empty() && id.len() <= MAX_ID && id.bytes().all(plain)
    });
    let id = id.map_or_else(
        || {
            *links += 1;
            format!("baton-{links}")
        },
        str::to_owned,
    );
    Some(Arc::new(Link {
        id,
        uri: uri.to_owned(),
    }))
}

/// Questions among `code`, `code + 1` …: one text for each.
fn colours(code: u8, texts: &str, bell: bool, take: &mut impl FnMut(Op)) {
    for (code, text) in (code..=12).zip(texts.split(';')) {
        if text == "?" {
            take(Op::Query(Query::Colour { code, bell }));
        }
    }
}

fn palette(texts: &str, bell: bool, take: &mut impl FnMut(Op)) {
    let parts: Vec<&str> = texts.split(';').take(32).collect();
    for pair in parts.chunks_exact(2) {
        if pair[1] == "?"
            && let Ok(index) = pair[0].parse()
        {
            take(Op::Query(Query::Palette { index, bell }));
        }
    }
}
