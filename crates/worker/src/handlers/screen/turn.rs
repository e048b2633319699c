//! Whether the turn of an agent with its own screen is over, by what its record and its host tell;
//! and what is to be done then.

use std::time::Duration;

use tokio::time::Instant;

/// How long it may take to begin its turn: its screen may ask something that nobody expects.
pub(super) const BEGINS_WITHIN: Duration = Duration::from_secs(90);
/// How long a turn that was stopped waits for what is typed next, where nobody holds the agent.
const STOPPED_FOR: Duration = Duration::from_secs(10);
/// How long its record may be silent about what it has done.
const RECORDED_WITHIN: Duration = Duration::from_secs(5);
/// How far the agent is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::handlers) enum Turn {
    /// It has not begun to work.
    Awaited,
    /// It works.
    Running,
    /// Somebody has stopped its turn. They may have more to type.
    Stopped,
    /// It waits for somebody to tell it more.
    Over,
}

/// What the agent's host knows of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Now {
    /// Whether somebody holds it.
    pub(super) held: bool,
    /// How many messages wait for it.
    pub(super) pending: u32,
    /// How many times typed words went to its model.
    pub(super) prompts: u32,
    /// Whether its last checkpoint was the end of a turn.
    pub(super) between: bool,
}

/// What is to be done about an agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Wait,
    /// It is to be told that something waits for it.
    Wake,
    End,
}

/// Waiting for the end of a turn.
pub(super) struct Waiting {
    pub(super) turn: Turn,
    /// Since when it is so, or may have been held.
    since: Instant,
    /// How many times typed words went to its model; none before that is known.
    prompts: Option<u32>,
    /// Since when its hook tells of an end that its record does not tell of.
    unrecorded: Option<Instant>,
    /// Whether a prompt has begun a turn of which its record does not tell yet.
    ahead: bool,
    /// An end in its record, and since when, that may be that of the turn before.
    doubted: Option<(Turn, Instant)>,
    /// Whether its end was wished.
    pub(super) ended: bool,
}

impl Waiting {
    pub(super) const fn new(now: Instant) -> Self {
        Self {
            turn: Turn::Awaited,
            since: now,
            prompts: None,
            unrecorded: None,
            ahead: false,
            doubted: None,
            ended: false,
        }
    }

    /// Whether its turn is over, and after how many prompts.
    pub(super) fn turn_over(&self) -> Option<u32> {
        let over = matches!(self.turn, Turn::Stopped | Turn::Over);
        self.prompts.filter(|_| over)
    }

    /// Takes in what its record and its host tell.
    pub(super) fn step(&mut self, news: Option<Turn>, is: Now, now: Instant) -> Step {
        let known = self.prompts.replace(is.prompts);
        let prompted = known.is_some_and(|known| known < is.prompts);
        if prompted {
            self.turn_is(Turn::Running, now);
            self.ahead = true;
        }
        match news {
            // It is written late, and may tell of the turn before the prompt.
            Some(end @ (Turn::Over | Turn::Stopped)) if self.ahead && !is.between => {
                self.doubted = Some((end, now));
            }
            Some(turn) => self.turn_is(turn, now),
            None => {}
        }
        self.trust_the_record(now);
        self.trust_the_hook(is, now);
        self.decide(is, now)
    }

    fn turn_is(&mut self, turn: Turn, now: Instant) {
        (self.turn, self.since, self.unrecorded) = (turn, now, None);
        (self.ahead, self.doubted) = (false, None);
    }

    /// An end after which nothing more is told was that of the last turn.
    fn trust_the_record(&mut self, now: Instant) {
        if let Some((end, since)) = self.doubted
            && now > since + RECORDED_WITHIN
        {
            self.turn_is(end, now);
        }
    }

    /// A turn that has ended by its hook has ended, also when the record does not tell it.
    fn trust_the_hook(&mut self, is: Now, now: Instant) {
        if self.turn != Turn::Running || !is.between {
            self.unrecorded = None;
            return;
        }
        let since = *self.unrecorded.get_or_insert(now);
        if now > since + RECORDED_WITHIN {
            self.turn_is(Turn::Over, now);
        }
    }

