//! `baton runs list`.

use baton_domain::{Clock, SystemClock};
use baton_wire::http::{TaskRun, TaskRunPage};

use crate::{
    args::ListArgs,
    client::Client,
    exit::Exit,
    output::{self, table::table, words},
};

pub(super) async fn run(args: ListArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&args.client)?;
    let page = if args.all {
        all(&client, &args).await?
    } else {
        client.list(&query(&args, args.cursor.clone())).await?
    };
    if args.client.json {
        output::print_json(&page)?;
        return Ok(Exit::Done);
    }
    output::print(&as_table(&page))?;
    if let Some(cursor) = &page.next_cursor {
        output::tell(&format!("there are more: --cursor {cursor}, or --all"));
    }
    Ok(Exit::Done)
}

async fn all(client: &Client, args: &ListArgs) -> anyhow::Result<TaskRunPage> {
    let mut whole = client.list(&query(args, None)).await?;
    while let Some(cursor) = whole.next_cursor.take() {
        let page = client.list(&query(args, Some(cursor))).await?;
        whole.runs.extend(page.runs);
        whole.next_cursor = page.next_cursor;
    }
    Ok(whole)
}

fn query(args: &ListArgs, cursor: Option<String>) -> Vec<(&'static str, String)> {
    let states: Vec<&str> = args.state.iter().map(|state| state.as_str()).collect();
    let fields = [
        ("state", (!states.is_empty()).then(|| states.join(","))),
        ("session", args.session.map(String::from)),
        ("type", args.run_type.map(String::from)),
        ("pool", args.pool.clone().map(String::from)),
        ("repository", args.repository.clone()),
        ("submittedBy", args.submitted_by.clone()),
        ("q", args.query.clone()),
        (
            "submittedAfter",
            args.submitted_after.map(|at| at.to_rfc3339()),
        ),
        (
            "submittedBefore",
            args.submitted_before.map(|at| at.to_rfc3339()),
        ),
        ("limit", Some(args.limit.to_string())),
        ("cursor", cursor),
    ];
    fields
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

fn as_table(page: &TaskRunPage) -> String {
    let rows: Vec<Vec<String>> = page.runs.iter().map(row).collect();
    table(&["ID", "STATE", "TYPE", "ATTEMPT", "AGE", "TITLE"], &rows)
}

fn row(run: &TaskRun) -> Vec<String> {
    let state = match run.stage {
        Some(stage) => format!("{} ({stage})", run.state),
        None => run.state.to_string(),
    };
    vec![
        run.id.to_string(),
        state,
        run.run_type.to_string(),
        run.attempt.to_string(),
        words::age(SystemClock.now() - run.submitted_at),
        run.title.clone(),
    ]
}
