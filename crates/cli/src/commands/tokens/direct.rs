//! Tokens without an API: whoever owns the database may do everything anyway.

use baton_domain::{Clock as _, SystemClock};
use baton_store::{
    Store,
    accounts::{self, Authority, Deed, NewToken},
};
use baton_wire::http::{NewTokenInfo, TokenInfo};
use uuid::Uuid;

use crate::{args::StoreArgs, commands::connect};

/// The name under which it is recorded.
const BOOTSTRAP: &str = "bootstrap";

/// The most tokens of a page.
const PAGE: u32 = 500;

/// The database, with tables of this version.
pub(super) async fn store(args: &StoreArgs) -> anyhow::Result<Store> {
    let store = connect::writer(args, "tokens")?;
    store.check_schema().await?;
    Ok(store)
}

pub(super) fn deed() -> anyhow::Result<Deed> {
    Ok(Deed {
        by: BOOTSTRAP.to_owned().try_into()?,
        at: SystemClock.now(),
    })
}

pub(super) async fn create(
    store: &Store,
    name: baton_domain::Actor,
    authority: Authority,
    expires_in: Option<chrono::TimeDelta>,
) -> anyhow::Result<NewTokenInfo> {
    let created = deed()?;
    let new = NewToken {
        id: Uuid::now_v7(),
        name,
        authority,
        expires_at: expires_in.map(|time| created.at + time),
        created,
    };
    let (token, text) = accounts::create(store, new).await?;
    let at = token.created.at;
    Ok(NewTokenInfo {
        token: text.reveal().to_owned(),
        info: baton_api::token_info(token, at),
    })
}

pub(super) async fn list(store: &Store) -> anyhow::Result<Vec<TokenInfo>> {
    let now = SystemClock.now();
    let mut tokens: Vec<TokenInfo> = Vec::new();
    loop {
        let last = tokens.last().map(|token| token.id);
        let page = accounts::list(store, last, PAGE).await?;
        if page.is_empty() {
            return Ok(tokens);
        }
        let page = page.into_iter();
        tokens.extend(page.map(|token| baton_api::token_info(token, now)));
    }
}

pub(super) async fn revoke(store: &Store, id: Uuid) -> anyhow::Result<TokenInfo> {
    let deed = deed()?;
    let token = accounts::revoke(store, id, &deed).await?;
    let token = token.ok_or_else(|| anyhow::anyhow!("there is no token '{id}'"))?;
    Ok(baton_api::token_info(token, deed.at))
}
