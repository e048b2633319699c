//! The name that a worker connects by: its id and its token's, so that the broker's own list of
//! connections says which of them are to be ended with a token.

use baton_domain::WorkerId;
use uuid::Uuid;

/// `<worker>/<token id>`; only the worker where the token is of no form that is known, which
/// nobody will let in.
#[must_use]
pub fn worker_login(worker: &WorkerId, token: &str) -> String {
    // baton_worker_<id>_<secret>
    let id = token
        .rsplit_once('_')
        .and_then(|(rest, _)| rest.rsplit_once('_'));
    match id.and_then(|(_, id)| Uuid::try_parse(id).ok()) {
        Some(id) => format!("{worker}/{}", id.simple()),
        None => worker.to_string(),
    }
}

/// The worker and the token that a login names.
#[must_use]
pub fn parse_worker_login(login: &str) -> Option<(WorkerId, Uuid)> {
    let (worker, token) = login.split_once('/')?;
    Some((worker.parse().ok()?, Uuid::try_parse(token).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_names_worker_and_token_and_not_the_secret() {
        let worker: WorkerId = "w1".parse().unwrap();
        let id = Uuid::from_u128(7);
        let secret = "ab".repeat(32);
        let login = worker_login(&worker, &format!("baton_worker_{}_{secret}", id.simple()));
        assert!(!login.contains(&secret), "{login}");
        assert_eq!(parse_worker_login(&login), Some((worker.clone(), id)));
        assert_eq!(worker_login(&worker, "guessed"), "w1");
        for bad in ["w1", "w1/", "/", "W 1/00000000000000000000000000000007"] {
            assert_eq!(parse_worker_login(bad), None, "{bad}");
        }
    }
}
