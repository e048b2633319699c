//! A row of `task_run_help_requests`, and the request that it tells of.

use baton_domain::{
    Actor, HelpEnd, RunId,
    run::control::{Help, HelpAnswer, HelpOver},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::{HelpChoice, HelpStep, NewHelp, StoredHelp};
use crate::{
    error::{InvalidRow, Place},
    row::{attempt_out, position_out},
};

type Time = DateTime<Utc>;

/// What a request that nobody has dealt with is called.
const OPEN: &str = "open";

/// Every column by its name. Where a run is read, its requests come without their questions.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct HelpRow {
    run_id: Uuid,
    id: Uuid,
    position: i64,
    index: i16,
    attempt: i32,
    worker: Option<String>,
    kind: String,
    #[serde(default)]
    question: String,
    #[serde(default)]
    detail: Option<String>,
    #[serde(default)]
    options: Vec<HelpChoice>,
    free_text: bool,
    blocking: bool,
    opened_at: Time,
    state: String,
    answer_command: Option<Uuid>,
    answered_by: Option<String>,
    answered_at: Option<Time>,
    answer: Option<String>,
    note: Option<String>,
    closed_at: Option<Time>,
}

impl From<&NewHelp> for HelpRow {
    fn from(new: &NewHelp) -> Self {
        Self {
            position: position_out(new.mark.position),
            index: new.mark.index.cast_signed(),
            question: new.question.clone(),
            detail: new.detail.clone(),
            options: new.options.clone(),
            free_text: new.free_text,
            blocking: new.blocking,
            ..Self::standing(new.run, &new.help)
        }
    }
}

impl From<&HelpStep> for HelpRow {
    fn from(step: &HelpStep) -> Self {
        Self::standing(step.run, &step.help)
    }
}

impl HelpRow {
    fn standing(run: RunId, help: &Help) -> Self {
        let over = help.over.as_ref();
        let answer = help.answer.as_ref();
        Self {
            run_id: run.as_uuid(),
            id: help.id,
            attempt: attempt_out(help.attempt),
            worker: help.worker.as_ref().map(ToString::to_string),
            kind: help.kind.as_str().to_owned(),
            opened_at: help.opened_at,
            state: over.map_or(OPEN, |over| over.end.as_str()).to_owned(),
            answer_command: answer.map(|it| it.command),
            answered_by: answer.map(|it| it.by.as_str().to_owned()),
            answered_at: answer.map(|it| it.at),
            answer: answer.map(|it| it.answer.clone()),
            note: answer.and_then(|it| it.note.clone()),
            closed_at: over.map(|over| over.at),
            ..Self::default()
        }
    }
}

type At<'a> = Place<'a, Uuid>;

const fn place(id: &Uuid) -> At<'_> {
    Place {
        table: "task_run_help_requests",
        key: id,
    }
}

/// Where the request of a row stands.
pub(crate) fn help(row: &HelpRow) -> Result<Help, InvalidRow> {
    let at = place(&row.id);
    let worker = row.worker.as_deref().map(str::parse);
    Ok(Help {
        id: row.id,
        kind: at.fit("kind", row.kind.parse())?,
        attempt: at.attempt("attempt", row.attempt)?,
        worker: at.fit("worker", worker.transpose())?,
        opened_at: row.opened_at,
        answer: answer(&at, row)?,
        over: over(&at, row)?,
    })
}

fn answer(at: &At<'_>, row: &HelpRow) -> Result<Option<HelpAnswer>, InvalidRow> {
    let Some(command) = row.answer_command else {
        return Ok(None);
    };
    let by = at.known("answered_by", row.answered_by.clone())?;
    Ok(Some(HelpAnswer {
        command,
        by: at.fit("answered_by", Actor::try_from(by))?,
        at: at.known("answered_at", row.answered_at)?,
        answer: at.known("answer", row.answer.clone())?,
        note: row.note.clone(),
    }))
}

fn over(at: &At<'_>, row: &HelpRow) -> Result<Option<HelpOver>, InvalidRow> {
    if row.state == OPEN {
        return Ok(None);
    }
    let end: HelpEnd = at.fit("state", row.state.parse())?;
    Ok(Some(HelpOver {
        end,
        at: at.known("closed_at", row.closed_at)?,
    }))
}

/// A row with its run's title and pool, as the database writes it in JSON.
pub(super) struct ShownRow {
    pub(super) asked: Value,
    pub(super) id: Uuid,
    pub(super) title: String,
    pub(super) pool: String,
}

impl TryFrom<ShownRow> for StoredHelp {
    type Error = InvalidRow;

    fn try_from(shown: ShownRow) -> Result<Self, InvalidRow> {
        let at = place(&shown.id);
        let row: HelpRow = at.fit("*", serde_json::from_value(shown.asked))?;
        Ok(Self {
            run_title: shown.title,
            pool: at.fit("pool", shown.pool.parse())?,
            asked: NewHelp {
                run: RunId::from_uuid(row.run_id),
                mark: at.mark(row.position, row.index)?,
                help: help(&row)?,
                question: row.question,
                detail: row.detail,
                options: row.options,
                free_text: row.free_text,
                blocking: row.blocking,
            },
        })
    }
}
