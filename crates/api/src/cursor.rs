//! Where a page of records ended, as clients give it back: `<position>.<index>`.

use baton_domain::Position;
use baton_store::Mark;

use crate::extract::Pairs;

/// Takes `after`: the end of a page, or a position, which stands for its last record.
pub(crate) fn after(query: &mut Pairs) -> Option<Mark> {
    query.checked("after", |text| {
        parse(&text).ok_or("must be 'nextAfter' of the page before, or a position")
    })
}

/// The end of a page.
pub(crate) fn text(mark: Mark) -> String {
    format!("{}.{}", mark.position, mark.index)
}

fn parse(text: &str) -> Option<Mark> {
    let (position, index) = match text.split_once('.') {
        Some((position, index)) => (position, index.parse().ok()?),
        None => (text, LAST),
    };
    let position = Position::new(position.parse().ok()?).ok()?;
    (index <= LAST).then_some(Mark { position, index })
}

/// More records than a message holds.
const LAST: u16 = i16::MAX.cast_unsigned();

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_anything_else_is_refused() {
        let mark = parse("1200.3").unwrap();
        assert_eq!((mark.position.get(), mark.index), (1200, 3));
        assert_eq!(text(mark), "1200.3");
        assert_eq!(parse("7").map(|mark| mark.index), Some(LAST));
        for bad in ["", ".", "1.", "-1", "1.2.3", "1.40000", "x", "1.x"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
