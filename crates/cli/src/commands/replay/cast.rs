//! A recording for playing: its waits are cut. Pure.

use std::time::Duration;

use baton_domain::TerminalSize;
use baton_screen::cast::{CastAt, CastError, CastReader};

/// A recording.
#[derive(Debug, PartialEq)]
pub(super) struct Cast {
    pub(super) size: TerminalSize,
    pub(super) events: Vec<CastAt>,
}

/// Reads a recording; no wait in it is longer than `idle_limit`. One that is still written may end
/// in the middle of a line.
pub(super) fn read(text: &str, idle_limit: Duration) -> Result<Cast, CastError> {
    let mut lines = text.split_inclusive('\n');
    let (mut reader, header) = CastReader::new(lines.next().unwrap_or_default().trim_end())?;
    let mut events = Vec::new();
    let (mut last, mut cut) = (Duration::ZERO, Duration::ZERO);
    for line in lines.filter(|line| line.ends_with('\n')) {
        let Some(CastAt { at, event }) = reader.event(line)? else {
            continue;
        };
        cut += (at - last).saturating_sub(idle_limit);
        last = at;
        let at = at - cut;
        events.push(CastAt { at, event });
    }
    Ok(Cast {
        size: header.size,
        events,
    })
}

impl Cast {
    /// How long it is.
    pub(super) fn length(&self) -> Duration {
        self.events.last().map_or(Duration::ZERO, |event| event.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = r##"{"version":3,"term":{"cols":100,"rows":30}}
[0.5,"o","a\r\n"]
[60.0,"r","132x43"]
[0.25,"m","granted"]
[0.5,"o","\u001b[31mb"]
[0.1,"o","cu"##;

    // B-07
    #[test]
    fn waits_are_cut_and_an_end_that_is_missing_is_none() {
        let cast = read(TEXT, Duration::from_secs(2)).unwrap();
        assert_eq!(cast.size, TerminalSize::new(100, 30).unwrap());
        let times: Vec<_> = cast
            .events
            .iter()
            .map(|event| event.at.as_millis())
            .collect();
        assert_eq!(times, [500, 2_500, 2_750, 3_250]);
        assert_eq!(cast.length().as_millis(), 3_250);
    }

    #[test]
    fn what_is_no_recording_is_refused() {
        assert!(read("", Duration::ZERO).is_err());
        assert!(read("{\"version\":2}\n", Duration::ZERO).is_err());
    }
}
