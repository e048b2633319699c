//! Who may ask in `baton dev`: the developer everything, without a token, since nobody else can
//! reach it; the API what its database role may; the worker what its own token allows.

use std::{fs, io::Write, os::unix::fs::OpenOptionsExt, path::Path};

use anyhow::Context;
use baton_api::DefaultIdentity;
use baton_domain::{Clock as _, Role, SystemClock, TokenKind, WorkerId};
use baton_store::{
    DatabaseRole, Store,
    accounts::{self, Verdict},
};
use baton_worker::WorkerToken;

use crate::commands::tokens;

/// The API's database role.
const API_ROLE: &str = "baton_api";

/// The operator of one's own machine.
pub(super) fn developer() -> anyhow::Result<DefaultIdentity> {
    Ok(DefaultIdentity {
        name: "developer".to_owned().try_into()?,
        role: Role::Admin,
    })
}

/// Makes the API's database role, with a new password at every start; gives both.
pub(super) async fn api_role(owner: &Store) -> anyhow::Result<(DatabaseRole, String)> {
    let role: DatabaseRole = API_ROLE.parse()?;
    let password = accounts::random_password()?;
    owner.set_role(&role, &password).await?;
    owner.grant_api(&role).await?;
    Ok((role, password))
}

/// The worker's token: the one kept in this file while it is good, otherwise a new one.
pub(super) async fn worker_token(
    owner: &Store,
    worker: &WorkerId,
    file: &Path,
) -> anyhow::Result<WorkerToken> {
    if let Ok(kept) = fs::read_to_string(file) {
        let now = SystemClock.now();
        let verdict = accounts::check(owner, TokenKind::Worker, kept.trim(), now).await?;
        if matches!(verdict, Verdict::Good(_)) {
            return Ok(WorkerToken::new(kept.trim().to_owned()));
        }
    }
    let token = tokens::dev_worker(owner, worker).await?;
    keep(file, &token).with_context(|| format!("failed to write {}", file.display()))?;
    Ok(WorkerToken::new(token))
}

fn keep(file: &Path, token: &str) -> std::io::Result<()> {
    let mut options = fs::File::options();
    let options = options.create(true).truncate(true).write(true).mode(0o600);
    options.open(file)?.write_all(token.as_bytes())
}
