//! A row of `task_run_live_sessions` as the database writes it in JSON, and the session that it
//! tells of.

use baton_domain::{
    Actor, Fence, Generation, GrantId, RunId,
    run::session::{
        AuditChain, Closed, Links, Maker, Open, Opening, Over, Ready, Revoked, RevokedBy,
        SealedText, Session, SessionState, SessionWish, Writer,
    },
    session::SessionStatus,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use super::NewSession;
use crate::{
    error::{InvalidRow, Place},
    row::{attempt_out, bigint_out, position_out},
};

type Time = DateTime<Utc>;

/// Every column by its name.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct SessionRow {
    run_id: Uuid,
    id: Uuid,
    status: String,
    generation: u32,
    provider: String,
    ttl_seconds: Option<i64>,
    wished_provider: Option<String>,
    wished_ttl_seconds: Option<i64>,
    requested_at: Time,
    requested_by: String,
    worker: Option<String>,
    worker_generation: Option<u32>,
    starting_at: Option<Time>,
    ready_at: Option<Time>,
    hostname: Option<String>,
    heartbeat_at: Option<Time>,
    expires_at: Option<Time>,
    attach_ro: Option<String>,
    web_ro: Option<String>,
    sealed_key_id: Option<String>,
    sealed_secret: Option<String>,
    health: Option<String>,
    health_reason: Option<String>,
    revoked_at: Option<Time>,
    revoked_by: Option<String>,
    revoked_note: Option<String>,
    torn_down_at: Option<Time>,
    ended_at: Option<Time>,
    error_at: Option<Time>,
    over_code: Option<String>,
    over_reason: Option<String>,
    fence: i64,
    grant_id: Option<Uuid>,
    writer: Option<String>,
    writer_role: Option<String>,
    writer_channel: Option<String>,
    writer_terminals: Option<Vec<String>>,
    writer_reason: Option<String>,
    granted_at: Option<Time>,
    granted_until: Option<Time>,
    gate_at: Option<Time>,
    audit_attempt: Option<i32>,
    audit_head: Option<String>,
    audit_count: i64,
    audit_earlier: Vec<Chain>,
    changed_position: i64,
}

/// What was typed into an earlier attempt.
#[derive(Debug, Serialize, Deserialize)]
struct Chain {
    attempt: i32,
    head: String,
    count: i64,
}

/// The row of a session that was ever wanted.
impl SessionRow {
    pub(super) const fn run(&self) -> Uuid {
        self.run_id
    }

    pub(super) fn of(new: &NewSession) -> Option<Self> {
        let session = &new.session;
        let opening = session.state.opening()?;
        let mut row = Self {
            run_id: new.run.as_uuid(),
            id: Session::id_of(new.run),
            status: session.status().as_str().to_owned(),
            generation: opening.generation.get(),
            provider: opening.wish.provider.as_str().to_owned(),
            ttl_seconds: opening.wish.ttl_seconds.map(bigint_out),
            wished_provider: session.wish.map(|wish| wish.provider.as_str().to_owned()),
            wished_ttl_seconds: session
                .wish
                .and_then(|wish| wish.ttl_seconds.map(bigint_out)),
            requested_at: opening.requested_at,
            requested_by: opening.requested_by.as_str().to_owned(),
            fence: session.fence.map_or(0, |fence| bigint_out(fence.get())),
            changed_position: position_out(new.position),
            ..Self::default()
        };
        row.put_maker(opening.maker.as_ref());
        row.put_open(session.state.open());
        row.put_state(&session.state);
        row.put_audit(&session.audit);
        Some(row)
    }

    fn put_maker(&mut self, maker: Option<&Maker>) {
        let Some(maker) = maker else { return };
        self.worker = Some(maker.worker.to_string());
        self.worker_generation = Some(maker.generation.get());
        self.starting_at = Some(maker.since);
    }

    fn put_open(&mut self, open: Option<&Open>) {
        let Some(open) = open else { return };
        self.put_maker(Some(&open.maker));
        self.ready_at = Some(open.ready_at);
        self.expires_at = open.expires_at;
        self.hostname = Some(open.hostname.clone());
        self.heartbeat_at = Some(open.heartbeat_at);
    }

    fn put_state(&mut self, state: &SessionState) {
        match state {
            SessionState::Disabled | SessionState::Starting(_) => {}
            SessionState::Ready(ready) => self.put_ready(ready),
            SessionState::Revoked(revoked) => {
                self.revoked_at = Some(revoked.closed.at);
                self.torn_down_at = revoked.torn_down_at;
                if let RevokedBy::Operator { actor, note } = &revoked.by {
                    self.revoked_by = Some(actor.as_str().to_owned());
                    self.revoked_note.clone_from(note);
                }
            }
            SessionState::Ended(closed, _) => self.ended_at = Some(closed.at),
            SessionState::Error(closed, _) => self.error_at = Some(closed.at),
        }
        if let Some(over) = state.over() {
            self.over_code = Some(over.code);
            self.over_reason = Some(over.reason);
        }
    }

