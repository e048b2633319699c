//! Bounds on texts that come from programs.

/// The first `max` characters.
pub(crate) fn head(text: &str, max: usize) -> String {
    match text.char_indices().nth(max) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// The last `max` characters.
pub(crate) fn tail(text: &str, max: usize) -> String {
    let skip = text.chars().count().saturating_sub(max);
    text.chars().skip(skip).collect()
}

/// What is whole UTF-8 in a stream of bytes; a character cut in two waits for its rest.
#[derive(Debug, Default)]
pub(crate) struct Utf8Stream(Vec<u8>);

impl Utf8Stream {
    /// The text up to the last whole character; bytes that are no UTF-8 are replaced.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> String {
        self.0.extend_from_slice(bytes);
        let whole = self.0.len() - unfinished(&self.0);
        let text = String::from_utf8_lossy(&self.0[..whole]).into_owned();
        self.0.drain(..whole);
        text
    }

    /// What is left at the end.
    pub(crate) fn finish(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.0)).into_owned()
    }
}

/// How many bytes at the end may be the beginning of a character.
fn unfinished(bytes: &[u8]) -> usize {
    (1..=3.min(bytes.len()))
        .find(|back| {
            let first = bytes[bytes.len() - back];
            let needs = match first {
                0xC2..=0xDF => 2,
                0xE0..=0xEF => 3,
                0xF0..=0xF4 => 4,
                _ => 0,
            };
            needs > *back
        })
        .unwrap_or(0)
}

/// The text with what stands between `//` and `@` of its URLs taken out.
pub(crate) fn without_credentials(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("://") {
        let (before, after) = rest.split_at(start + 3);
        clean.push_str(before);
        let end = after
            .find(|c: char| c == '/' || c == '\'' || c == '"' || c.is_whitespace())
            .unwrap_or(after.len());
        let (authority, tail) = after.split_at(end);
        clean.push_str(authority.rsplit('@').next().unwrap_or(authority));
        rest = tail;
    }
    clean.push_str(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(head("äöü", 2), "äö…");
        assert_eq!(head("äöü", 3), "äöü");
        assert_eq!(tail("äöü", 2), "öü");
    }

    #[test]
    fn a_character_cut_in_two_waits_for_its_rest() {
        let bytes = "a€𝄞z".as_bytes();
        for cut in 0..=bytes.len() {
            let mut stream = Utf8Stream::default();
            let mut text = stream.push(&bytes[..cut]);
            text += &stream.push(&bytes[cut..]);
            text += &stream.finish();
            assert_eq!(text, "a€𝄞z", "{cut}");
        }
        let mut stream = Utf8Stream::default();
        assert_eq!(stream.push(b"a\xffb"), "a\u{fffd}b");
        assert_eq!(stream.push(b"\xe2\x82"), "");
        assert_eq!(stream.finish(), "\u{fffd}");
    }

    #[test]
    fn urls_lose_their_credentials() {
        let text = "cannot read 'https://user:pass@host/a' or https://host/b@c";
        let clean = "cannot read 'https://host/a' or https://host/b@c";
        assert_eq!(without_credentials(text), clean);
    }
}
