//! A row of `task_run_control` as the database writes it in JSON, with what still waits, and the
//! control that they tell of.

use baton_domain::{
    Actor, BudgetKind, RunId,
    run::control::{Agent, Began, Budget, Control, Pause, Resuming, Standing, Takeover},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{NewControl, hand_back::HandBackRow, is_kept};
use crate::{
    error::{InvalidRow, Place},
    help::{HelpRow, help},
    messages::{MessageRow, message},
    row::{bigint_out, position_out},
};

type Time = DateTime<Utc>;
type At<'a> = Place<'a, Uuid>;

/// Every column by its name.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct ControlRow {
    run_id: Uuid,
    pause_phase: Option<String>,
    pause_command: Option<Uuid>,
    pause_by: Option<String>,
    pause_cause: Option<String>,
    pause_mode: Option<String>,
    pause_note: Option<String>,
    pause_requested_at: Option<Time>,
    pause_delivered_at: Option<Time>,
    pause_effective_at: Option<Time>,
    pause_method: Option<String>,
    pause_before: Option<String>,
    pause_escalated: bool,
    pause_resumes_at: Option<Time>,
    resume_command: Option<Uuid>,
    resume_requested_at: Option<Time>,
    takeover_command: Option<Uuid>,
    takeover_by: Option<String>,
    takeover_note: Option<String>,
    takeover_requested_at: Option<Time>,
    takeover_began_at: Option<Time>,
    takeover_expires_at: Option<Time>,
    paused_ms: i64,
    budgets: Vec<BudgetRow>,
    changed_position: i64,
    /// Absent where nothing was handed back, and of an older recorder.
    hand_backs: Option<Vec<HandBackRow>>,
}

#[derive(Debug, Serialize, Deserialize)]
struct BudgetRow {
    budget: String,
    given: i64,
    limit: i64,
    used: i64,
    reached: bool,
}

/// A row with the rows of what still waits.
#[derive(Deserialize)]
struct Whole {
    control: ControlRow,
    messages: Option<Vec<MessageRow>>,
    help: Option<Vec<HelpRow>>,
}

impl ControlRow {
    /// The row of what there is to keep; none when there is nothing.
    pub(super) fn of(new: &NewControl) -> Option<Self> {
        let control = new.control.as_ref();
        if !is_kept(control) {
            return None;
        }
        let budgets = control.budgets.iter();
        let mut row = Self {
            run_id: new.run.as_uuid(),
            paused_ms: bigint_out(control.paused_ms),
            budgets: budgets.map(|(kind, it)| BudgetRow::of(*kind, it)).collect(),
            changed_position: position_out(new.position),
            hand_backs: hand_backs(new),
            ..Self::default()
        };
        if let Some(pause) = &control.pause {
            row.put_pause(pause);
        }
        if let Some(takeover) = &control.takeover {
            row.put_takeover(takeover);
        }
        Some(row)
    }

    fn put_pause(&mut self, pause: &Pause) {
        self.pause_phase = Some(pause.phase().as_str().to_owned());
        self.pause_command = pause.command;
        self.pause_by = pause.by.as_ref().map(|by| by.as_str().to_owned());
        self.pause_cause = Some(pause.cause.as_str().to_owned());
        self.pause_mode = Some(pause.mode.as_str().to_owned());
        self.pause_note.clone_from(&pause.note);
        self.pause_requested_at = Some(pause.requested_at);
        self.pause_delivered_at = pause.delivered_at;
        if let Some(standing) = &pause.standing {
            self.pause_effective_at = Some(standing.since);
            self.pause_method = standing.method.map(|method| method.as_str().to_owned());
            self.pause_before.clone_from(&standing.before);
            self.pause_escalated = standing.escalated;
            self.pause_resumes_at = standing.resumes_at;
        }
        if let Some(resuming) = pause.resuming {
            self.resume_command = resuming.command;
            self.resume_requested_at = Some(resuming.at);
        }
    }

    fn put_takeover(&mut self, takeover: &Takeover) {
        self.takeover_command = Some(takeover.command);
        self.takeover_by = Some(takeover.by.as_str().to_owned());
        self.takeover_note.clone_from(&takeover.note);
        self.takeover_requested_at = Some(takeover.requested_at);
        self.takeover_began_at = takeover.began.map(|began| began.at);
        self.takeover_expires_at = takeover.began.map(|began| began.expires_at);
    }

