//! `baton sessions …`.

use baton_wire::http::{GrantRequest, LiveSession, SessionRequest, SessionWriter, WriteGrant};

use crate::{
    args::{EnableArgs, GrantArgs, RenewArgs, SessionArgs, SessionEndArgs, SessionsCommand},
    client::Client,
    exit::Exit,
    output::{self, table::sheet, tell},
};

/// What is told when the run's worker has not confirmed it by then.
const NOT_YET: &str = "the run's worker has not confirmed it yet; it will when it hears of it";

pub(super) async fn run(command: SessionsCommand) -> anyhow::Result<Exit> {
    match command {
        SessionsCommand::Enable(args) => enable(args).await,
        SessionsCommand::Show(args) => show(args).await,
        SessionsCommand::Grant(args) => grant(args).await,
        SessionsCommand::Renew(args) => renew(args).await,
        SessionsCommand::Release(args) => end(args, "release-write").await,
        SessionsCommand::RevokeWrite(args) => end(args, "revoke-write").await,
        SessionsCommand::Revoke(args) => end(args, "revoke").await,
    }
}

async fn enable(args: EnableArgs) -> anyhow::Result<Exit> {
    let request = SessionRequest {
        provider: args.provider.map(|provider| provider.to_string()),
        ttl_minutes: args.minutes,
        note: args.note,
    };
    let client = Client::new(&args.client)?;
    let session = client.enable_session(args.run, &request).await?;
    told(&session, args.client.json)
}

async fn show(args: SessionArgs) -> anyhow::Result<Exit> {
    let session = Client::new(&args.client)?.session(args.run).await?;
    told(&session, args.client.json)
}

async fn grant(args: GrantArgs) -> anyhow::Result<Exit> {
    let request = GrantRequest {
        ttl_minutes: args.minutes,
        reason: Some(args.reason),
        terminals: args.terminals.iter().map(ToString::to_string).collect(),
        channel: Some(args.channel.to_string()),
        take_over: args.take_over,
    };
    let client = Client::new(&args.client)?;
    let grant = client.grant_write(args.run, &request).await?;
    if args.client.json {
        output::print_json(&grant)?;
    } else {
        output::print(&grant_sheet(&grant))?;
    }
    confirmed(grant.effective);
    Ok(Exit::Done)
}

async fn renew(args: RenewArgs) -> anyhow::Result<Exit> {
    let request = GrantRequest {
        ttl_minutes: args.minutes,
        ..GrantRequest::default()
    };
    let client = Client::new(&args.client)?;
    let answer = client.renew_write(args.run, &request).await?;
    confirmed(answer.effective);
    if args.client.json {
        output::print_json(&answer)?;
        return Ok(Exit::Done);
    }
    told(&answer.session, false)
}

async fn end(args: SessionEndArgs, what: &str) -> anyhow::Result<Exit> {
    let client = Client::new(&args.client)?;
    let answer = client.end(args.run, what, args.note).await?;
    confirmed(answer.effective);
    if args.client.json {
        output::print_json(&answer)?;
    } else if what == "revoke" {
        output::print("nobody can watch the run's terminals any more; the run goes on")?;
    } else {
        output::print("nobody may type into the run's terminals any more")?;
    }
    Ok(Exit::Done)
}

fn confirmed(effective: bool) {
    if !effective {
        tell(NOT_YET);
    }
}

fn told(session: &LiveSession, as_json: bool) -> anyhow::Result<Exit> {
    if as_json {
        output::print_json(session)?;
    } else {
        output::print(&session_sheet(session))?;
    }
    Ok(Exit::Done)
}

fn session_sheet(session: &LiveSession) -> String {
    let health = session.health.as_ref().map(|health| {
        let why = session.health_reason.as_deref();
        why.map_or_else(|| health.clone(), |why| format!("{health}: {why}"))
    });
    sheet(&[
        ("session", Some(session.id.to_string())),
        ("run", Some(session.task_run_id.to_string())),
        ("status", Some(session.status.clone())),
        ("provider", Some(session.provider.clone())),
        ("health", health),
        ("worker", session.worker_id.clone()),
        ("host", session.worker_hostname.clone()),
        ("watch by", session.attach_ro.clone()),
        ("watch at", session.web_ro.clone()),
        ("ready since", session.ready_at.map(|at| at.to_rfc3339())),
        ("ends at", session.expires_at.map(|at| at.to_rfc3339())),
        ("ended", session.ended_at.map(|at| at.to_rfc3339())),
        ("may type", session.writer.as_ref().map(writer)),
        ("error", session.error_message.clone()),
    ])
}

fn writer(writer: &SessionWriter) -> String {
    format!(
        "{} until {}, by {}, into {}; {}",
        writer.holder,
        writer.until.to_rfc3339(),
        writer.channel,
        writer.terminals.join(" and "),
        if writer.reason.is_empty() {
            "no reason given"
        } else {
            &writer.reason
        }
    )
}

/// With its secrets: this is where they are told, once.
fn grant_sheet(grant: &WriteGrant) -> String {
    sheet(&[
        ("grant", Some(grant.grant_id.to_string())),
        ("until", Some(grant.granted_until.to_rfc3339())),
        ("fence", Some(grant.fence.to_string())),
        ("write key", Some(grant.write_key.clone())),
        ("type by", grant.attach_rw.clone()),
        ("type at", grant.web_rw.clone()),
    ])
}
