//! Git's credential for repositories of the host where the worker has a token. It is told in the
//! environment of that git alone: arguments can be read by everybody on the machine, and what is in
//! an address ends up in settings and messages.

use std::ffi::OsString;

use baton_domain::spec::Repository;
use reqwest::Url;

use super::Git;
use crate::{options::GitHubOptions, publish::web_host};

/// Holds the token; named here and in the helper's own words below.
const PASSWORD: &str = "BATON_GIT_PASSWORD";
/// Asked last, after those of the user's own settings. Git runs it with `get` as its argument.
const HELPER: &str = r#"!f() { test "$1" = get && echo username=x-access-token && echo "password=$BATON_GIT_PASSWORD"; }; f"#;

impl Git {
    /// The same, which can log in to the repository's host if the worker has a token for it.
    pub(crate) fn trusted(&self, options: &GitHubOptions, repository: &Repository) -> Self {
        let Some((place, token)) = login(options, repository) else {
            return self.clone();
        };
        self.with([
            ("GIT_CONFIG_COUNT", "1".into()),
            (
                "GIT_CONFIG_KEY_0",
                OsString::from(format!("credential.{place}.helper")),
            ),
            ("GIT_CONFIG_VALUE_0", HELPER.into()),
            (PASSWORD, token.into()),
        ])
    }
}

/// For which addresses the token is, and the token. A token that is for HTTPS is not sent without.
fn login<'a>(options: &'a GitHubOptions, repository: &Repository) -> Option<(String, &'a str)> {
    let token = options.token.as_deref()?;
    let url = Url::parse(repository.as_str()).ok()?;
    let api = Url::parse(&options.api_url).ok()?;
    let web = matches!(url.scheme(), "https" | "http") && url.scheme() == api.scheme();
    let same = url
        .host_str()?
        .eq_ignore_ascii_case(&web_host(&options.api_url)?);
    let origin = url.origin().ascii_serialization();
    (web && same).then_some((origin, token))
}

#[cfg(test)]
mod tests {
    use super::*;

    // W-10
    #[test]
    fn the_token_is_for_its_own_host_alone() {
        let place = |api_url: &str, repository: &str| {
            let options = GitHubOptions {
                api_url: api_url.to_owned(),
                token: Some("secret".to_owned()),
                ..GitHubOptions::default()
            };
            login(&options, &Repository::parse(repository).unwrap()).map(|(place, _)| place)
        };
        let public = "https://api.github.com";
        assert_eq!(
            place(public, "https://github.com/a/b").as_deref(),
            Some("https://github.com")
        );
        assert_eq!(
            place(
                "https://git.example.org/api/v3",
                "https://git.example.org:8443/a/b"
            )
            .as_deref(),
            Some("https://git.example.org:8443")
        );
        for other in [
            "http://github.com/a/b",
            "https://github.com.example.org/a/b",
            "https://example.org/a/b",
            "git@github.com:a/b",
            "/srv/github.com/a",
        ] {
            assert_eq!(place(public, other), None, "{other}");
        }
    }
}
