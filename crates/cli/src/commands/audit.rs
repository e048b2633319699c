//! `baton audit …`.

mod show;
mod verify;

use baton_domain::RunId;
use baton_wire::http::{InputHead, InputRecord};

use crate::{
    args::AuditCommand,
    client::{Client, ClientError},
    exit::Exit,
};

pub(super) async fn run(command: AuditCommand) -> anyhow::Result<Exit> {
    match command {
        AuditCommand::Verify(args) => verify::run(args).await,
        AuditCommand::Show(args) => show::run(args).await,
    }
}

/// Everything that was typed into a run, and where its chains have to end.
struct Typed {
    records: Vec<InputRecord>,
    heads: Vec<InputHead>,
}

/// Reads every page. The heads are those of the first one: records that come meanwhile are more
/// than they count, never fewer.
async fn read(client: &Client, run: RunId) -> Result<Typed, ClientError> {
    let mut page = client.inputs(run, None).await?;
    let mut typed = Typed {
        records: std::mem::take(&mut page.inputs),
        heads: std::mem::take(&mut page.heads),
    };
    while page.has_more && page.next_after.is_some() {
        page = client.inputs(run, page.next_after.as_deref()).await?;
        typed.records.append(&mut page.inputs);
    }
    Ok(typed)
}
