//! `baton migrate`.

use super::connect;
use crate::{args::StoreArgs, exit::Exit, output};

pub(super) async fn run(args: StoreArgs) -> anyhow::Result<Exit> {
    let store = connect::writer(&args, "migrate")?;
    let before = store.schema_version().await?;
    store.migrate().await?;
    let after = store.schema_version().await?;
    output::print(&if before.found == after.found {
        format!("the schema is up to date: version {}", after.found)
    } else {
        format!("the schema is now version {}", after.found)
    })?;
    store.close().await;
    Ok(Exit::Done)
}