    /// Whether there is nothing to wait for. Somebody who holds it may have more for it to do.
    fn decide(&mut self, is: Now, now: Instant) -> Step {
        if is.held {
            if self.turn == Turn::Awaited {
                self.since = now;
            }
            return Step::Wait;
        }
        let over = match self.turn {
            Turn::Awaited => now > self.since + BEGINS_WITHIN,
            Turn::Running => false,
            Turn::Stopped => now > self.since + STOPPED_FOR,
            Turn::Over => true,
        };
        if !over || self.ended {
            return Step::Wait;
        }
        if is.pending > 0 && self.turn != Turn::Awaited {
            self.turn_is(Turn::Awaited, now);
            return Step::Wake;
        }
        self.ended = true;
        Step::End
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDLE: Now = Now {
        held: false,
        pending: 0,
        prompts: 1,
        between: true,
    };
    const AT_WORK: Now = Now {
        between: false,
        ..IDLE
    };

    /// What is done about an agent, second by second.
    fn steps(of: impl IntoIterator<Item = (u64, Option<Turn>, Now)>) -> Vec<Step> {
        let start = Instant::now();
        let mut waiting = Waiting::new(start);
        let steps = of.into_iter().map(|(second, news, now)| {
            waiting.step(news, now, start + Duration::from_secs(second))
        });
        steps.collect()
    }

    #[test]
    fn an_agent_is_ended_once_when_its_turn_is_over_and_nobody_holds_it() {
        let held = Now { held: true, ..IDLE };
        let end = steps([
            (1, Some(Turn::Running), AT_WORK),
            (2, Some(Turn::Over), held),
            (3, None, held),
            (4, None, IDLE),
            (5, None, IDLE),
        ]);
        assert_eq!(
            end,
            [Step::Wait, Step::Wait, Step::Wait, Step::End, Step::Wait]
        );
    }

    // H-06 B-04
    #[test]
    fn an_agent_that_waits_is_woken_for_its_messages_and_ended_when_it_does_not_listen() {
        let told = Now { pending: 1, ..IDLE };
        let deaf = steps([
            (1, Some(Turn::Over), told),
            (2, None, told),
            (90, None, told),
            (92, None, told),
        ]);
        assert_eq!(deaf, [Step::Wake, Step::Wait, Step::Wait, Step::End]);
        let prompted = Now {
            prompts: 2,
            ..AT_WORK
        };
        let listens = steps([
            (1, Some(Turn::Over), told),
            (2, None, prompted),
            (200, None, prompted),
            (201, Some(Turn::Over), IDLE),
        ]);
        assert_eq!(listens, [Step::Wake, Step::Wait, Step::Wait, Step::End]);
    }

    #[test]
    fn a_turn_that_begins_as_another_one_ends_is_not_ended_with_it() {
        let next = Now {
            prompts: 2,
            ..AT_WORK
        };
        let begun = steps([
            (1, None, AT_WORK),
            (2, Some(Turn::Over), next),
            (3, None, next),
        ]);
        assert_eq!(begun, [Step::Wait; 3]);
        // A turn that has come and gone between two looks.
        let gone = Now { prompts: 2, ..IDLE };
        let short = steps([(1, None, AT_WORK), (2, Some(Turn::Over), gone)]);
        assert_eq!(short, [Step::Wait, Step::End]);
    }

    #[test]
    fn an_end_that_is_recorded_late_is_not_that_of_the_turn_begun_since() {
        let next = Now {
            prompts: 2,
            ..AT_WORK
        };
        let over = |news: [Option<Turn>; 4]| {
            let start = Instant::now();
            let mut waiting = Waiting::new(start);
            waiting.step(Some(Turn::Running), AT_WORK, start);
            let mut over = Vec::new();
            for (second, news) in [1, 2, 3, 9].into_iter().zip(news) {
                waiting.step(news, next, start + Duration::from_secs(second));
                over.push(waiting.turn_over());
            }
            over
        };
        let (running, stopped) = (Some(Turn::Running), Some(Turn::Stopped));
        assert_eq!(over([None, stopped, running, None]), [None; 4]);
        // One that stays the last word is that of the last turn.
        assert_eq!(
            over([None, stopped, None, None]),
            [None, None, None, Some(2)]
        );
        assert_eq!(
            over([running, stopped, None, None]),
            [None, Some(2), Some(2), Some(2)]
        );
    }

    #[test]
    fn a_record_that_does_not_tell_of_a_turns_end_holds_nobody_up() {
        let silent = steps([
            (1, Some(Turn::Running), AT_WORK),
            (2, None, IDLE),
            (6, None, IDLE),
            (8, None, IDLE),
        ]);
        assert_eq!(silent, [Step::Wait, Step::Wait, Step::Wait, Step::End]);
    }

    #[test]
    fn a_turn_that_was_stopped_waits_for_what_is_typed_next() {
        let left = steps([
            (1, Some(Turn::Stopped), AT_WORK),
            (10, None, AT_WORK),
            (12, None, AT_WORK),
        ]);
        assert_eq!(left, [Step::Wait, Step::Wait, Step::End]);
        let typed = steps([
            (1, Some(Turn::Stopped), AT_WORK),
            (10, Some(Turn::Running), AT_WORK),
            (60, None, AT_WORK),
        ]);
        assert_eq!(typed, [Step::Wait; 3]);
    }
}
