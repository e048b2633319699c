//! `baton replay`: what a run's terminal has shown, played or saved.

mod cast;
mod play;

use anyhow::{Context, bail};
use futures::StreamExt as _;

use crate::{
    args::ReplayArgs,
    attach::{self, Tty},
    client::Client,
    exit::Exit,
    output::Target,
};

pub(super) async fn run(args: ReplayArgs) -> anyhow::Result<Exit> {
    if args.output.is_none() && !attach::is_terminal() {
        bail!(
            "standard input and output are no terminal to play in: \
             run it in one, or save the recording with --output FILE"
        );
    }
    let client = Client::new(&args.client)?;
    let response = client
        .recording(args.run, args.attempt, args.terminal)
        .await?;
    let mut body = response.bytes_stream();
    if let Some(path) = args.output.as_deref() {
        let mut target = Target::open(Some(path))?;
        while let Some(chunk) = body.next().await {
            target.write(&chunk.context("the download broke off")?)?;
        }
        target.finish()?;
        return Ok(Exit::Done);
    }
    let mut bytes = Vec::new();
    while let Some(chunk) = body.next().await {
        bytes.extend_from_slice(&chunk.context("the download broke off")?);
    }
    let cast = cast::read(&String::from_utf8_lossy(&bytes), args.idle_limit())
        .context("failed to read the recording")?;
    let tty = Tty::enter().context("failed to take over the terminal")?;
    play::play(&tty, &cast, args.speed, &args.run.to_string()).await?;
    Ok(Exit::Done)
}
