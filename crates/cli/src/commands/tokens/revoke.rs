//! `baton tokens revoke`.

use super::direct;
use crate::{args::RevokeTokenArgs, client::Client, exit::Exit, output};

pub(super) async fn run(args: RevokeTokenArgs) -> anyhow::Result<Exit> {
    let token = if args.direct.direct {
        let store = direct::store(&args.direct.store).await?;
        direct::revoke(&store, args.id).await?
    } else {
        Client::new(&args.client)?.revoke_token(args.id).await?
    };
    if args.client.json {
        output::print_json(&token)?;
    } else {
        let name = &token.name;
        output::print(&format!("the token {} of '{name}' is revoked", token.id))?;
    }
    Ok(Exit::Done)
}
