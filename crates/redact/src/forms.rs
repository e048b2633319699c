//! The forms in which programs print a secret: as it is, in JSON, in a URL, in base64 and in hex;
//! and each long line of one that has several.

use std::collections::BTreeSet;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE},
};

/// A line of a longer secret that is a secret by itself, in bytes: of a private key, say.
const LONG_LINE: usize = 16;

/// All forms of a secret; none when it is shorter than `shortest` characters.
pub(crate) fn forms(value: &[u8], shortest: usize) -> BTreeSet<Vec<u8>> {
    let mut forms = BTreeSet::new();
    let whole = value.trim_ascii();
    if String::from_utf8_lossy(whole).chars().count() < shortest {
        return forms;
    }
    add(&mut forms, whole);
    let lines = whole.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    for line in lines.filter(|line| is_telling(line)) {
        add(&mut forms, line);
    }
    forms
}

fn is_telling(line: &[u8]) -> bool {
    line.len() >= LONG_LINE && !line.starts_with(b"-----")
}

fn add(forms: &mut BTreeSet<Vec<u8>>, value: &[u8]) {
    forms.insert(value.to_vec());
    if let Ok(text) = str::from_utf8(value) {
        for style in JSON {
            let once = json(text, style);
            // A program's JSON inside another's.
            forms.insert(json(&once, style).into_bytes());
            forms.insert(once.into_bytes());
        }
    }
    forms.extend(url_forms(value));
    forms.extend(base64_forms(value));
    forms.insert(hex(value, "0123456789abcdef"));
    forms.insert(hex(value, "0123456789ABCDEF"));
}

/// What a writer of JSON escapes besides what it must.
#[derive(Clone, Copy)]
struct JsonStyle {
    beyond_ascii: bool,
    html: bool,
    slash: bool,
}

const JSON: [JsonStyle; 4] = {
    let plain = JsonStyle {
        beyond_ascii: false,
        html: false,
        slash: false,
    };
    let ascii = JsonStyle {
        beyond_ascii: true,
        ..plain
    };
    let html = JsonStyle {
        html: true,
        ..plain
    };
    let slash = JsonStyle {
        slash: true,
        ..ascii
    };
    [plain, ascii, html, slash]
};

/// A text as it stands between the quotes of a JSON string.
fn json(text: &str, style: JsonStyle) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '"' => escaped += "\\\"",
            '\\' => escaped += "\\\\",
            '\n' => escaped += "\\n",
            '\r' => escaped += "\\r",
            '\t' => escaped += "\\t",
            '\u{8}' => escaped += "\\b",
            '\u{c}' => escaped += "\\f",
            '/' if style.slash => escaped += "\\/",
            '<' | '>' | '&' if style.html => escaped += &format!("\\u{:04x}", u32::from(c)),
            c if u32::from(c) < 0x20 => escaped += &format!("\\u{:04x}", u32::from(c)),
            c if style.beyond_ascii && !c.is_ascii() => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    escaped += &format!("\\u{unit:04x}");
                }
            }
            c => escaped.push(c),
        }
    }
    escaped
}

/// Percent forms: with all that is not unreserved escaped, as JavaScript's `encodeURIComponent`
/// does it, and as a form is sent.
fn url_forms(value: &[u8]) -> Vec<Vec<u8>> {
    let upper = percent(value, b"-._~", "0123456789ABCDEF");
    let lower = percent(value, b"-._~", "0123456789abcdef");
    let script = percent(value, b"-._~!'()*", "0123456789ABCDEF");
    let form = percent(value, b"-._* ", "0123456789ABCDEF");
    let form = form
        .into_iter()
        .map(|byte| if byte == b' ' { b'+' } else { byte });
    vec![upper, lower, script, form.collect()]
}

fn percent(value: &[u8], kept: &[u8], digits: &str) -> Vec<u8> {
    let digits = digits.as_bytes();
    let mut escaped = Vec::with_capacity(value.len());
    for byte in value {
        if byte.is_ascii_alphanumeric() || kept.contains(byte) {
            escaped.push(*byte);
        } else {
            escaped.extend([
                b'%',
                digits[usize::from(byte >> 4)],
                digits[usize::from(byte & 15)],
            ]);
        }
    }
    escaped
}

/// Base64 of a longer text has one of three forms of the secret in it, by where the secret starts.
/// Each form is what depends on the secret alone.
fn base64_forms(value: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = Vec::new();
    for before in 0..3 {
        let padded = [&[0; 2][..before], value].concat();
        // Characters of 6 bits: the first that is the secret's alone, and the first that is not.
        let (first, end) = ((before * 8).div_ceil(6), padded.len() * 8 / 6);
        for engine in [STANDARD, URL_SAFE] {
            forms.push(engine.encode(&padded).as_bytes()[first..end].to_vec());
        }
    }
    forms
}

fn hex(value: &[u8], digits: &str) -> Vec<u8> {
    let digits = digits.as_bytes();
    let pair = |byte: &u8| {
        [
            digits[usize::from(byte >> 4)],
            digits[usize::from(byte & 15)],
        ]
    };
    value.iter().flat_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(value: &str, form: &str) -> bool {
        forms(value.as_bytes(), 8).contains(form.as_bytes())
    }

    // W-10
    #[test]
    fn a_secret_is_known_in_the_forms_that_programs_print() {
        let secret = "a\"b/ü&c d+e";
        for form in [
            secret,
            "a\\\"b/ü&c d+e",
            "a\\\\\\\"b/ü&c d+e",
            "a\\\"b/\\u00fc&c d+e",
            "a\\\"b/ü\\u0026c d+e",
            "a\\\"b\\/\\u00fc&c d+e",
            "a%22b%2F%C3%BC%26c%20d%2Be",
            "a%22b%2f%c3%bc%26c%20d%2be",
            "a%22b%2F%C3%BC%26c+d%2Be",
            "6122622fc3bc266320642b65",
        ] {
            assert!(has(secret, form), "{form}");
        }
    }

    // W-10
    #[test]
    fn the_lines_of_a_key_are_secrets_of_their_own() {
        let key = "-----BEGIN KEY-----\nMIIEpAIBAAKCAQEA7Q2Y\nshort\n-----END KEY-----\n";
        assert!(has(key, "MIIEpAIBAAKCAQEA7Q2Y"));
        assert!(!has(key, "short") && !has(key, "-----BEGIN KEY-----"));
        assert!(forms(b"  1234567 \n", 8).is_empty());
    }
}
