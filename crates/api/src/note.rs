//! The reason that an operator gives, for the record.

use crate::problem::{Answer, Kind, Problem};

/// The most characters.
const MAX: usize = 2000;

/// The note as given; a blank one is none.
pub(crate) fn checked(note: Option<&String>) -> Answer<Option<String>> {
    let Some(note) = note.filter(|note| !note.trim().is_empty()) else {
        return Ok(None);
    };
    if note.chars().count() > MAX || note.contains('\0') {
        let rule = "must have at most 2,000 characters and no NUL";
        return Err(Problem::field(Kind::InvalidBody, "note", rule));
    }
    Ok(Some(note.clone()))
}
