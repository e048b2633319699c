//! `baton dead-letters …`.

use baton_domain::{Clock, SystemClock};
use baton_wire::http::{DeadLetterPage, RedriveAnswer, RedriveRequest, TaskRunPage};

use crate::{
    args::{DeadLetterFilterArgs, DeadLettersCommand, DeadLettersListArgs, DeadLettersRedriveArgs},
    client::Client,
    exit::Exit,
    output::{self, table::table, words},
};

pub(super) async fn run(command: DeadLettersCommand) -> anyhow::Result<Exit> {
    match command {
        DeadLettersCommand::List(args) => list(args).await,
        DeadLettersCommand::Show(args) => show(args).await,
        DeadLettersCommand::Redrive(args) => redrive(args).await,
    }
}

async fn list(args: DeadLettersListArgs) -> anyhow::Result<Exit> {
    let page = Client::new(&args.client)?
        .dead_letters(&query(&args))
        .await?;
    if args.client.json {
        output::print_json(&page)?;
        return Ok(Exit::Done);
    }
    if page.groups.is_empty() {
        output::print("there are no dead letters")?;
    } else {
        output::print(&groups(&page))?;
    }
    more(page.next_cursor.as_ref());
    Ok(Exit::Done)
}

async fn show(args: DeadLettersListArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&args.client)?;
    let page = client.dead_letter_runs(&query(&args)).await?;
    if args.client.json {
        output::print_json(&page)?;
        return Ok(Exit::Done);
    }
    if page.runs.is_empty() {
        output::print("there are no such dead letters")?;
    } else {
        output::print(&runs(&page))?;
    }
    more(page.next_cursor.as_ref());
    Ok(Exit::Done)
}

async fn redrive(args: DeadLettersRedriveArgs) -> anyhow::Result<Exit> {
    let by_filter = args.runs.is_empty();
    let request = RedriveRequest {
        ids: args.runs.iter().map(ToString::to_string).collect(),
        code: args.filter.code.map(|code| code.to_string()),
        cause: args.filter.cause,
        pool: args.filter.pool.map(String::from),
        limit: by_filter.then_some(args.limit),
        note: args.note,
        dry_run: args.dry_run,
    };
    let answer = Client::new(&args.client)?.redrive(&request).await?;
    if args.client.json {
        output::print_json(&answer)?;
    } else {
        output::print(&told(&answer))?;
    }
    Ok(if answer.refused.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

fn query(args: &DeadLettersListArgs) -> Vec<(&'static str, String)> {
    let DeadLetterFilterArgs { code, cause, pool } = &args.filter;
    let fields = [
        ("code", code.map(|code| code.to_string())),
        ("cause", cause.clone()),
        ("pool", pool.clone().map(String::from)),
        ("limit", Some(args.limit.to_string())),
        ("cursor", args.cursor.clone()),
    ];
    fields
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

fn more(cursor: Option<&String>) {
    if let Some(cursor) = cursor {
        output::tell(&format!("there are more: --cursor {cursor}"));
    }
}

fn groups(page: &DeadLetterPage) -> String {
    let now = SystemClock.now();
    let rows: Vec<Vec<String>> = page
        .groups
        .iter()
        .map(|group| {
            vec![
                group.count.to_string(),
                group.code.clone(),
                words::age(now - group.oldest),
                words::age(now - group.newest),
                group
                    .samples
                    .first()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
                one_line(&group.cause),
            ]
        })
        .collect();
    table(
        &["RUNS", "CODE", "OLDEST", "NEWEST", "LAST RUN", "CAUSE"],
        &rows,
    )
}

fn runs(page: &TaskRunPage) -> String {
    let now = SystemClock.now();
    let rows: Vec<Vec<String>> = page
        .runs
        .iter()
        .map(|run| {
            let message = run.error.as_ref().map(|error| one_line(&error.message));
            vec![
                run.id.to_string(),
                run.finished_at
                    .map(|at| words::age(now - at))
                    .unwrap_or_default(),
                run.failures.to_string(),
                run.title.clone(),
                message.unwrap_or_default(),
            ]
        })
        .collect();
    table(&["ID", "SINCE", "FAILURES", "TITLE", "MESSAGE"], &rows)
}

fn one_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}

fn told(answer: &RedriveAnswer) -> String {
    let verb = if answer.dry_run {
        "would be tried again"
    } else {
        "are tried again"
    };
    let mut lines = vec![format!("{} runs {verb}", answer.redriven.len())];
    lines.extend(answer.redriven.iter().map(|run| format!("  {run}")));
    let refused = answer.refused.iter();
    lines.extend(refused.map(|refused| format!("not {}: {}", refused.id, refused.detail)));
    if answer.remaining > 0 {
        lines.push(format!("{} more fit: ask again for them", answer.remaining));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use baton_domain::RunId;
    use baton_wire::http::RedriveRefusal;

    use super::*;

    #[test]
    fn an_answer_names_every_run_and_says_what_is_left() {
        let run = RunId::from_uuid(uuid::Uuid::nil());
        let answer = RedriveAnswer {
            dry_run: true,
            redriven: vec![run],
            refused: vec![RedriveRefusal {
                id: "x".to_owned(),
                detail: "there is no such run".to_owned(),
            }],
            remaining: 2,
        };
        assert_eq!(
            told(&answer),
            format!(
                "1 runs would be tried again\n  {run}\nnot x: there is no such run\n2 more fit: ask again for them"
            )
        );
    }
}
