//! `baton tokens …`: by the API, or by the database itself for the first token.

mod create;
mod direct;
mod list;
mod revoke;
mod set_role;

use baton_wire::http::TokenInfo;

use crate::{args::TokensCommand, exit::Exit};

pub(super) use self::create::dev_worker;

pub(super) async fn run(command: TokensCommand) -> anyhow::Result<Exit> {
    match command {
        TokensCommand::Create(args) => create::run(args).await,
        TokensCommand::List(args) => list::run(args).await,
        TokensCommand::SetRole(args) => set_role::run(args).await,
        TokensCommand::Revoke(args) => revoke::run(args).await,
    }
}

/// What a token allows, in words.
fn allows(token: &TokenInfo) -> String {
    let mut words = match (&token.role, &token.worker) {
        (Some(role), _) => role.clone(),
        (None, Some(worker)) => format!("worker {worker}"),
        (None, None) => token.kind.clone(),
    };
    for (name, list) in [
        ("pools", &token.pools),
        ("types", &token.run_types),
        ("repositories", &token.repositories),
    ] {
        if !list.is_empty() {
            words.push_str(&format!(", {name} {}", list.join(" ")));
        }
    }
    words
}
