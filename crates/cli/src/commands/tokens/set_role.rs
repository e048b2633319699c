//! `baton tokens set-role`.

use crate::{args::SetRoleArgs, client::Client, exit::Exit, output};

pub(super) async fn run(args: SetRoleArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&args.client)?;
    let token = client.set_role(args.id, args.role.as_str()).await?;
    if args.client.json {
        output::print_json(&token)?;
    } else {
        output::print(&format!(
            "the token {} of '{}' has the role {}",
            token.id, token.name, args.role
        ))?;
    }
    Ok(Exit::Done)
}
