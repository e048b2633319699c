//! `baton runs artifacts`.

use anyhow::{Context, bail};
use baton_wire::http::ArtifactInfo;
use futures::StreamExt;

use crate::{
    args::ArtifactsArgs,
    client::Client,
    exit::Exit,
    output::{self, Target, table::table, words},
};

pub(super) async fn run(args: ArtifactsArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&args.client)?;
    let files = client.artifacts(args.run).await?;
    if args.get.is_some() {
        let file = pick(&files, &args)?;
        get(&client, &args, file).await?;
    } else if args.client.json {
        output::print_json(&files)?;
    } else {
        output::print(&as_table(&files))?;
    }
    Ok(Exit::Done)
}

/// The file of that name, of the attempt named or the last that has it.
fn pick<'a>(files: &'a [ArtifactInfo], args: &ArtifactsArgs) -> anyhow::Result<&'a ArtifactInfo> {
    let name = args.get.as_deref().unwrap_or_default();
    let found = files
        .iter()
        .filter(|file| file.name == name)
        .filter(|file| args.attempt.is_none_or(|attempt| file.attempt == attempt))
        .max_by_key(|file| file.attempt);
    match found {
        Some(file) => Ok(file),
        None => {
            let names: Vec<&str> = files.iter().map(|file| file.name.as_str()).collect();
            let left = if names.is_empty() {
                "nothing so far".to_owned()
            } else {
                names.join(", ")
            };
            bail!("the run left no file '{name}'; it left: {left}")
        }
    }
}

async fn get(client: &Client, args: &ArtifactsArgs, file: &ArtifactInfo) -> anyhow::Result<()> {
    let mut body = client.artifact(args.run, file).await?.bytes_stream();
    let mut target = Target::open(args.output.as_deref())?;
    while let Some(chunk) = body.next().await {
        target.write(&chunk.context("the download broke off")?)?;
    }
    target.finish()
}

fn as_table(files: &[ArtifactInfo]) -> String {
    let row = |file: &ArtifactInfo| {
        vec![
            file.attempt.to_string(),
            file.name.clone(),
            words::size(file.size),
            file.content_type.clone(),
            file.sha256.get(..12).unwrap_or(&file.sha256).to_owned(),
        ]
    };
    let rows: Vec<Vec<String>> = files.iter().map(row).collect();
    table(&["ATTEMPT", "NAME", "SIZE", "TYPE", "SHA256"], &rows)
}
