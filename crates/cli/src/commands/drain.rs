//! `baton drain …` and `baton undrain …`.

use baton_domain::{Clock, DrainScope, DrainedRuns, SystemClock};
use baton_wire::http::{DrainInfo, DrainRequest};

use crate::{
    args::{ClientArgs, DrainArgs, DrainCommand, UndrainCommand},
    client::Client,
    exit::Exit,
    output::{self, table::table, words},
};

pub(super) async fn run(command: DrainCommand) -> anyhow::Result<Exit> {
    match command {
        DrainCommand::Worker { worker, drain } => begin(DrainScope::Worker(worker), drain).await,
        DrainCommand::Pool { pool, drain } => begin(DrainScope::Pool(pool), drain).await,
        DrainCommand::Fleet { drain } => begin(DrainScope::Fleet, drain).await,
        DrainCommand::List(client) => list(client).await,
    }
}

pub(super) async fn end(command: UndrainCommand) -> anyhow::Result<Exit> {
    let (scope, args) = command.parts();
    let client = Client::new(&args.client)?;
    client.undrain(&scope, args.note.as_deref()).await?;
    if args.client.json {
        output::print_json(&serde_json::json!({"scope": scope, "drained": false}))?;
    } else {
        output::print(&format!("{scope} takes runs again"))?;
    }
    Ok(Exit::Done)
}

async fn begin(scope: DrainScope, args: DrainArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&args.client)?;
    let seconds = args.length.map(|length| length.as_secs());
    let request = DrainRequest {
        scope: scope.to_string(),
        note: args.note,
        for_seconds: seconds.map(|seconds| u32::try_from(seconds).unwrap_or(u32::MAX)),
        runs: (args.runs != DrainedRuns::Finish).then(|| args.runs.to_string()),
    };
    let drain = client.drain(&request).await?;
    if args.client.json {
        output::print_json(&drain)?;
    } else {
        output::print(&told(&drain))?;
    }
    Ok(Exit::Done)
}

fn told(drain: &DrainInfo) -> String {
    let end = match drain.until {
        Some(until) => format!("until {}", until.to_rfc3339()),
        None => format!("until `baton undrain {}`", words_of(&drain.scope)),
    };
    let held = match drain.runs {
        DrainedRuns::Finish => "they hold",
        DrainedRuns::Pause => "until then they pause",
    };
    format!(
        "{} takes no more runs {end}; {} of its workers are known, {held} {} runs",
        drain.scope, drain.workers, drain.running
    )
}

/// A scope as it is typed.
fn words_of(scope: &DrainScope) -> String {
    scope.to_string().replacen('.', " ", 1)
}

async fn list(args: ClientArgs) -> anyhow::Result<Exit> {
    let list = Client::new(&args)?.drains().await?;
    if args.json {
        output::print_json(&list)?;
    } else if list.drains.is_empty() {
        output::print("nothing is drained")?;
    } else {
        output::print(&as_table(&list.drains))?;
    }
    Ok(Exit::Done)
}

fn as_table(drains: &[DrainInfo]) -> String {
    let now = SystemClock.now();
    let row = |drain: &DrainInfo| {
        vec![
            drain.scope.to_string(),
            words::age(now - drain.since),
            drain
                .until
                .map_or_else(|| "-".to_owned(), |until| words::age(until - now)),
            drain.workers.to_string(),
            drain.running.to_string(),
            drain.runs.to_string(),
            drain.actor.to_string(),
            drain.note.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = drains.iter().map(row).collect();
    let heading = [
        "SCOPE", "SINCE", "ENDS IN", "WORKERS", "RUNNING", "RUNS", "BY", "NOTE",
    ];
    table(&heading, &rows)
}
