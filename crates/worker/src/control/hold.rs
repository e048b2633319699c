//! Standing still: why, by what means, since when; and going on.

use std::time::Duration;

use baton_domain::{
    PauseCause, PauseMethod, PauseMode, ResumeCause, Stage, TakeoverEnd, run::PauseKind,
};
use baton_terminal::{HeldTurns, Hold};
use baton_wire::{
    Event,
    event::{PausedHow, ResumedHow},
};
use tokio::time::Instant;
use uuid::Uuid;

use super::{
    core::{Cleared, Core, Place},
    effect::Effect,
    helm::{HeldStill, Posture},
    input::AgentNow,
    state::{Phase, Purpose, Standing, Wish},
};

/// Why a run is held: the strongest of all reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reason {
    /// Its own id.
    pub(super) hold: Uuid,
    pub(super) cause: PauseCause,
    /// The command that wished it, if one did.
    pub(super) command: Option<Uuid>,
    /// For a person who watches the terminal.
    pub(super) label: String,
    pub(super) mode: PauseMode,
    pub(super) deadline: Duration,
}

impl Core {
    pub(super) fn clear(&mut self, why: Cleared) {
        self.cleared = Some(why);
    }

    /// Why the run is held now.
    pub(super) fn reason(&self) -> Option<Reason> {
        if self.state.over {
            return None;
        }
        if let Some(reason) = self.state.wish.as_ref().and_then(|wish| self.wished(wish)) {
            return Some(reason);
        }
        let rule = |hold, cause, label: String| Reason {
            hold,
            cause,
            command: None,
            label,
            mode: PauseMode::Soft,
            deadline: self.rules.deadline,
        };
        if let Some((stage, help)) = self.state.policy {
            let label = format!("a person lets stage {stage} begin");
            return Some(rule(help, PauseCause::Policy, label));
        }
        if let Some((budget, help)) = self.state.reached.iter().next() {
            let label = format!("the budget {budget} is used up");
            return Some(rule(*help, PauseCause::Budget, label));
        }
        let (id, held) = self.state.scope.as_ref()?;
        let label = format!("{} is paused by {}: {}", held.scope, held.by, held.note);
        Some(rule(*id, PauseCause::Scope, label))
    }

    fn wished(&self, wish: &Wish) -> Option<Reason> {
        let by = &wish.by;
        let (cause, what) = match wish.purpose {
            Purpose::Pause => (PauseCause::Operator, "paused"),
            // Before there is an agent there is no place to take.
            Purpose::Takeover {
                phase: Phase::Asked,
                ..
            } if self.place != Place::Agent => return None,
            Purpose::Takeover { .. } => (PauseCause::Takeover, "taken over"),
        };
        let why = wish.note.as_deref().map(|note| format!(": {note}"));
        Some(Reason {
            hold: wish.command,
            cause,
            command: Some(wish.command),
            label: format!("{what} by {by}{}", why.unwrap_or_default()),
            mode: wish.mode,
            deadline: wish.deadline.unwrap_or(self.rules.deadline),
        })
    }

    /// What the agent's host is told to do at checkpoints.
    pub(super) fn hold(&self) -> Option<Hold> {
        let reason = self.reason()?;
        let turns = HeldTurns {
            over_after: self.turn_over,
            typed: self.has_begun(),
        };
        Some(Hold {
            id: reason.hold,
            label: reason.label,
            turns: self.rules.is_typed_to.then_some(turns),
        })
    }

    /// Why the agent's processes are to be stopped, if they are.
    pub(super) fn freeze(&self) -> Option<String> {
        let reason = self.reason()?;
        self.state.forced.then_some(reason.label)
    }

    /// Whether it is meant to work, for beats; `now` is when this core's time is what it is.
    pub(super) fn posture(&self, now: Instant) -> Posture {
        let still = self.state.standing.as_ref().map(|standing| {
            let ago = self.now.saturating_sub(standing.since);
            HeldStill {
                kind: standing.kind(),
                cause: standing.cause,
                since: now.checked_sub(ago).unwrap_or(now),
            }
        });
        Posture {
            still,
            asking: self.agent.asking,
        }
    }

    /// Brings what is said into line with what is.
    pub(super) fn settle(&mut self) {
        let reason = self.reason();
        self.want(reason.as_ref());
        self.force(reason.as_ref());
        match &reason {
            Some(reason) => {
                if let Some((method, before)) = self.stands(reason) {
                    self.stand(reason, method, before);
                }
            }
            None => self.go_on(),
        }
        self.begin_takeover();
        if !self.state.over {
            self.withdraw_settled();
        }
        self.cleared = None;
    }

    /// Notes since when it is wanted to stand still because of this.
    fn want(&mut self, reason: Option<&Reason>) {
        let wanted = self.state.wanted.map(|(hold, _)| hold);
        let hold = reason.map(|reason| reason.hold);
        if wanted != hold {
            self.state.wanted = hold.map(|hold| (hold, self.now));
            self.left = None;
        }
    }

    /// Decides whether the agent is stopped by force: once it is, it is so until it may go on.
    fn force(&mut self, reason: Option<&Reason>) {
        let Some(reason) = reason else {
            (self.state.forced, self.state.escalated) = (false, false);
            return;
        };
        if self.place != Place::Agent || self.state.forced {
            return;
        }
        let late = self.escalates_at().is_some_and(|due| due <= self.now);
        self.state.forced = late || reason.mode == PauseMode::Hard;
        self.state.escalated |= late;
    }

