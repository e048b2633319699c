//! `baton leases …`.

use crate::{
    args::{LeasesCommand, ReleaseArgs},
    client::Client,
    exit::Exit,
    output,
};

pub(super) async fn run(command: LeasesCommand) -> anyhow::Result<Exit> {
    match command {
        LeasesCommand::Release(args) => release(args).await,
    }
}

async fn release(args: ReleaseArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&args.client)?;
    let wish = client.control(args.run, "release_lease", Some(args.note));
    let answer = wish.await?;
    if args.client.json {
        output::print_json(&answer)?;
    } else {
        output::print("the supervisor takes the run away from its worker and offers it again")?;
    }
    Ok(Exit::Done)
}