    fn pause(&self, at: &At<'_>) -> Result<Option<Pause>, InvalidRow> {
        let Some(cause) = &self.pause_cause else {
            return Ok(None);
        };
        let mode = at.known("pause_mode", self.pause_mode.as_deref())?;
        let standing = self
            .pause_effective_at
            .map(|since| self.standing(at, since));
        Ok(Some(Pause {
            command: self.pause_command,
            by: self.pause_by(at)?,
            cause: at.fit("pause_cause", cause.parse())?,
            mode: at.fit("pause_mode", mode.parse())?,
            note: self.pause_note.clone(),
            requested_at: at.known("pause_requested_at", self.pause_requested_at)?,
            delivered_at: self.pause_delivered_at,
            standing: standing.transpose()?,
            resuming: self.resume_requested_at.map(|at| Resuming {
                command: self.resume_command,
                at,
            }),
        }))
    }

    fn pause_by(&self, at: &At<'_>) -> Result<Option<Actor>, InvalidRow> {
        let by = self.pause_by.clone().map(Actor::try_from);
        at.fit("pause_by", by.transpose())
    }

    fn standing(&self, at: &At<'_>, since: Time) -> Result<Standing, InvalidRow> {
        let method = self.pause_method.as_deref().map(str::parse);
        Ok(Standing {
            since,
            method: at.fit("pause_method", method.transpose())?,
            before: self.pause_before.clone(),
            escalated: self.pause_escalated,
            resumes_at: self.pause_resumes_at,
        })
    }

    fn takeover(&self, at: &At<'_>) -> Result<Option<Takeover>, InvalidRow> {
        let Some(command) = self.takeover_command else {
            return Ok(None);
        };
        let by = at.known("takeover_by", self.takeover_by.clone())?;
        let began = self.takeover_began_at.zip(self.takeover_expires_at);
        Ok(Some(Takeover {
            command,
            by: at.fit("takeover_by", Actor::try_from(by))?,
            note: self.takeover_note.clone(),
            requested_at: at.known("takeover_requested_at", self.takeover_requested_at)?,
            began: began.map(|(at, expires_at)| Began { at, expires_at }),
        }))
    }
}

impl BudgetRow {
    fn of(kind: BudgetKind, budget: &Budget) -> Self {
        Self {
            budget: kind.as_str().to_owned(),
            given: bigint_out(budget.given),
            limit: bigint_out(budget.limit),
            used: bigint_out(budget.used),
            reached: budget.reached,
        }
    }

    fn budget(&self, at: &At<'_>) -> Result<(BudgetKind, Budget), InvalidRow> {
        let count = |n| at.count("budgets", n);
        let budget = Budget {
            given: count(self.given)?,
            limit: count(self.limit)?,
            used: count(self.used)?,
            reached: self.reached,
        };
        Ok((at.fit("budgets", self.budget.parse())?, budget))
    }
}

fn hand_backs(new: &NewControl) -> Option<Vec<HandBackRow>> {
    let hand_backs = &new.control.hand_backs;
    let rows = hand_backs.iter().map(|back| HandBackRow::of(new.run, back));
    (!hand_backs.is_empty()).then(|| rows.collect())
}

/// The control of a run, from its agent and its rows in JSON; a run without rows has none.
pub(crate) fn control(
    run: RunId,
    agent: Option<Agent>,
    rows: Option<Value>,
) -> Result<Control, InvalidRow> {
    let Some(rows) = rows else {
        return Ok(Control {
            agent,
            ..Control::default()
        });
    };
    let id = run.as_uuid();
    let at = Place {
        table: "task_run_control",
        key: &id,
    };
    let Whole {
        control: row,
        messages,
        help: asked,
    } = at.fit("*", serde_json::from_value(rows))?;
    let messages = messages.iter().flatten().map(message);
    let asked = asked.iter().flatten().map(help);
    Ok(Control {
        pause: row.pause(&at)?,
        takeover: row.takeover(&at)?,
        paused_ms: at.count("paused_ms", row.paused_ms)?,
        agent,
        budgets: row
            .budgets
            .iter()
            .map(|it| it.budget(&at))
            .collect::<Result<_, _>>()?,
        hand_backs: row
            .hand_backs
            .iter()
            .flatten()
            .map(|it| it.hand_back(&at))
            .collect::<Result<_, _>>()?,
        messages: messages.collect::<Result<_, _>>()?,
        help: asked.collect::<Result<_, _>>()?,
    })
}
