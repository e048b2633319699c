//! By what names secrets are known, and where they stand in a URL, in a setting and in a login.

use serde_json::Value;

use crate::Secret;

/// Parts of a name that tell of a secret, wherever they stand in it.
const TELLING: &[&str] = &[
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "CREDENTIAL",
    "APIKEY",
    "PGPASS",
];
/// Words that do so only between underscores.
const TELLING_WORDS: &[&str] = &[
    "KEY", "KEYS", "PASS", "PWD", "PAT", "COOKIE", "SEED", "AUTH",
];
/// Last words of names whose value is no secret, whatever stands before.
const HARMLESS_ENDS: &[&str] = &[
    "PATH", "DIR", "URL", "ID", "SOCK", "NAME", "USER", "COMMAND",
];
/// Of URLs with these, a user without a password is no secret.
const PLAIN_USERS: &[&str] = &["postgres", "postgresql", "ssh", "git"];
/// Names of lists of names, and of the folder one is in.
const NO_SECRETS: &[&str] = &["BATON_WORKER_TASK_SECRETS", "PWD", "OLDPWD"];

/// Whether a variable or a field of this name holds a secret.
#[must_use]
pub fn is_telling(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let words: Vec<&str> = name.split('_').collect();
    let harmless = words
        .last()
        .is_some_and(|last| HARMLESS_ENDS.contains(last));
    if harmless || NO_SECRETS.contains(&name.as_str()) {
        return false;
    }
    TELLING.iter().any(|part| name.contains(part))
        || words.iter().any(|word| TELLING_WORDS.contains(word))
}

/// The password in a URL. A user without one can be a token, but for some schemes.
#[must_use]
pub fn password_in_url(url: &str) -> Option<&str> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user, _) = authority.rsplit_once('@')?;
    match user.split_once(':') {
        Some((_, password)) => Some(password),
        None => (!PLAIN_USERS.contains(&scheme)).then_some(user),
    }
}

/// A setting of Codex, `key=value`, whose key tells of a secret.
#[must_use]
pub fn in_setting(line: &str) -> Option<Secret> {
    let (key, value) = line.split_once('=')?;
    let name = key.trim().replace(['.', '-'], "_");
    let value = value.trim().trim_matches(['"', '\'']);
    is_telling(&name).then(|| Secret::new(format!("codex-{name}"), value))
}

/// The tokens of an agent's login, the content of its JSON file: every text under a telling name.
#[must_use]
pub fn in_login(agent: &str, content: &[u8]) -> Vec<Secret> {
    let mut secrets = Vec::new();
    if let Ok(login) = serde_json::from_slice(content) {
        gather(agent, "login", &login, &mut secrets);
    }
    secrets
}

fn gather(agent: &str, name: &str, value: &Value, secrets: &mut Vec<Secret>) {
    match value {
        Value::String(text) if is_telling(name) => {
            secrets.push(Secret::new(format!("{agent}-{name}"), text.as_bytes()));
        }
        Value::Object(fields) => {
            for (name, value) in fields {
                gather(agent, name, value, secrets);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // W-10
    #[test]
    fn names_tell_secrets_from_settings() {
        for name in [
            "GITHUB_TOKEN",
            "NPM_AUTH",
            "PGPASSWORD",
            "AWS_SECRET_ACCESS_KEY",
            "DB_PASS",
            "MYSQL_PWD",
            "openai_api_key",
            "BATON_NATS_CREDENTIALS_SEED",
            "access_token",
        ] {
            assert!(is_telling(name), "{name}");
        }
        for name in [
            "PATH",
            "PWD",
            "OLDPWD",
            "SSH_AUTH_SOCK",
            "AWS_ACCESS_KEY_ID",
            "KEYBOARD",
            "PATIENCE",
            "AUTHOR",
            "BATON_WORKER_TASK_SECRETS",
            "TOKEN_URL",
            "GIT_ASKPASS_PATH",
            "account_id",
        ] {
            assert!(!is_telling(name), "{name}");
        }
    }
}
