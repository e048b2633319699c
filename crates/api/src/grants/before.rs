//! What was said last of a run's grants.

use baton_domain::{Attempt, Fence};
use baton_wire::{GrantMessage, Writer};
use chrono::{DateTime, TimeDelta, Utc};

/// What was said last, as of a time.
#[derive(Debug)]
pub(crate) struct Before {
    last: Option<GrantMessage>,
    attempt: Attempt,
    now: DateTime<Utc>,
}

impl Before {
    pub(super) const fn new(
        last: Option<GrantMessage>,
        attempt: Attempt,
        now: DateTime<Utc>,
    ) -> Self {
        Self { last, attempt, now }
    }

    /// When it is asked.
    pub(crate) const fn now(&self) -> DateTime<Utc> {
        self.now
    }

    /// Who has the right to type at this moment, and until when, as far as this machine's clock
    /// says. The right of another attempt is none.
    pub(crate) fn writer(&self) -> Option<(&Writer, DateTime<Utc>)> {
        let last = self.last.as_ref()?;
        let writer = last.writer.as_ref()?;
        let until = until(last.at, writer);
        let is_ours = last.gate().is_some_and(|gate| gate.attempt == self.attempt);
        (is_ours && until > self.now).then_some((writer, until))
    }

    /// Who was named last as somebody who may type, also when that one's time is over.
    pub(crate) fn named(&self) -> Option<&Writer> {
        self.last.as_ref()?.writer.as_ref()
    }

    /// The fence after the last one, and after the one that history knows.
    pub(super) fn next_fence(&self, recorded: Option<Fence>) -> Fence {
        let last = self.last.as_ref().map(|last| last.fence);
        last.max(recorded).map_or(Fence::FIRST, Fence::next)
    }
}

/// Until when a grant lasts that was made at this time.
pub(crate) fn until(at: DateTime<Utc>, writer: &Writer) -> DateTime<Utc> {
    let ttl = i64::try_from(writer.ttl_ms).unwrap_or(i64::MAX);
    let ttl = TimeDelta::try_milliseconds(ttl).unwrap_or(TimeDelta::MAX);
    at.checked_add_signed(ttl)
        .unwrap_or(DateTime::<Utc>::MAX_UTC)
}
