//! What programs see of the worker's environment. Agents get a short list of names; git gets all
//! but what is Baton's own or would point it at another repository.

use std::{
    collections::BTreeSet,
    ffi::{OsStr, OsString},
};

/// A program's whole environment.
pub(crate) type Environment = Vec<(OsString, OsString)>;

const FOR_AGENTS: &[&str] = &[
    "PATH",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "USER",
    "LOGNAME",
    "SHELL",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "NODE_EXTRA_CA_CERTS",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// Names that tell git which repository it is in, or where its settings are: a git that the
/// worker starts is told so by its arguments.
const NOT_FOR_GIT: &[&str] = &[
    "DATABASE_URL",
    "NATS_URL",
    "OPENAI_API_KEY",
    "CODEX_API_KEY",
    "ANTHROPIC_API_KEY",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_CONFIG_PARAMETERS",
    "GIT_CONFIG_COUNT",
    "GIT_EXTERNAL_DIFF",
    "GIT_DIFF_OPTS",
];

/// The part for agents: the usual names, `LC_*`, and what the settings name.
pub(crate) fn for_agent(all: &[(OsString, OsString)], besides: &BTreeSet<String>) -> Environment {
    let wanted = |name: &str| {
        FOR_AGENTS.contains(&name) || name.starts_with("LC_") || besides.contains(name)
    };
    pick(all, |name| wanted(name) && !is_ours(name))
}

/// The part for git: ssh agents and credential helpers need much of it.
pub(crate) fn for_git(all: &[(OsString, OsString)]) -> Environment {
    pick(all, |name| !is_ours(name) && !NOT_FOR_GIT.contains(&name))
}

fn is_ours(name: &str) -> bool {
    name.starts_with("BATON_")
}

fn pick(all: &[(OsString, OsString)], wanted: impl Fn(&str) -> bool) -> Environment {
    all.iter()
        .filter(|(name, _)| name.to_str().is_some_and(&wanted))
        .cloned()
        .collect()
}

/// A variable's value.
pub(crate) fn get<'a>(environment: &'a [(OsString, OsString)], name: &str) -> Option<&'a OsStr> {
    environment
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_os_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Environment {
        [
            ("PATH", "/bin"),
            ("LC_ALL", "C"),
            ("BATON_DATABASE_URL", "postgres://secret"),
            ("OPENAI_API_KEY", "sk-secret"),
            ("SSH_AUTH_SOCK", "/run/agent"),
            ("GOPATH", "/go"),
        ]
        .map(|(name, value)| (name.into(), value.into()))
        .to_vec()
    }

    fn names(environment: &Environment) -> Vec<&str> {
        environment.iter().filter_map(|(n, _)| n.to_str()).collect()
    }

    #[test]
    fn agents_get_the_usual_names_and_what_the_settings_add_but_nothing_of_ours() {
        let besides = ["GOPATH", "BATON_DATABASE_URL"].map(str::to_owned).into();
        assert_eq!(
            names(&for_agent(&all(), &besides)),
            ["PATH", "LC_ALL", "GOPATH"]
        );
    }

    #[test]
    fn git_gets_no_secrets_of_ours() {
        assert_eq!(
            names(&for_git(&all())),
            ["PATH", "LC_ALL", "SSH_AUTH_SOCK", "GOPATH"]
        );
    }
}
