//! The right to type, given.

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use baton_domain::{
    Channel, GrantId, Provider, RunId,
    run::session::{Ready, SessionState},
};
use baton_keys::{OpenError, WriteKey};
use baton_store::StoredRun;
use baton_wire::{
    GrantStep, Sealed, Writer,
    http::{GrantRequest, WriteGrant},
};
use serde::Deserialize;

use super::{seen, wish};
use crate::{
    extract::{Asker, Body, Pairs, RunPath},
    find::{self, Found},
    grants::{self, Before, Ground, Next},
    identity::Identity,
    options::WebLinks,
    problem::{Answer, Kind, Problem, Wishing},
    reply,
    state::App,
};

/// What the worker sealed: how to type through a tmate relay.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Links {
    #[serde(default)]
    attach_rw: Option<String>,
    #[serde(default)]
    web_rw: Option<String>,
}

/// Gives the asker the right to type into a run's terminals for a while
///
/// One at a time may type. While somebody else may, it is refused unless `takeOver` says that they
/// are to lose the right, which they and everybody who watches sees. The answer holds what types:
/// `writeKey` for browser and `baton attach`, or `attachRw` and `webRw` for the channel `tmate`.
/// They are told here and nowhere else, once. The grant ends by itself at the run's terminals, also
/// when nobody can reach them.
#[utoipa::path(
    post,
    path = "/api/task-runs/{id}/live-session/grant-write",
    operation_id = "grantWrite",
    tag = "live sessions",
    params(("id" = uuid::Uuid, Path, description = "The run's id", example = "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31")),
    request_body(content = GrantRequest, example = json!({"ttlMinutes": 15, "reason": "the test hangs"})),
    responses(
        (status = 200, description = "The grant, with its secrets", body = WriteGrant),
        Wishing,
    ),
)]
pub(crate) async fn grant_write(
    State(app): State<App>,
    RunPath(run): RunPath,
    Asker(asker): Asker,
    query: Pairs,
    Body(request): Body<GrantRequest>,
) -> Answer<Response> {
    query.finish()?;
    let asked = Asked::read(&app, &asker, &request)?;
    grants::keys(&app)?;
    let stored = recorded(&app, run).await?;
    let ready = ready(run, &stored)?;
    let links = links(&app, run, ready, asked.channel)?;
    let ground = ground(run, &asker, &stored)?;
    let key = WriteKey::generate().map_err(|error| Problem::internal(&error))?;
    let grant = GrantId::from_uuid(app.new_id(app.clock().now()).as_uuid());
    let writer = asked.writer(&asker, grant, &key)?;
    let said = grants::say(&app, &ground, |before| {
        granted(before, &writer, request.take_over)
    })
    .await?;
    let seen = seen::after_step(&app, &said).await?;
    let is_recorded = seen.is_recorded;
    let body = Json(WriteGrant {
        session: seen.session,
        attach_rw: links.attach_rw,
        web_rw: links.web_rw,
        grant_id: grant.as_uuid(),
        fence: said.message.fence.get(),
        granted_until: said.until().unwrap_or(said.message.at),
        write_key: key.reveal().to_owned(),
        effective: said.effective,
    });
    Ok(if is_recorded {
        body.into_response()
    } else {
        (reply::delayed(), body).into_response()
    })
}

/// A request, checked.
struct Asked {
    ttl_ms: u64,
    reason: String,
    terminals: Vec<baton_domain::TerminalName>,
    channel: Channel,
}

impl Asked {
    fn read(app: &App, asker: &Identity, request: &GrantRequest) -> Answer<Self> {
        Ok(Self {
            ttl_ms: wish::ttl_ms(app, asker, request.ttl_minutes)?,
            reason: wish::reason(request.reason.as_ref())?,
            terminals: wish::terminals(&request.terminals)?,
            channel: wish::channel(request.channel.as_ref())?,
        })
    }

