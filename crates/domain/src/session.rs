//! Words of the live session: who shows a run's terminals and how, who may type, and for how long.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{choices::choices, ids::InvalidId};

choices!(
    /// By what means people come to see a run's terminals.
    Provider, "provider" {
        /// Baton itself: browser and `baton attach`.
        Web = "web",
        /// A tmate relay, besides what `web` offers.
        Tmate = "tmate",
    }
);

choices!(
    /// Where a live session stands.
    SessionStatus, "session status" {
        /// Nobody has asked for one.
        Disabled = "disabled",
        /// The worker is setting it up.
        Starting = "starting",
        /// The terminals can be watched.
        Ready = "ready",
        /// An operator or the time limit has ended it; the run goes on.
        Revoked = "revoked",
        /// It ended with its run.
        Ended = "ended",
        /// It could not be set up, or broke; the run goes on.
        Error = "error",
    }
);

choices!(
    /// How well a session's provider works.
    SessionHealth, "session health" {
        /// It is being reached.
        Connecting = "connecting",
        /// It answers.
        Ready = "ready",
        /// It answered once and does not now; its links may be dead.
        Stale = "stale",
        /// It was given up.
        Failed = "failed",
    }
);

choices!(
    /// One of a run's terminals.
    TerminalName, "terminal" {
        /// Where the agent runs.
        Agent = "agent",
        /// An operator's shell in the run's workspace.
        Shell = "shell",
    }
);

choices!(
    /// Where the holder of a write grant types.
    Channel, "channel" {
        /// In the browser, or by `baton attach`.
        Web = "web",
        /// In a tmate client.
        Tmate = "tmate",
    }
);

choices!(
    /// Why a write grant is no longer good.
    WriteEnd, "end of a write grant" {
        /// Its time was over.
        Expired = "expired",
        /// An operator took it away.
        Revoked = "revoked",
        /// Its holder gave it back.
        Released = "released",
        /// Somebody else took over, or it was renewed.
        Replaced = "replaced",
        /// The session or the run ended.
        Ended = "ended",
    }
);

choices!(
    /// Whether a record of input continues its attempt's chain.
    ChainLink, "chain link" {
        /// It does.
        Continues = "continues",
        /// It names another record before it: one is missing, or was put in.
        OtherPrevious = "other_previous",
        /// It has another place in the chain than the next one.
        OtherNumber = "other_number",
        /// Its hash is not of what it says: it was changed.
        OtherHash = "other_hash",
    }
);

/// A write grant's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct GrantId(Uuid);

impl GrantId {
    /// Wraps a UUID made by the caller.
    #[must_use]
    pub const fn from_uuid(id: Uuid) -> Self {
        Self(id)
    }

    /// The id as a UUID.
    #[must_use]
    pub const fn as_uuid(&self) -> Uuid {
        self.0
    }
}

impl fmt::Display for GrantId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.hyphenated().fmt(f)
    }
}

impl FromStr for GrantId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Uuid::try_parse(text)
            .map(Self)
            .map_err(|_| InvalidId("grant id", text.chars().take(100).collect()))
    }
}

/// How many columns and rows a terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "SizeText")]
pub struct TerminalSize {
    cols: u16,
    rows: u16,
}

/// Columns and rows, unchecked.
#[derive(Deserialize)]
struct SizeText {
    cols: u16,
    rows: u16,
}

/// A size that no terminal of a run may have.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "a terminal of {cols}x{rows} is out of range: use 2 to {} columns and 2 to {} rows",
    TerminalSize::MAX_COLS,
    TerminalSize::MAX_ROWS
)]
pub struct InvalidSize {
    cols: u16,
    rows: u16,
}

impl TerminalSize {
    /// The most columns.
    pub const MAX_COLS: u16 = 400;
    /// The most rows.
    pub const MAX_ROWS: u16 = 120;
    /// What a run gets unless somebody who may type asks for another.
    pub const DEFAULT: Self = Self {
        cols: 120,
        rows: 40,
    };

    /// Refuses sizes that are too small or too large.
    ///
    /// # Errors
    /// When columns or rows are out of range.
    pub const fn new(cols: u16, rows: u16) -> Result<Self, InvalidSize> {
        if cols < 2 || rows < 2 || cols > Self::MAX_COLS || rows > Self::MAX_ROWS {
            return Err(InvalidSize { cols, rows });
        }
        Ok(Self { cols, rows })
    }

    /// The columns.
    #[must_use]
    pub const fn cols(self) -> u16 {
        self.cols
    }

    /// The rows.
    #[must_use]
    pub const fn rows(self) -> u16 {
        self.rows
    }
}

impl Default for TerminalSize {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl TryFrom<SizeText> for TerminalSize {
    type Error = InvalidSize;

    fn try_from(SizeText { cols, rows }: SizeText) -> Result<Self, InvalidSize> {
        Self::new(cols, rows)
    }
}

impl fmt::Display for TerminalSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.cols, self.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_has_a_size_that_can_be_drawn() {
        assert_eq!(TerminalSize::default().to_string(), "120x40");
        assert!(TerminalSize::new(2, 2).is_ok() && TerminalSize::new(400, 120).is_ok());
        for (cols, rows) in [(1, 40), (120, 1), (401, 40), (120, 121), (0, 0)] {
            let refused = TerminalSize::new(cols, rows).unwrap_err().to_string();
            assert!(refused.contains("2 to 400 columns"), "{refused}");
        }
        assert!(serde_json::from_str::<TerminalSize>(r#"{"cols": 1, "rows": 5}"#).is_err());
    }
}
