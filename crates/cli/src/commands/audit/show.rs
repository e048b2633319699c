//! `baton audit show`.

use baton_wire::http::InputRecord;

use super::{Typed, read};
use crate::{
    args::AuditArgs,
    client::Client,
    exit::Exit,
    output::{self, table::table},
};

pub(super) async fn run(args: AuditArgs) -> anyhow::Result<Exit> {
    let typed = read(&Client::new(&args.client)?, args.run).await?;
    if args.client.json {
        for record in &typed.records {
            output::print_json_line(record)?;
        }
    } else {
        output::print(&as_table(&typed))?;
    }
    Ok(Exit::Done)
}

fn as_table(typed: &Typed) -> String {
    if typed.records.is_empty() {
        return "nothing was typed".to_owned();
    }
    let rows: Vec<Vec<String>> = typed.records.iter().map(row).collect();
    table(
        &["AT", "ATTEMPT", "NO", "WHO", "BY", "TERMINAL", "WHAT"],
        &rows,
    )
}

fn row(record: &InputRecord) -> Vec<String> {
    let typed = &record.typed;
    vec![
        record.at.to_rfc3339(),
        record.attempt.to_string(),
        typed.number.to_string(),
        typed.holder.to_string(),
        typed.channel.to_string(),
        typed.terminal.to_string(),
        what(record),
    ]
}

/// What was typed, on one line and harmless to a terminal.
fn what(record: &InputRecord) -> String {
    let typed = &record.typed;
    let shown = match &typed.text {
        Some(text) => text.escape_default().to_string(),
        None => format!("{} bytes, unseen", typed.length),
    };
    if record.continues {
        shown
    } else {
        format!("{shown}  (does not continue the chain)")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_typed_cannot_harm_the_terminal_that_shows_it() {
        let record = |text: Option<&str>, continues: bool| {
            serde_json::from_value(json!({
                "attempt": 1, "at": "2030-01-31T12:00:00Z", "continues": continues, "number": 1,
                "terminal": "shell", "grant": uuid::Uuid::nil(), "holder": "ada", "channel": "web",
                "fence": 1, "firstSeq": 1, "lastSeq": 1, "offset": 0, "length": 9,
                "echo": text.is_some(), "text": text, "previous": "", "hash": "",
            }))
            .unwrap()
        };
        let typed = Typed {
            records: vec![
                record(Some("ls\r\u{1b}]52;c;x\u{7}"), true),
                record(None, false),
            ],
            heads: Vec::new(),
        };
        assert_eq!(
            as_table(&typed),
            "AT                         ATTEMPT  NO  WHO  BY   TERMINAL  WHAT\n\
             2030-01-31T12:00:00+00:00  1        1   ada  web  shell     ls\\r\\u{1b}]52;c;x\\u{7}\n\
             2030-01-31T12:00:00+00:00  1        1   ada  web  shell     9 bytes, unseen  (does not continue the chain)"
        );
    }
}