    fn writer(self, asker: &Identity, grant: GrantId, key: &WriteKey) -> Answer<Writer> {
        let role = asker
            .role()
            .ok_or_else(|| Problem::new(Kind::Forbidden, "only an operator may type"))?;
        Ok(Writer {
            grant,
            holder: asker.name.clone(),
            role,
            channel: self.channel,
            terminals: self.terminals,
            ttl_ms: self.ttl_ms,
            reason: self.reason,
            key_sha256: key.sha256(),
        })
    }
}

async fn recorded(app: &App, run: RunId) -> Answer<Box<StoredRun>> {
    match find::run(app, run).await? {
        Found::Recorded(stored) => Ok(stored),
        Found::Offered(_) => Err(seen::none(run)),
    }
}

/// The session while it can be joined; a problem that says how it stands otherwise.
fn ready(run: RunId, stored: &StoredRun) -> Answer<&Ready> {
    let words = match &stored.record.run.session.state {
        SessionState::Ready(ready) => return Ok(ready),
        SessionState::Disabled => return Err(seen::none(run)),
        SessionState::Starting(_) => "is starting: try again in a moment",
        SessionState::Revoked(_) => "was revoked: enable it again first",
        SessionState::Ended(..) => "has ended with its run",
        SessionState::Error(..) => "could not be set up, and says why: enable it again first",
    };
    let detail = format!("nobody can type: the live session {words}");
    Err(Problem::new(Kind::Conflict, detail))
}

fn ground(run: RunId, asker: &Identity, stored: &StoredRun) -> Answer<Ground> {
    let found = &stored.record.run;
    let lease = found.state.lease().ok_or_else(|| {
        let detail = "nobody can type: no worker holds the run at this moment";
        Problem::new(Kind::Conflict, detail)
    })?;
    Ok(Ground {
        run,
        actor: asker.name.clone(),
        attempt: lease.attempt,
        worker: Some(lease.worker.clone()),
        fence: found.session.fence,
    })
}

/// What types through tmate, for a grant of that channel alone.
fn links(app: &App, run: RunId, ready: &Ready, channel: Channel) -> Answer<Links> {
    if channel == Channel::Web {
        return Ok(Links::default());
    }
    let conflict = |detail: String| Problem::new(Kind::Conflict, detail);
    let by_tmate = ready.opening.wish.provider == Provider::Tmate;
    let Some(sealed) = ready.links.sealed.as_ref().filter(|_| by_tmate) else {
        let detail = "the session has no tmate relay to type through: use the channel 'web'";
        return Err(conflict(detail.to_owned()));
    };
    let sealed = Sealed {
        key_id: sealed.key_id.clone(),
        sealed: sealed.text.clone(),
    };
    let secret = grants::keys(app)?.open(run, &sealed).map_err(|error| {
        tracing::error!(%run, %error, "failed to open the secrets of a session");
        match error {
            OpenError::UnknownKey(_) => conflict(format!("nobody can type through tmate: {error}")),
            OpenError::Damaged | OpenError::OtherRun => Problem::internal(&error),
        }
    })?;
    let mut links: Links = serde_json::from_slice(secret.reveal()).map_err(|_| {
        Problem::internal(&"the sealed secrets of a session are not what they were")
    })?;
    links.web_rw = links
        .web_rw
        .filter(|_| app.options().live.web_links >= WebLinks::ToType);
    Ok(links)
}

fn granted(before: &Before, writer: &Writer, take_over: bool) -> Answer<Next> {
    if let Some((other, until)) = before.writer()
        && other.holder != writer.holder
        && !take_over
    {
        return Err(Problem::new(
            Kind::Conflict,
            format!(
                "'{}' may type until {}: wait, ask for it, or take over (takeOver)",
                other.holder,
                until.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
            ),
        ));
    }
    Ok(Next {
        step: GrantStep::Granted,
        grant: writer.grant,
        writer: Some(writer.clone()),
        note: None,
    })
}
