//! `baton runs cancel`.

use super::follow;
use crate::{args::CancelArgs, client::Client, exit::Exit, output};

pub(super) async fn run(args: CancelArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&args.client)?;
    let answer = client.control(args.run, "cancel", args.note).await?;
    if args.follow {
        let ended = follow::to_the_end(&client, args.run, 0, args.client.json).await?;
        // That it was cancelled is what was wanted.
        return Ok(if ended == Exit::Cancelled {
            Exit::Done
        } else {
            ended
        });
    }
    if args.client.json {
        output::print_json(&answer)?;
    } else {
        output::print("the run is told to end")?;
    }
    Ok(Exit::Done)
}
