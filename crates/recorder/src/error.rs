//! Why a recorder stops, or waits.

use baton_bus::BusError;
use baton_domain::Position;
use baton_store::StoreError;
use chrono::{DateTime, Utc};

/// A failure of the recorder.
#[derive(Debug, thiserror::Error)]
pub enum RecorderError {
    /// The broker.
    #[error(transparent)]
    Bus(#[from] BusError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A transaction took too long.
    #[error("the database did not finish a transaction in time")]
    Slow,
    /// The stream was deleted and made anew, so its positions mean other messages than the
    /// tables' position does.
    #[error(
        "the tables were filled from a stream made at {recorded}, but the broker's stream RUNS was \
         made at {found}: run 'baton recorder --rebuild' to empty the tables and fill them from \
         this stream (what only the tables know is lost: back them up first), or give the broker \
         its former stream back"
    )]
    OtherStream {
        /// When the stream was made that the tables were filled from.
        recorded: DateTime<Utc>,
        /// When the broker's stream was made.
        found: DateTime<Utc>,
    },
    /// Another message stands where the last recorded one stood: the broker has lost messages and
    /// has counted on since.
    #[error(
        "the broker's message at position {recorded} is not the one that was recorded: the broker \
         has lost messages; give it its data back, or run 'baton recorder --rebuild' to empty the \
         tables and fill them from what is left (back them up first)"
    )]
    OtherMessage {
        /// How far the tables reach.
        recorded: Position,
    },
    /// The stream ends before what is recorded: the broker has lost messages.
    #[error(
        "position {recorded} is recorded, but the broker's stream RUNS ends at {last}: the broker \
         has lost messages; give it its data back, or run 'baton recorder --rebuild' to empty the \
         tables and fill them from what is left (back them up first)"
    )]
    StreamTooShort {
        /// How far the tables reach.
        recorded: Position,
        /// How far the stream reaches.
        last: Position,
    },
}

impl RecorderError {
    /// Whether to stand back and begin again: what is wrong may pass, and nothing is lost.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        match self {
            Self::Bus(BusError::Unavailable(_)) | Self::Slow => true,
            Self::Store(StoreError::Unavailable(_) | StoreError::LostOwnership) => true,
            Self::Bus(_)
            | Self::Store(_)
            | Self::OtherStream { .. }
            | Self::OtherMessage { .. }
            | Self::StreamTooShort { .. } => false,
        }
    }
}
