//! `baton runs message` and `baton runs messages`.

use baton_domain::{Clock, SystemClock};
use baton_wire::http::{MessageRequest, OperatorMessage, OperatorMessagePage};

use super::{pause::taken_down, submit};
use crate::{
    args::{MessageArgs, MessagesArgs},
    client::Client,
    exit::Exit,
    output::{self, table::table, words},
};

/// The most characters of a message in a list.
const SHOWN: usize = 60;

pub(super) async fn send(args: MessageArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&args.client)?;
    let message = match (args.text, &args.file) {
        (Some(text), _) => text,
        (None, Some(file)) => submit::read(file)?,
        (None, None) => String::new(),
    };
    let request = MessageRequest {
        message,
        kind: args.queued.then(|| "queued".to_owned()),
    };
    let taken = client.say(args.run, &request).await?;
    let when = if args.queued {
        "when its turn ends"
    } else {
        "at its next tool call"
    };
    let words = format!("the agent is told {when}; message {}", taken.id);
    taken_down(&taken, args.client.json, &words)
}

pub(super) async fn list(args: MessagesArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&args.client)?;
    if let Some(message) = args.cancel {
        let taken = client.cancel_message(args.run, message).await?;
        let words = "the message is taken back, unless the agent is handed it at this moment";
        return taken_down(&taken, args.client.json, words);
    }
    let page = pages(&client, &args).await?;
    if args.client.json {
        output::print_json(&page)?;
        return Ok(Exit::Done);
    }
    if page.messages.is_empty() {
        output::print("nobody has said anything to the agent")?;
    } else {
        output::print(&as_table(&page.messages))?;
    }
    if let Some(cursor) = &page.next_cursor {
        output::tell(&format!("there are more: --cursor {cursor}, or --all"));
    }
    Ok(Exit::Done)
}

async fn pages(client: &Client, args: &MessagesArgs) -> anyhow::Result<OperatorMessagePage> {
    let query = |cursor: Option<String>| {
        let mut query = vec![("limit", args.limit.to_string())];
        query.extend(cursor.map(|cursor| ("cursor", cursor)));
        query
    };
    let mut whole = client
        .messages(args.run, &query(args.cursor.clone()))
        .await?;
    while args.all && whole.next_cursor.is_some() {
        let page = client.messages(args.run, &query(whole.next_cursor)).await?;
        whole.messages.extend(page.messages);
        whole.next_cursor = page.next_cursor;
    }
    Ok(whole)
}

fn as_table(messages: &[OperatorMessage]) -> String {
    let now = SystemClock.now();
    let row = |message: &OperatorMessage| {
        let reason = message.reason.iter().map(|why| format!(" ({why})"));
        let reason: String = reason.collect();
        vec![
            message.id.to_string(),
            words::age(now - message.created_at),
            message.actor.to_string(),
            message.kind.to_string(),
            format!("{}{reason}", message.state),
            words::cut(&message.message, SHOWN),
        ]
    };
    let rows: Vec<Vec<String>> = messages.iter().map(row).collect();
    let heading = ["ID", "AGE", "FROM", "KIND", "STATE", "MESSAGE"];
    table(&heading, &rows)
}
