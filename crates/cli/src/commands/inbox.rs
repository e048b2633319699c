//! `baton inbox …`: what runs need a person for.

mod answer;
mod watch;

use baton_domain::{Clock, SystemClock};
use baton_wire::http::{HelpRequest, HelpRequestPage};

use crate::{
    args::{InboxArgs, InboxCommand, InboxFilterArgs, InboxListArgs},
    client::Client,
    exit::Exit,
    output::{self, words},
};

pub(super) async fn run(args: InboxArgs) -> anyhow::Result<Exit> {
    match args.command {
        None => list(args.list).await,
        Some(InboxCommand::List(list_args)) => list(list_args).await,
        Some(InboxCommand::Answer(args)) => answer::run(args).await,
        Some(InboxCommand::Watch(args)) => watch::run(args).await,
    }
}

async fn list(args: InboxListArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&args.client)?;
    let page = pages(&client, &args).await?;
    if args.client.json {
        output::print_json(&page)?;
        return Ok(Exit::Done);
    }
    if page.help_requests.is_empty() {
        output::print(&nothing(page.open))?;
    }
    for request in &page.help_requests {
        output::print(&shown(request))?;
    }
    if let Some(cursor) = &page.next_cursor {
        output::tell(&format!("there are more: --cursor {cursor}, or --all"));
    }
    Ok(Exit::Done)
}

fn nothing(open: u64) -> String {
    if open == 0 {
        "nothing waits for a person".to_owned()
    } else {
        format!("there is nothing like that; {open} others wait for a person")
    }
}

async fn pages(client: &Client, args: &InboxListArgs) -> anyhow::Result<HelpRequestPage> {
    let state = args.state.as_str();
    let query = |cursor| query(&args.filter, state, args.limit, cursor);
    let (mut whole, _) = client.inbox(&query(args.cursor.clone())).await?;
    while args.all && whole.next_cursor.is_some() {
        let (page, _) = client.inbox(&query(whole.next_cursor)).await?;
        whole.help_requests.extend(page.help_requests);
        whole.next_cursor = page.next_cursor;
    }
    Ok(whole)
}

fn query(
    filter: &InboxFilterArgs,
    state: Option<&str>,
    limit: u32,
    cursor: Option<String>,
) -> Vec<(&'static str, String)> {
    let fields = [
        ("state", state.map(str::to_owned)),
        ("kind", filter.kind.map(String::from)),
        ("run", filter.run.map(|run| run.to_string())),
        ("pool", filter.pool.clone().map(String::from)),
        ("limit", Some(limit.to_string())),
        ("cursor", cursor),
    ];
    fields
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

/// A request as lines for people: what is asked, by whom, and how to answer.
fn shown(help: &HelpRequest) -> String {
    let age = words::age(SystemClock.now() - help.opened_at);
    let waits = if help.blocking && help.state == "open" {
        ", and its agent waits"
    } else {
        ""
    };
    let mut lines = vec![
        format!("{}  {}, {age} ago{waits}", help.id, help.kind),
        format!("    run {}  {}", help.task_run_id, help.run_title),
    ];
    lines.extend(indented(&help.question));
    lines.extend(help.detail.iter().flat_map(|detail| indented(detail)));
    if help.state == "open" && help.answered_at.is_none() {
        let options = help.options.iter().enumerate();
        lines
            .extend(options.map(|(at, option)| {
                format!("    {}) {}: {}", at + 1, option.answer, option.label)
            }));
        if help.free_text {
            lines.push("    or in your own words".to_owned());
        }
    } else {
        lines.push(format!("    {}", outcome(help)));
    }
    lines.join("\n")
}

/// What became of a request.
fn outcome(help: &HelpRequest) -> String {
    match (&help.answered_by, &help.answer) {
        (Some(name), Some(answer)) => {
            let note = help.note.iter().map(|note| format!(" ({note})"));
            let note: String = note.collect();
            format!("answered by {name}: {}{note}", words::cut(answer, 200))
        }
        _ => help.state.replace('_', " "),
    }
}

fn indented(text: &str) -> Vec<String> {
    let lines = text.trim_end().lines();
    lines.map(|line| format!("    {line}")).collect()
}

#[cfg(test)]
mod tests;
