//! `baton attach`: a run's terminal, here.

mod socket;

use anyhow::{Context, bail};
use baton_domain::{Fence, GrantId, RunId};
use baton_wire::http::GrantRequest;
use tokio::task::JoinSet;

use crate::{
    args::AttachArgs,
    attach::{self, Left, Right, Tty, Watcher},
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
    let client = Client::new(&args.client)?;
    let right = match args.write {
        true => Some(ask(&client, &args).await?),
        false => None,
    };
    let left = watch(&client, &args, right.clone()).await;
    if right.is_some() {
        give_back(&client, args.run).await;
    }
    farewell(left?)
}

async fn watch(client: &Client, args: &AttachArgs, right: Option<Right>) -> anyhow::Result<Left> {
    // A refusal is told before the window is taken over.
    let first = client.terminal(args.run, args.terminal).await?;
    let mut tasks = JoinSet::new();
    let place = (args.run, args.terminal);
    let line = socket::open(&mut tasks, client.clone(), place, first);
    let left = if args.plain {
        attach::print(line).await?
    } else {
        let watcher = Watcher {
            title: title(args),
            right,
            detach: args.detach_key,
        };
        let tty = Tty::enter().context("failed to take over the terminal")?;
        attach::follow(&tty, line, watcher).await?
    };
    tasks.shutdown().await;
    Ok(left)
}

/// What is watched, in few letters: the end of a run's id is its own.
fn title(args: &AttachArgs) -> String {
    let run = args.run.to_string();
    let short = run.rsplit('-').next().unwrap_or_default();
    format!("…{short} {}", args.terminal)
}

/// Gets the right to type.
async fn ask(client: &Client, args: &AttachArgs) -> anyhow::Result<Right> {
    let request = GrantRequest {
        ttl_minutes: args.minutes,
        reason: args.reason.clone(),
        terminals: vec![args.terminal.to_string()],
        take_over: args.take_over,
        ..GrantRequest::default()
    };
    let grant = client.grant_write(args.run, &request).await?;
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
