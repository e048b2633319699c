//! `baton runs artifacts`.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use baton_wire::http::ArtifactInfo;
use futures::StreamExt;

use crate::{
    args::ArtifactsArgs,
    client::Client,
    exit::Exit,
    output::{self, table::table, words},
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
            bail!(
                "the run left no file '{name}'; it left: {}",
                names.join(", ")
            )
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

/// Where a download goes. A file appears under its name only when it is whole.
enum Target {
    Stdout,
    File {
        file: File,
        part: PathBuf,
        path: PathBuf,
    },
}

impl Target {
    fn open(path: Option<&Path>) -> anyhow::Result<Self> {
        let Some(path) = path.filter(|path| *path != Path::new("-")) else {
            return Ok(Self::Stdout);
        };
        let mut part = path.as_os_str().to_owned();
        part.push(".part");
        let part = PathBuf::from(part);
        let file =
            File::create(&part).with_context(|| format!("failed to create {}", part.display()))?;
        let path = path.to_owned();
        Ok(Self::File { file, part, path })
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout => io::stdout().lock().write_all(bytes),
            Self::File { file, .. } => file.write_all(bytes),
        }
    }

    fn finish(self) -> anyhow::Result<()> {
        match self {
            Self::Stdout => Ok(io::stdout().lock().flush()?),
            Self::File { file, part, path } => {
                file.sync_all()?;
                fs::rename(&part, &path)
                    .with_context(|| format!("failed to write {}", path.display()))
            }
        }
    }
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
