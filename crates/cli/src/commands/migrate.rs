//! `baton migrate`.

use anyhow::ensure;
use baton_store::{DatabaseRole, Store};

use super::connect;
use crate::{args::MigrateArgs, config, exit::Exit, output};

pub(super) async fn run(args: MigrateArgs) -> anyhow::Result<Exit> {
    let store = connect::writer(&args.store, "migrate")?;
    let before = store.schema_version().await?;
    store.migrate().await?;
    let after = store.schema_version().await?;
    output::print(&if before.found == after.found {
        format!("the schema is up to date: version {}", after.found)
    } else {
        format!("the schema is now version {}", after.found)
    })?;
    if let Some(role) = &args.api_role {
        grant(&store, role, &args).await?;
        output::print(&format!(
            "the role {role} may read everything and keep tokens, and write no run"
        ))?;
    }
    store.close().await;
    Ok(Exit::Done)
}

async fn grant(store: &Store, role: &DatabaseRole, args: &MigrateArgs) -> anyhow::Result<()> {
    if let Some(file) = args.api_role_password_file.as_deref() {
        const NAME: &str = "--api-role-password-file (BATON_DATABASE_API_ROLE_PASSWORD_FILE)";
        store
            .set_role(role, &config::secret_file(NAME, file)?)
            .await?;
    }
    ensure!(
        store.has_role(role).await?,
        "--api-role (BATON_DATABASE_API_ROLE): there is no role '{role}': make it with CREATE ROLE \
         {role} LOGIN PASSWORD '…', or give --api-role-password-file"
    );
    Ok(store.grant_api(role).await?)
}