    fn put_ready(&mut self, ready: &Ready) {
        self.attach_ro.clone_from(&ready.links.attach_ro);
        self.web_ro.clone_from(&ready.links.web_ro);
        if let Some(sealed) = &ready.links.sealed {
            self.sealed_key_id = Some(sealed.key_id.clone());
            self.sealed_secret = Some(sealed.text.clone());
        }
        self.health = Some(ready.health.as_str().to_owned());
        self.health_reason.clone_from(&ready.health_reason);
        let Some(writer) = &ready.writer else { return };
        let terminals = writer.terminals.iter();
        self.grant_id = Some(writer.grant.as_uuid());
        self.writer = Some(writer.holder.as_str().to_owned());
        self.writer_role = Some(writer.role.as_str().to_owned());
        self.writer_channel = Some(writer.channel.as_str().to_owned());
        self.writer_terminals = Some(terminals.map(|name| name.as_str().to_owned()).collect());
        self.writer_reason = Some(writer.reason.clone());
        self.granted_at = Some(writer.granted_at);
        self.granted_until = Some(writer.until);
        self.gate_at = writer.gate_at;
    }

    fn put_audit(&mut self, chains: &[AuditChain]) {
        let Some((last, earlier)) = chains.split_last() else {
            return;
        };
        self.audit_attempt = Some(attempt_out(last.attempt));
        self.audit_head = Some(last.head.clone());
        self.audit_count = bigint_out(last.count);
        let chains = earlier.iter().map(|chain| Chain {
            attempt: attempt_out(chain.attempt),
            head: chain.head.clone(),
            count: bigint_out(chain.count),
        });
        self.audit_earlier = chains.collect();
    }
}

type At<'a> = Place<'a, Uuid>;

/// The session of a run, from its row in JSON; one that was never wanted has none.
pub(crate) fn session(run: RunId, row: Option<Value>) -> Result<Session, InvalidRow> {
    let Some(row) = row else {
        return Ok(Session::default());
    };
    let id = run.as_uuid();
    let at = Place {
        table: "task_run_live_sessions",
        key: &id,
    };
    let row: SessionRow = at.fit("*", serde_json::from_value(row))?;
    row.session(&at)
}

impl SessionRow {
    fn session(&self, at: &At<'_>) -> Result<Session, InvalidRow> {
        let wish = match &self.wished_provider {
            Some(provider) => Some(wish(
                at,
                "wished_provider",
                provider,
                self.wished_ttl_seconds,
            )?),
            None => None,
        };
        let fence = match self.fence {
            0 => None,
            n => Some(at.fit("fence", Fence::new(at.count("fence", n)?))?),
        };
        Ok(Session {
            wish,
            fence,
            state: self.state(at)?,
            audit: self.audit(at)?,
        })
    }

    fn state(&self, at: &At<'_>) -> Result<SessionState, InvalidRow> {
        let status: SessionStatus = at.fit("status", self.status.parse())?;
        Ok(match status {
            SessionStatus::Disabled => SessionState::Disabled,
            SessionStatus::Starting => SessionState::Starting(Box::new(self.opening(at)?)),
            SessionStatus::Ready => SessionState::Ready(Box::new(self.ready(at)?)),
            SessionStatus::Revoked => SessionState::Revoked(Box::new(Revoked {
                closed: self.closed(at, "revoked_at", self.revoked_at)?,
                by: self.revoked_by(at)?,
                torn_down_at: self.torn_down_at,
            })),
            SessionStatus::Ended => SessionState::Ended(
                Box::new(self.closed(at, "ended_at", self.ended_at)?),
                self.over(at)?,
            ),
            SessionStatus::Error => SessionState::Error(
                Box::new(self.closed(at, "error_at", self.error_at)?),
                self.over(at)?,
            ),
        })
    }

    fn opening(&self, at: &At<'_>) -> Result<Opening, InvalidRow> {
        let by = Actor::try_from(self.requested_by.clone());
        Ok(Opening {
            generation: generation(at, "generation", self.generation)?,
            wish: wish(at, "provider", &self.provider, self.ttl_seconds)?,
            requested_at: self.requested_at,
            requested_by: at.fit("requested_by", by)?,
            maker: self.maker(at)?,
        })
    }

