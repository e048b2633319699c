//! `baton workers …`.

use anyhow::bail;
use baton_domain::{Activity, Clock, SystemClock};
use baton_wire::http::{WorkerInfo, WorkerRun};

use crate::{
    args::{ClientArgs, WorkerShowArgs, WorkersCommand},
    client::Client,
    exit::Exit,
    output::{
        self,
        table::{sheet, table},
        words,
    },
};

pub(super) async fn run(command: WorkersCommand) -> anyhow::Result<Exit> {
    match command {
        WorkersCommand::List(client) => list(client).await,
        WorkersCommand::Show(args) => show(args).await,
    }
}

async fn list(args: ClientArgs) -> anyhow::Result<Exit> {
    let list = Client::new(&args)?.workers().await?;
    if args.json {
        output::print_json(&list)?;
    } else if list.workers.is_empty() {
        output::print("no worker was heard of within the last minute")?;
    } else {
        output::print(&as_table(&list.workers))?;
    }
    Ok(Exit::Done)
}

async fn show(args: WorkerShowArgs) -> anyhow::Result<Exit> {
    let list = Client::new(&args.client)?.workers().await?;
    let found = list.workers.iter().find(|w| w.id == args.worker.as_str());
    let Some(worker) = found else {
        bail!(
            "no worker '{}' was heard of within the last minute: `baton workers list` shows all",
            args.worker
        );
    };
    if args.client.json {
        output::print_json(worker)?;
    } else {
        output::print(&as_sheet(worker))?;
    }
    Ok(Exit::Done)
}

fn as_table(workers: &[WorkerInfo]) -> String {
    let row = |worker: &WorkerInfo| {
        vec![
            worker.id.clone(),
            state(worker),
            format!("{}/{}", worker.runs.len(), worker.slots),
            worker.pools.join(","),
            worker.run_types.join(","),
            words::duration(worker.beat_age_ms),
            worker.version.clone(),
            worker.hostname.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = workers.iter().map(row).collect();
    let heading = [
        "ID", "STATE", "RUNS", "POOLS", "TYPES", "HEARD", "VERSION", "HOST",
    ];
    table(&heading, &rows)
}

/// In a word, what it does.
fn state(worker: &WorkerInfo) -> String {
    match &worker.drain {
        Some(drain) => format!("drained ({})", drain.scope),
        None if worker.draining => "leaving".to_owned(),
        None if worker.runs.is_empty() => "idle".to_owned(),
        None => what_it_does(&worker.runs),
    }
}

/// That it works, unless all that it holds is held; then, if it is one, how.
fn what_it_does(runs: &[WorkerRun]) -> String {
    let mut kinds: Vec<Activity> = runs.iter().map(|run| run.activity).collect();
    kinds.dedup();
    match kinds[..] {
        [one] if one.is_held() => words::activity(one),
        _ if kinds.iter().all(|kind| kind.is_held()) => "held".to_owned(),
        _ => "working".to_owned(),
    }
}

fn as_sheet(worker: &WorkerInfo) -> String {
    let drained = worker.drain.as_ref().map(|drain| {
        let end = drain
            .until
            .map(|until| format!(", until {}", until.to_rfc3339()));
        format!("{}: {}{}", drain.scope, drain.note, end.unwrap_or_default())
    });
    let runs: Vec<String> = worker.runs.iter().map(held).collect();
    let some = |names: &[String]| (!names.is_empty()).then(|| names.join(", "));
    sheet(&[
        ("worker", Some(worker.id.clone())),
        ("state", Some(state(worker))),
        ("drained by", drained),
        ("host", Some(worker.hostname.clone())),
        ("version", Some(worker.version.clone())),
        (
            "up for",
            Some(words::age(SystemClock.now() - worker.started_at)),
        ),
        (
            "heard",
            Some(format!("{} ago", words::duration(worker.beat_age_ms))),
        ),
        ("slots", Some(worker.slots.to_string())),
        ("pools", some(&worker.pools)),
        ("types", some(&worker.run_types)),
        ("has", some(&worker.capabilities)),
        ("runs", some(&runs).map(|_| runs.join("\n"))),
    ])
}

fn held(run: &WorkerRun) -> String {
    let stage = run.stage.as_deref().unwrap_or("starting");
    let quiet = words::duration(run.quiet_for_ms);
    let activity = match run.activity {
        Activity::Working => words::activity(run.activity),
        held if held.is_held() => words::activity(held),
        other => format!("{}, nothing new for {quiet}", words::activity(other)),
    };
    format!("{} attempt {} ({stage}): {activity}", run.id, run.attempt)
}
