//! What becomes of the right to type that somebody has: more time, or its end. The broker's word is
//! enough for it; the database is asked for nothing before the run's gate knows.

use axum::response::Response;
use baton_domain::{Actor, RunId};
use baton_wire::Writer;

use super::seen;
use crate::{
    find,
    grants::{self, Before, Next, Said},
    identity::Identity,
    problem::{Answer, Kind, Problem},
    state::App,
};

/// Says the next step of a run's grants, and answers with its session.
pub(super) async fn answered(
    app: &App,
    run: RunId,
    actor: &Actor,
    decide: impl Fn(&Before) -> Answer<Next>,
) -> Answer<Response> {
    let said = say(app, run, actor, decide).await?;
    let seen = seen::after_step(app, &said).await?;
    Ok(seen.answer(said.effective))
}

/// Says it. `not-found` when there is no such run; a conflict when nobody ever had it.
pub(super) async fn say(
    app: &App,
    run: RunId,
    actor: &Actor,
    decide: impl Fn(&Before) -> Answer<Next>,
) -> Answer<Said> {
    grants::keys(app)?;
    if let Some(said) = grants::say_by_broker(app, run, actor.clone(), decide).await? {
        return Ok(said);
    }
    find::known(app, run).await?;
    Err(nobody())
}

/// The asker's own right to type; a problem when it is somebody else's or nobody's.
pub(super) fn held<'a>(before: &'a Before, asker: &Identity) -> Answer<&'a Writer> {
    let (writer, _) = before.writer().ok_or_else(nobody)?;
    if writer.holder == asker.name {
        return Ok(writer);
    }
    let detail = format!(
        "the right to type is that of '{}', not of '{}'",
        writer.holder, asker.name
    );
    Err(Problem::new(Kind::Forbidden, detail))
}

/// Nobody may type.
pub(super) fn nobody() -> Problem {
    Problem::new(
        Kind::Conflict,
        "nobody may type into the run's terminals at this moment: ask for a grant first",
    )
}
