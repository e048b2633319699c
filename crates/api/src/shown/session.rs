//! Live sessions as the API shows them: without secrets, and without whoever may type no longer.

use baton_domain::{
    RunId, SessionStatus,
    run::session::{Session, SessionState, Writer},
};
use baton_wire::http::{LiveSession, LiveSessionSummary, SessionWriter};
use chrono::{DateTime, Utc};

use crate::options::WebLinks;

/// The session of a run; none when nobody ever asked for one.
pub(crate) fn live_session(
    run: RunId,
    session: &Session,
    web_links: WebLinks,
    now: DateTime<Utc>,
) -> Option<LiveSession> {
    let state = &session.state;
    let opening = state.opening()?;
    let (open, over) = (state.open(), state.over());
    let ready = match state {
        SessionState::Ready(ready) => Some(ready),
        _ => None,
    };
    let web_ro = ready.and_then(|ready| ready.links.web_ro.clone());
    let writer = writer(session, now);
    Some(LiveSession {
        id: Session::id_of(run),
        task_run_id: run,
        generation: opening.generation.get(),
        provider: opening.wish.provider.to_string(),
        status: session.status().to_string(),
        health: ready.map(|ready| ready.health.to_string()),
        health_reason: ready.and_then(|ready| ready.health_reason.clone()),
        attach_ro: ready.and_then(|ready| ready.links.attach_ro.clone()),
        web_ro: web_ro.filter(|_| web_links >= WebLinks::ToWatch),
        worker_id: opening.maker.as_ref().map(|maker| maker.worker.to_string()),
        worker_hostname: open.map(|open| open.hostname.clone()),
        requested_at: Some(opening.requested_at),
        starting_at: opening.maker.as_ref().map(|maker| maker.since),
        ready_at: open.map(|open| open.ready_at),
        ended_at: state.closed().map(|closed| closed.at),
        expires_at: open.and_then(|open| open.expires_at),
        rw_granted_until: writer.map(|writer| writer.until),
        writer: writer.map(|writer| shown(session, writer)),
        last_heartbeat_at: open.map(|open| open.heartbeat_at),
        error_message: over
            .as_ref()
            .filter(|_| session.status() == SessionStatus::Error)
            .map(|over| over.reason.clone()),
        end_code: over.map(|over| over.code),
    })
}

/// What is told of a session where its run is shown; none when nobody ever asked for one.
pub(crate) fn summary(session: &Session, now: DateTime<Utc>) -> Option<LiveSessionSummary> {
    let opening = session.state.opening()?;
    let writer = writer(session, now);
    Some(LiveSessionSummary {
        status: session.status().to_string(),
        provider: opening.wish.provider.to_string(),
        expires_at: session.state.open().and_then(|open| open.expires_at),
        writer: writer.map(|writer| writer.holder.to_string()),
        rw_granted_until: writer.map(|writer| writer.until),
    })
}

/// Who may type at this moment, as far as the grant's own time says.
fn writer(session: &Session, now: DateTime<Utc>) -> Option<&Writer> {
    let SessionState::Ready(ready) = &session.state else {
        return None;
    };
    ready.writer.as_deref().filter(|writer| writer.until > now)
}

fn shown(session: &Session, writer: &Writer) -> SessionWriter {
    SessionWriter {
        grant_id: writer.grant.as_uuid(),
        holder: writer.holder.to_string(),
        channel: writer.channel.to_string(),
        terminals: writer.terminals.iter().map(ToString::to_string).collect(),
        reason: writer.reason.clone(),
        fence: session.fence.map_or(0, |fence| fence.get()),
        until: writer.until,
    }
}
