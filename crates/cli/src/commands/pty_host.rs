//! `baton pty-host`: the process that an agent lives in. A worker starts it; nobody else has to.

use crate::exit::Exit;

pub(super) async fn run() -> anyhow::Result<Exit> {
    baton_terminal::serve().await?;
    Ok(Exit::Done)
}
