//! Whether a run that somebody holds gets on. Pure: how long things have been the same goes in,
//! a word for people comes out.
//!
//! It decides nothing: a model may think for an hour. Whoever watches sees which runs are worth a
//! look, and takes away those that hang.

use std::time::Duration;

use crate::{choices::choices, control::PauseCause};

choices! {
    /// How a held run gets on, as far as is heard.
    Activity, "activity" {
        /// It prints, or tells of steps.
        Working = "working",
        /// It says nothing new, but is there: it computes, or has not been silent for long.
        Quiet = "quiet",
        /// It has neither said nor computed anything for a long time.
        Stalled = "stalled",
        /// Its worker is not heard.
        Unheard = "unheard",
        /// It stands still because an operator wishes it.
        Paused = "paused",
        /// It stands still because an operator has its place.
        TakenOver = "taken_over",
        /// It waits for a person's answer.
        AwaitingInput = "awaiting_input",
    }
}

/// How long things have been the same, by the listener's own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Silence {
    /// Since the worker last spoke of the run.
    pub beat: Duration,
    /// Since output, steps or stage last changed.
    pub words: Duration,
    /// Since the agent's processes last used a processor to speak of.
    pub computing: Duration,
}

/// After how long a run is called what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Silence of the worker after which it is not heard.
    pub unheard: Duration,
    /// Silence of the run after which it is quiet.
    pub quiet: Duration,
    /// Silence and idleness of the run after which it is stalled.
    pub stalled: Duration,
}

impl Default for Patience {
    /// A lease; a minute; ten minutes.
    fn default() -> Self {
        Self {
            unheard: Duration::from_secs(15),
            quiet: Duration::from_secs(60),
            stalled: Duration::from_secs(600),
        }
    }
}

impl Activity {
    /// The word for a run that stands still, by why it does; older workers do not say why.
    #[must_use]
    pub const fn of_standing(cause: Option<PauseCause>) -> Self {
        match cause {
            Some(PauseCause::Takeover) => Self::TakenOver,
            Some(PauseCause::Budget | PauseCause::Policy) => Self::AwaitingInput,
            Some(PauseCause::Operator | PauseCause::Scope) | None => Self::Paused,
        }
    }

    /// Whether it is not meant to work at present.
    #[must_use]
    pub const fn is_held(self) -> bool {
        matches!(self, Self::Paused | Self::TakenOver | Self::AwaitingInput)
    }

    /// The word for a silence.
    #[must_use]
    pub fn of(silence: &Silence, patience: &Patience) -> Self {
        if silence.beat >= patience.unheard {
            Self::Unheard
        } else if silence.words < patience.quiet {
            Self::Working
        } else if silence.words.min(silence.computing) < patience.stalled {
            Self::Quiet
        } else {
            Self::Stalled
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn silence(beat: u64, words: u64, computing: u64) -> Silence {
        Silence {
            beat: Duration::from_secs(beat),
            words: Duration::from_secs(words),
            computing: Duration::from_secs(computing),
        }
    }

    fn word(beat: u64, words: u64, computing: u64) -> &'static str {
        Activity::of(&silence(beat, words, computing), &Patience::default()).as_str()
    }

    // W-11
    #[test]
    fn a_held_run_is_called_by_what_is_heard_of_it() {
        assert_eq!(word(3, 0, 0), "working");
        assert_eq!(word(3, 59, 9999), "working");
        assert_eq!(word(3, 60, 0), "quiet");
        assert_eq!(word(3, 9999, 599), "quiet", "it computes");
        assert_eq!(word(3, 599, 9999), "quiet", "not for long enough");
        assert_eq!(word(3, 600, 600), "stalled");
        assert_eq!(word(15, 0, 0), "unheard");
    }

    proptest! {
        // W-11: more silence never looks like more work.
        #[test]
        fn a_longer_silence_is_never_a_better_word(
            beat in 0_u64..40, words in 0_u64..2000, computing in 0_u64..2000, more in 0_u64..2000,
        ) {
            let of = |beat, words, computing| {
                Activity::of(&silence(beat, words, computing), &Patience::default())
            };
            let now = of(beat, words, computing);
            prop_assert!(of(beat + more, words, computing) >= now);
            prop_assert!(of(beat, words + more, computing) >= now);
            prop_assert!(of(beat, words, computing + more) >= now);
        }
    }
}
