//! `baton attach`: a run's terminal, here.

mod local;
mod socket;

use std::path::Path;

use anyhow::{Context, bail};
use baton_domain::{Channel, Fence, GrantId, RunId, TerminalName};
use baton_terminal::Via;
use baton_wire::http::GrantRequest;
use tokio::task::JoinSet;

use crate::{
    args::{AttachArgs, ViaArg},
    attach::{self, Left, Line, Right, Tty, Typist, Watcher},
    client::Client,
    exit::Exit,
    output,
};

pub(super) async fn run(args: AttachArgs) -> anyhow::Result<Exit> {
    if !args.plain && !attach::is_terminal() {
        bail!(
            "standard input and output are no terminal to watch in: \
             run it in one, or print what the run shows as text with --plain"
        );
    }
    match (&args.run, &args.socket) {
        (_, Some(socket)) => farewell(at_host(&args, socket).await?),
        (Some(run), None) => farewell(by_api(&args, *run).await?),
        (None, None) => bail!("name a run"),
    }
}

/// Over the API.
async fn by_api(args: &AttachArgs, run: RunId) -> anyhow::Result<Left> {
    let client = Client::new(&args.client)?;
    let typist = match args.write {
        true => Typist::Holder(ask(&client, args, run).await?),
        false => Typist::Nobody,
    };
    let left = over_socket(&client, args, run, typist).await;
    if args.write {
        give_back(&client, run).await;
    }
    left
}

async fn over_socket(
    client: &Client,
    args: &AttachArgs,
    run: RunId,
    typist: Typist,
) -> anyhow::Result<Left> {
    // A refusal is told before the window is taken over.
    let first = client.terminal(run, args.terminal).await?;
    let mut tasks = JoinSet::new();
    let place = (run, args.terminal);
    let line = socket::open(&mut tasks, client.clone(), place, first);
    let left = watch(line, args, title(run, args.terminal), typist).await;
    tasks.shutdown().await;
    left
}

/// At the run's host, on this machine.
async fn at_host(args: &AttachArgs, socket: &Path) -> anyhow::Result<Left> {
    let (via, typist) = match args.via {
        ViaArg::Local => (Via::Local, Typist::Nobody),
        ViaArg::Tmate => (Via::Tmate, Typist::Through(Channel::Tmate, args.terminal)),
    };
    let mut tasks = JoinSet::new();
    let line = local::open(&mut tasks, socket.to_owned(), args.terminal, via);
    let left = watch(line, args, args.terminal.to_string(), typist).await;
    tasks.shutdown().await;
    left
}

async fn watch(
    line: Line,
    args: &AttachArgs,
    title: String,
    typist: Typist,
) -> anyhow::Result<Left> {
    if args.plain {
        return Ok(attach::print(line).await?);
    }
    let watcher = Watcher {
        title,
        typist,
        detach: args.detach_key,
    };
    let tty = Tty::enter().context("failed to take over the terminal")?;
    attach::follow(&tty, line, watcher).await
}

/// What is watched, in few letters: the end of a run's id is chance.
fn title(run: RunId, terminal: TerminalName) -> String {
    let run = run.to_string();
    let short = &run[run.len() - 6..];
    format!("…{short} {terminal}")
}

/// Gets the right to type.
async fn ask(client: &Client, args: &AttachArgs, run: RunId) -> anyhow::Result<Right> {
    let request = GrantRequest {
        ttl_minutes: args.minutes,
        reason: args.reason.clone(),
        terminals: vec![args.terminal.to_string()],
        take_over: args.take_over,
        ..GrantRequest::default()
    };
    let grant = client.grant_write(run, &request).await?;
    Ok(Right {
        grant: GrantId::from_uuid(grant.grant_id),
        fence: Fence::new(grant.fence).context("failed to read the grant")?,
        key: grant.write_key,
    })
}

async fn give_back(client: &Client, run: RunId) {
    // It may be over already, or another's by now; in any case its time will be.
    if let Err(error) = client.release_write(run).await {
        tracing::debug!(%error, "the right to type was not given back");
    }
}

fn farewell(left: Left) -> anyhow::Result<Exit> {
    match left {
        Left::Detached => output::tell("detached; the run goes on"),
        Left::Ended(Some(code)) => {
            output::tell(&format!("the terminal has ended: exit code {code}"))
        }
        Left::Ended(None) => output::tell("the terminal has ended"),
        Left::Over(why) => bail!("the terminal cannot be watched any more: {why}"),
    }
    Ok(Exit::Done)
}