    /// Since when the agent is wished to stand still.
    pub(super) fn held_since(&self, reason: &Reason) -> Duration {
        let wanted = self.state.wanted.filter(|(hold, _)| *hold == reason.hold);
        let since = wanted.map_or(self.now, |(_, since)| since);
        since.max(self.agent_since)
    }

    /// By what means it stands still now, and where.
    fn stands(&self, reason: &Reason) -> Option<(PauseMethod, Option<String>)> {
        match self.place {
            Place::Busy => None,
            Place::Gate(stage) => Some((PauseMethod::Stage, Some(stage.to_string()))),
            Place::Agent if self.state.forced => {
                let method = self.agent.method.unwrap_or(PauseMethod::Signal);
                self.agent.frozen.then_some((method, None))
            }
            Place::Agent => {
                let (hold, before) = self.waiting.as_ref()?;
                (*hold == reason.hold).then(|| (PauseMethod::Checkpoint, Some(before.clone())))
            }
        }
    }

    fn stand(&mut self, reason: &Reason, method: PauseMethod, before: Option<String>) {
        let known = self.state.standing.as_ref();
        let same =
            |s: &&Standing| (s.hold, s.cause, s.method) == (reason.hold, reason.cause, method);
        if known.filter(same).is_some() {
            return;
        }
        let now = self.now;
        let of_hold = known.filter(|s| s.hold == reason.hold);
        let standing = Standing {
            hold: reason.hold,
            cause: reason.cause,
            method,
            since: known.map_or(now, |s| s.since),
            hold_since: of_hold.map_or(now, |s| s.hold_since),
        };
        let kind = standing.kind();
        self.state.standing = Some(standing);
        let resumes_in = self.resumes_at().map(|due| due.saturating_sub(now));
        let how = PausedHow {
            method: Some(method),
            cause: Some(reason.cause),
            command: reason.command,
            before,
            escalated: self.state.escalated && kind == PauseKind::Frozen,
            resumes_in_ms: resumes_in.map(crate::handlers::millis),
        };
        self.say(Event::Paused { kind, how });
        if kind == PauseKind::Frozen {
            let label = &reason.label;
            self.effects.extend([
                Effect::Mark(label.clone()),
                Effect::Show(format!("== PAUSED FOR OPERATOR == {label}")),
            ]);
        }
    }

    fn go_on(&mut self) {
        let Some(standing) = self.state.standing.take() else {
            return;
        };
        let why = self.cleared.unwrap_or(Cleared {
            cause: ResumeCause::Operator,
            command: self.state.decided,
        });
        let paused = self.now.saturating_sub(standing.since);
        self.say(Event::Resumed(ResumedHow {
            cause: Some(why.cause),
            command: why.command,
            paused_ms: Some(crate::handlers::millis(paused)),
        }));
        if standing.kind() == PauseKind::Frozen {
            self.effects.extend([
                Effect::Mark("resumed".to_owned()),
                Effect::Show("== RESUMED ==".to_owned()),
            ]);
        }
        self.pulse.restart();
    }

    /// When a pause ends by itself.
    pub(super) fn resumes_at(&self) -> Option<Duration> {
        let wish = self.state.wish.as_ref()?;
        let standing = self.state.standing.as_ref()?;
        let after = wish
            .resume_after
            .filter(|_| standing.hold == wish.command)?;
        Some(standing.hold_since + after)
    }

    pub(super) fn timer_resumes(&mut self) {
        let wish = self.state.wish.take();
        self.pass_stage();
        self.clear(Cleared {
            cause: ResumeCause::Timer,
            command: wish.map(|wish| wish.command),
        });
    }

    pub(super) fn at_gate(&mut self, stage: Stage) {
        self.place = Place::Gate(stage);
        self.waiting = None;
        if self.state.agent_over {
            self.takeover_becomes_pause();
        }
        self.ask_before(stage);
    }

    pub(super) fn agent(&mut self, agent: AgentNow) {
        if self.place != Place::Agent {
            self.place = Place::Agent;
            self.agent_since = self.now;
            self.pulse.restart();
            self.tell_agent();
        }
        self.agent = agent;
        self.breathe();
        self.count_worked();
    }

    pub(super) fn agent_over(&mut self) {
        self.state.agent_over = true;
        (self.place, self.waiting) = (Place::Busy, None);
        (self.turn_over, self.left) = (None, None);
        (self.state.forced, self.state.escalated) = (false, false);
        self.agent = AgentNow::default();
        self.close_agents_help();
    }

    /// The run is cancelled: it stands still no longer, whoever wished it.
    pub(super) fn cancelled(&mut self) {
        if std::mem::replace(&mut self.state.over, true) {
            return;
        }
        self.clear(Cleared {
            cause: ResumeCause::Cancel,
            command: self.state.cancel,
        });
        self.end_takeover(TakeoverEnd::RunEnded);
        self.state.wish = None;
    }

    /// A takeover that was wished too late holds the run before its next stage.
    fn takeover_becomes_pause(&mut self) {
        if let Some(wish) = &mut self.state.wish
            && let Purpose::Takeover {
                phase: Phase::Asked | Phase::Noting,
                ..
            } = wish.purpose
        {
            wish.purpose = Purpose::Pause;
        }
    }
}
