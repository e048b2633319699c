//! `baton runs redrive`.

use super::follow;
use crate::{args::RedriveArgs, client::Client, exit::Exit, output};

pub(super) async fn run(args: RedriveArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&args.client)?;
    let before = client.run(args.run).await?;
    let answer = client.control(args.run, "redrive", args.note).await?;
    if args.follow {
        follow::moved_past(&client, args.run, before.position).await?;
        return follow::to_the_end(&client, args.run, before.position, args.client.json).await;
    }
    if args.client.json {
        output::print_json(&answer)?;
    } else {
        output::print("the run is tried again")?;
    }
    Ok(Exit::Done)
}
