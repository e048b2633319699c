//! `baton tokens list`.

use baton_domain::{Clock as _, SystemClock};
use baton_wire::http::TokenInfo;
use chrono::{DateTime, Utc};

use super::{allows, direct};
use crate::{
    args::ListTokensArgs,
    client::Client,
    exit::Exit,
    output::{self, table::table, words},
};

pub(super) async fn run(args: ListTokensArgs) -> anyhow::Result<Exit> {
    let mut tokens = if args.direct.direct {
        direct::list(&direct::store(&args.direct.store).await?).await?
    } else {
        Client::new(&args.client)?.tokens().await?
    };
    tokens.retain(|token| args.all || token.state == "good");
    if args.client.json {
        output::print_json(&tokens)?;
        return Ok(Exit::Done);
    }
    if tokens.is_empty() {
        output::tell("no tokens; `baton tokens create` makes one");
        return Ok(Exit::Done);
    }
    let now = SystemClock.now();
    let rows: Vec<Vec<String>> = tokens.iter().map(|token| row(token, now)).collect();
    let heading = ["ID", "NAME", "STATE", "USED", "MADE", "ALLOWS"];
    output::print(&table(&heading, &rows))?;
    Ok(Exit::Done)
}

fn row(token: &TokenInfo, now: DateTime<Utc>) -> Vec<String> {
    let ago = |at: DateTime<Utc>| format!("{} ago", words::age(now - at));
    let used = token.last_used_at.map_or_else(|| "never".to_owned(), ago);
    vec![
        token.id.to_string(),
        token.name.clone(),
        state(token, now),
        used,
        format!("{} by {}", ago(token.created_at), token.created_by),
        allows(token),
    ]
}

/// `good`, `good for 3 d`, `expired 2 h ago`, `revoked 5 min ago by root`.
fn state(token: &TokenInfo, now: DateTime<Utc>) -> String {
    let ago = |at: DateTime<Utc>| words::age(now - at);
    match (&token.revoked_at, &token.revoked_by, token.expires_at) {
        (Some(at), Some(by), _) => format!("revoked {} ago by {by}", ago(*at)),
        (_, _, Some(end)) if end <= now => format!("expired {} ago", ago(end)),
        (_, _, Some(end)) => format!("good for {}", words::age(end - now)),
        _ => token.state.clone(),
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;

    #[test]
    fn a_token_says_how_it_stands_and_who_made_and_ended_it() {
        let now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
        let mut token: TokenInfo = serde_json::from_value(serde_json::json!({
            "id": "0198c5f2-7e7b-7d3a-9c55-1f6b0a4d2e31", "name": "builders", "kind": "worker",
            "worker": "build-*", "pools": ["nightly", "gpu"], "state": "good",
            "createdBy": "root", "createdAt": now - TimeDelta::hours(3),
        }))
        .unwrap();
        assert_eq!(
            row(&token, now)[1..],
            [
                "builders",
                "good",
                "never",
                "3 h ago by root",
                "worker build-*, pools nightly gpu"
            ]
        );
        token.expires_at = Some(now + TimeDelta::days(2));
        assert_eq!(state(&token, now), "good for 2 d");
        token.expires_at = Some(now - TimeDelta::minutes(2));
        assert_eq!(state(&token, now), "expired 2 min ago");
        token.revoked_at = Some(now - TimeDelta::seconds(7));
        token.revoked_by = Some("ada".to_owned());
        assert_eq!(state(&token, now), "revoked 7 s ago by ada");
    }
}
