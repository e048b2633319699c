//! What people say to agents and to the record, in their own words.

use crate::problem::{Answer, Kind, Problem};

/// The words as they are passed on: not blank, of at most so many characters, with line ends as
/// Unix has them. Other control characters are refused: they could hide words in a terminal.
pub(crate) fn checked(field: &str, text: &str, most: usize) -> Answer<String> {
    let text = text.replace("\r\n", "\n");
    let is_plain = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    let rule = if text.trim().is_empty() {
        "must not be blank".to_owned()
    } else if text.chars().count() > most {
        format!("must have at most {most} characters")
    } else if !text.chars().all(is_plain) {
        "must have no control characters but line ends and tabs".to_owned()
    } else {
        return Ok(text);
    };
    Err(Problem::field(Kind::InvalidBody, field, rule))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_passed_on_and_what_could_hide_them_is_refused() {
        assert_eq!(checked("message", "a\r\n\tb", 4).unwrap(), "a\n\tb");
        for (text, rule) in [
            (" \n", "blank"),
            ("12345", "at most 4"),
            ("a\rb", "control"),
            ("\u{1b}[2K", "control"),
            ("\0", "control"),
        ] {
            let refused = checked("message", text, 4).unwrap_err();
            assert!(refused.detail().contains(rule), "{text:?} {refused:?}");
        }
    }
}
