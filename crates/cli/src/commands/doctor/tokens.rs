//! The tokens that are named, as the API knows them.

use baton_wire::http::Me;
use chrono::{DateTime, TimeDelta, Utc};

use super::{Finding, Standing};
use crate::client::{Client, ClientError};

/// How long before its end a token is worth a word.
const SOON: TimeDelta = TimeDelta::days(7);

/// Whether a token is good, and for what.
pub(super) async fn look(
    name: &'static str,
    kind: &str,
    url: &str,
    token: String,
    now: DateTime<Utc>,
) -> Finding {
    let asked = match Client::at(url, Some(token)) {
        Ok(client) => client.me().await,
        Err(error) => return bad(name, format!("{error:#}"), "mend BATON_API_URL"),
    };
    match asked {
        Ok(me) => judge(name, kind, &me, now),
        Err(error @ ClientError::Unreachable { .. }) => {
            let fix = "start the API, or mend BATON_API_URL";
            Finding::bad(name, Standing::Lacking, error.to_string(), fix)
        }
        Err(error) => bad(name, error.to_string(), "baton tokens create makes another"),
    }
}

fn judge(name: &'static str, kind: &str, me: &Me, now: DateTime<Utc>) -> Finding {
    let role = me.role.as_deref().unwrap_or(&me.kind);
    if me.by == "default" {
        return Finding::good(name, "this API asks nobody for one");
    }
    if me.kind != kind {
        let found = format!("'{}' is a token for a {}", me.name, me.kind);
        let fix = format!("name a token for a {kind}: baton tokens create --help");
        return bad(name, found, fix);
    }
    match me.expires_at {
        Some(end) if end - now < SOON => {
            let found = format!("'{}' ({role}) is good until {end:.0} only", me.name);
            let fix = "baton tokens create makes another";
            Finding::bad(name, Standing::Lacking, found, fix)
        }
        Some(end) => Finding::good(name, format!("'{}' ({role}), until {end:.0}", me.name)),
        None => Finding::good(name, format!("'{}' ({role})", me.name)),
    }
}

fn bad(name: &'static str, found: String, fix: impl Into<String>) -> Finding {
    Finding::bad(name, Standing::Missing, found, fix)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn me(kind: &str, days: Option<i64>) -> Me {
        Me {
            name: "fleet".to_owned(),
            kind: kind.to_owned(),
            by: "token".to_owned(),
            expires_at: days.map(|days| DateTime::UNIX_EPOCH + TimeDelta::days(days)),
            ..serde_json::from_str(r#"{"name": "", "kind": "", "by": ""}"#).expect("a body")
        }
    }

    #[test]
    fn a_token_of_another_kind_is_told_and_so_is_one_that_ends_soon() {
        let standing = |kind, days| {
            let finding = judge("token", "worker", &me(kind, days), DateTime::UNIX_EPOCH);
            (finding.standing, finding.fix.is_some())
        };
        assert_eq!(standing("worker", None), (Standing::Good, false));
        assert_eq!(standing("worker", Some(30)), (Standing::Good, false));
        assert_eq!(standing("worker", Some(2)), (Standing::Lacking, true));
        assert_eq!(standing("operator", None), (Standing::Missing, true));
    }
}