    fn maker(&self, at: &At<'_>) -> Result<Option<Maker>, InvalidRow> {
        let Some(worker) = &self.worker else {
            return Ok(None);
        };
        let number = at.known("worker_generation", self.worker_generation)?;
        Ok(Some(Maker {
            worker: at.fit("worker", worker.parse())?,
            generation: generation(at, "worker_generation", number)?,
            since: at.known("starting_at", self.starting_at)?,
        }))
    }

    fn open(&self, at: &At<'_>) -> Result<Option<Open>, InvalidRow> {
        let Some(ready_at) = self.ready_at else {
            return Ok(None);
        };
        Ok(Some(Open {
            maker: at.known("worker", self.maker(at)?)?,
            ready_at,
            expires_at: self.expires_at,
            hostname: at.known("hostname", self.hostname.clone())?,
            heartbeat_at: at.known("heartbeat_at", self.heartbeat_at)?,
        }))
    }

    fn ready(&self, at: &At<'_>) -> Result<Ready, InvalidRow> {
        let health = at.known("health", self.health.as_deref())?;
        let sealed = self.sealed_key_id.clone().zip(self.sealed_secret.clone());
        Ok(Ready {
            opening: self.opening(at)?,
            open: at.known("ready_at", self.open(at)?)?,
            links: Links {
                attach_ro: self.attach_ro.clone(),
                web_ro: self.web_ro.clone(),
                sealed: sealed.map(|(key_id, text)| SealedText { key_id, text }),
            },
            health: at.fit("health", health.parse())?,
            health_reason: self.health_reason.clone(),
            writer: self.writer(at)?.map(Box::new),
        })
    }

    fn writer(&self, at: &At<'_>) -> Result<Option<Writer>, InvalidRow> {
        let (Some(grant), Some(holder)) = (self.grant_id, &self.writer) else {
            return Ok(None);
        };
        let role = at.known("writer_role", self.writer_role.as_deref())?;
        let channel = at.known("writer_channel", self.writer_channel.as_deref())?;
        let terminals = self.writer_terminals.iter().flatten();
        let terminals: Result<_, _> = terminals.map(|name| name.parse()).collect();
        Ok(Some(Writer {
            grant: GrantId::from_uuid(grant),
            holder: at.fit("writer", Actor::try_from(holder.clone()))?,
            role: at.fit("writer_role", role.parse())?,
            channel: at.fit("writer_channel", channel.parse())?,
            terminals: at.fit("writer_terminals", terminals)?,
            reason: at.known("writer_reason", self.writer_reason.clone())?,
            granted_at: at.known("granted_at", self.granted_at)?,
            until: at.known("granted_until", self.granted_until)?,
            gate_at: self.gate_at,
        }))
    }

    fn closed(
        &self,
        at: &At<'_>,
        column: &'static str,
        time: Option<Time>,
    ) -> Result<Closed, InvalidRow> {
        Ok(Closed {
            opening: self.opening(at)?,
            open: self.open(at)?,
            at: at.known(column, time)?,
        })
    }

    fn revoked_by(&self, at: &At<'_>) -> Result<RevokedBy, InvalidRow> {
        let Some(actor) = &self.revoked_by else {
            return Ok(RevokedBy::Worker(self.over(at)?));
        };
        Ok(RevokedBy::Operator {
            actor: at.fit("revoked_by", Actor::try_from(actor.clone()))?,
            note: self.revoked_note.clone(),
        })
    }

    fn over(&self, at: &At<'_>) -> Result<Over, InvalidRow> {
        Ok(Over {
            code: at.known("over_code", self.over_code.clone())?,
            reason: at.known("over_reason", self.over_reason.clone())?,
        })
    }

    fn audit(&self, at: &At<'_>) -> Result<Vec<AuditChain>, InvalidRow> {
        let chain = |attempt, head: &String, count| {
            Ok(AuditChain {
                attempt: at.attempt("audit_attempt", attempt)?,
                head: head.clone(),
                count: at.count("audit_count", count)?,
            })
        };
        let earlier = self.audit_earlier.iter();
        let earlier = earlier.map(|it| chain(it.attempt, &it.head, it.count));
        let last = self.audit_attempt.zip(self.audit_head.as_ref());
        let last = last.map(|(attempt, head)| chain(attempt, head, self.audit_count));
        earlier.chain(last).collect()
    }
}

fn wish(
    at: &At<'_>,
    column: &'static str,
    provider: &str,
    ttl: Option<i64>,
) -> Result<SessionWish, InvalidRow> {
    let ttl = ttl.map(|ttl| at.count("ttl_seconds", ttl)).transpose()?;
    Ok(SessionWish::new(at.fit(column, provider.parse())?, ttl))
}

fn generation(at: &At<'_>, column: &'static str, number: u32) -> Result<Generation, InvalidRow> {
    at.fit(column, Generation::new(u64::from(number)))
}
