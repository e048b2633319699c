//! Whether a wish has come true, by its record and the run as it was after it. Pure.

use baton_domain::{PauseMethod, PauseMode};
use baton_wire::http::{ControlRecord, PauseInfo, TaskRun};

/// What became of a wish, in words for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It came true.
    Came(String),
    /// It never will.
    Not(String),
}

/// What became of a wish; none while that is open.
pub(super) fn judge(wish: &ControlRecord, run: &TaskRun) -> Option<Verdict> {
    if let Some(why) = &wish.declined {
        return Some(Verdict::Not(why.clone()));
    }
    if wish.refusal.is_some() {
        return Some(Verdict::Not(format!(
            "it came when the run was {} already",
            run.state
        )));
    }
    match wish.action.as_str() {
        "pause" => paused(wish, run),
        "resume" => resumed(wish, run),
        "takeover" => taken_over(wish, run),
        _ => handed_back(wish, run),
    }
}

fn paused(wish: &ControlRecord, run: &TaskRun) -> Option<Verdict> {
    let Some(pause) = &run.control.pause else {
        return Some(match wish.effective_at {
            Some(_) => Verdict::Came(format!("the run stood still; it is {} now", run.state)),
            None => gone(run, "it was taken back"),
        });
    };
    let of_wish = pause.command == Some(wish.id);
    let stands = pause.effective_at.is_some() && !(of_wish && waits_for_force(pause));
    stands.then(|| Verdict::Came(still(pause)))
}

/// Whether a run that stands still at a checkpoint is to be stopped by force as well.
fn waits_for_force(pause: &PauseInfo) -> bool {
    pause.mode == PauseMode::Hard && pause.method == Some(PauseMethod::Checkpoint)
}

/// How a run stands still.
fn still(pause: &PauseInfo) -> String {
    let method = pause.method.map(|method| format!(" ({method})"));
    let before = pause.before.iter().map(|what| format!(" before {what}"));
    let forced = if pause.escalated {
        "; no tool call came in time"
    } else {
        ""
    };
    let (method, before): (String, String) = (method.into_iter().collect(), before.collect());
    format!("the run stands still{before}{method}{forced}")
}

fn resumed(wish: &ControlRecord, run: &TaskRun) -> Option<Verdict> {
    let goes_on = || Verdict::Came("the run goes on".to_owned());
    match &run.control.pause {
        _ if wish.effective_at.is_some() => Some(goes_on()),
        None if run.state.is_terminal() => Some(ended(run)),
        None => Some(goes_on()),
        Some(pause) if pause.phase == "resuming" => None,
        // The worker held the wish, and the run is held all the same.
        Some(pause) if wish.delivered_at.is_some() || pause.requested_at > wish.created_at => Some(
            Verdict::Not(format!("the run is held again, cause: {}", pause.cause)),
        ),
        Some(_) => None,
    }
}

fn taken_over(wish: &ControlRecord, run: &TaskRun) -> Option<Verdict> {
    let takeover = run.control.takeover.as_ref();
    let Some(takeover) = takeover.filter(|takeover| takeover.command == wish.id) else {
        return Some(too_late(wish, run).unwrap_or_else(|| gone(run, "it was taken back")));
    };
    takeover.began_at?;
    let end = takeover.expires_at.map(|end| end.to_rfc3339());
    let end: String = end.iter().map(|end| format!(" until {end}")).collect();
    Some(Verdict::Came(format!(
        "the run is yours{end}\n  baton attach {0} --terminal shell --write --reason '…'\n  \
         baton runs hand-back {0} --summary '…'",
        run.id
    )))
}

/// The agent had ended when it was to be taken over: the run is held as by a pause.
fn too_late(wish: &ControlRecord, run: &TaskRun) -> Option<Verdict> {
    let pause = run.control.pause.as_ref();
    let at_stage = |pause: &&PauseInfo| pause.method == Some(PauseMethod::Stage);
    let pause = pause
        .filter(|pause| pause.command == Some(wish.id))
        .filter(at_stage)?;
    let before = pause.before.as_deref().unwrap_or("its next stage");
    Some(Verdict::Not(format!(
        "its agent has ended; the run is held before {before}: let it go on, or end it"
    )))
}

fn handed_back(wish: &ControlRecord, run: &TaskRun) -> Option<Verdict> {
    if wish.effective_at.is_some() {
        return Some(Verdict::Came(
            "the agent was told what you have done, and goes on".to_owned(),
        ));
    }
    let over = run.control.takeover.is_none();
    over.then(|| gone(run, "the takeover was over before"))
}

/// What was wished is not there any more.
fn gone(run: &TaskRun, why: &str) -> Verdict {
    if run.state.is_terminal() {
        ended(run)
    } else if run.cancel_requested_at.is_some() {
        Verdict::Not("the run is being cancelled".to_owned())
    } else {
        Verdict::Not(why.to_owned())
    }
}

fn ended(run: &TaskRun) -> Verdict {
    Verdict::Not(format!("the run has ended: it is {}", run.state))
}

#[cfg(test)]
mod tests;
