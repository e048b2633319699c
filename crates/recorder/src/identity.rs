//! Whether the broker's stream is the one that the tables were filled from.

use baton_bus::{Bus, StreamState};
use baton_domain::Position;
use baton_store::{RecordedPosition, Writer};
use chrono::SubsecRound;

use crate::RecorderError;

/// Makes sure that the tables belong to the broker's stream; empty tables are given to it.
pub(crate) async fn establish(bus: &Bus, writer: &mut Writer) -> Result<(), RecorderError> {
    let stream = bus.stream_state().await?;
    let recorded = writer.reached();
    if recorded.stream_created_at.is_none() && recorded.position == Position::START {
        writer
            .adopt_stream(stream.created_at.trunc_subsecs(6))
            .await?;
        return Ok(());
    }
    check(recorded, stream)?;
    let standing = bus.get(recorded.position).await?;
    // A message that has left the stream by its age tells nothing.
    match (recorded.stored_at, standing) {
        (Some(kept), Some(message)) if message.stored_at.trunc_subsecs(6) != kept => {
            Err(RecorderError::OtherMessage {
                recorded: recorded.position,
            })
        }
        _ => Ok(()),
    }
}

/// Refuses a stream that the recorded position does not belong to.
pub(crate) fn check(recorded: RecordedPosition, stream: StreamState) -> Result<(), RecorderError> {
    // Postgres keeps microseconds.
    let found = stream.created_at.trunc_subsecs(6);
    if let Some(filled_from) = recorded.stream_created_at
        && filled_from != found
    {
        return Err(RecorderError::OtherStream {
            recorded: filled_from,
            found,
        });
    }
    if stream.last < recorded.position {
        return Err(RecorderError::StreamTooShort {
            recorded: recorded.position,
            last: stream.last,
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use chrono::{DateTime, TimeDelta, Utc};

    use super::*;

    fn position(n: u64) -> Position {
        Position::new(n).expect("small")
    }

    fn recorded(n: u64, created_at: DateTime<Utc>) -> RecordedPosition {
        RecordedPosition {
            position: position(n),
            stored_at: Some(created_at),
            stream_created_at: Some(created_at),
        }
    }

    fn stream(last: u64, created_at: DateTime<Utc>) -> StreamState {
        StreamState {
            created_at,
            first: position(1),
            last: position(last),
        }
    }

    #[test]
    fn the_same_stream_is_taken_whatever_the_nanoseconds() {
        let made = DateTime::UNIX_EPOCH + TimeDelta::microseconds(5);
        let finer = made + TimeDelta::nanoseconds(7);
        assert!(check(recorded(3, made), stream(3, finer)).is_ok());
    }

    #[test]
    fn a_stream_made_anew_is_refused_and_the_way_out_is_named() {
        let made = DateTime::UNIX_EPOCH;
        let anew = made + TimeDelta::seconds(1);
        let refusal = check(recorded(3, made), stream(9, anew)).expect_err("another stream");
        assert!(refusal.to_string().contains("--rebuild"), "{refusal}");
        assert!(!refusal.may_pass());
    }

    #[test]
    fn a_stream_that_lost_its_end_is_refused() {
        let made = DateTime::UNIX_EPOCH;
        let refusal = check(recorded(3, made), stream(2, made)).expect_err("too short");
        assert!(matches!(refusal, RecorderError::StreamTooShort { .. }));
    }
}
