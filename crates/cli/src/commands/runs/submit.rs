//! `baton runs submit`.

use std::{
    fs,
    io::{self, Read},
    path::Path,
};

use anyhow::Context;
use serde_json::Value;

use super::follow;
use crate::{args::SubmitArgs, client::Client, exit::Exit, output};

pub(super) async fn run(args: SubmitArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&args.client)?;
    let request = request(&args)?;
    let key = args
        .idempotency_key
        .unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
    let run = client.submit(&request, &key).await?;
    if args.follow {
        if !args.client.json {
            output::print(&format!("{}  {}", run.id, run.title))?;
        }
        return follow::to_the_end(&client, run.id, 0, args.client.json).await;
    }
    if args.client.json {
        output::print_json(&run)?;
    } else {
        output::print(&run.id.to_string())?;
    }
    Ok(Exit::Done)
}

/// The body to send. A file is sent as it stands: the API names what is wrong with it.
fn request(args: &SubmitArgs) -> anyhow::Result<Value> {
    if let Some(file) = &args.file {
        let text = read(file)?;
        let name = file.display();
        return serde_json::from_str(&text).with_context(|| format!("--file {name} is not JSON"));
    }
    let instructions = args
        .request
        .instructions_file
        .as_deref()
        .map(read)
        .transpose()?;
    let request = args.request.clone().into_request(instructions);
    Ok(serde_json::to_value(request)?)
}

pub(super) fn read(file: &Path) -> anyhow::Result<String> {
    if file == Path::new("-") {
        let mut text = String::new();
        io::stdin()
            .read_to_string(&mut text)
            .context("failed to read standard input")?;
        return Ok(text);
    }
    fs::read_to_string(file).with_context(|| format!("failed to read {}", file.display()))
}
