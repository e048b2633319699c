//! Texts that mean something, looked at as soon as they are given. What they are is not repeated in
//! a refusal: it may hold a password.

use std::str::FromStr;

use baton_domain::ids::InvalidId;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use reqwest::Url;

/// One of these words: shells complete them, and a refusal lists them.
pub(super) fn one_of<T>(
    words: impl IntoIterator<Item = &'static str>,
) -> impl TypedValueParser<Value = T>
where
    T: FromStr<Err = InvalidId> + Clone + Send + Sync + 'static,
{
    PossibleValuesParser::new(words).try_map(|word| word.parse::<T>())
}

/// One of the words of a choice.
macro_rules! choice {
    ($kind:ty) => {
        $crate::args::checked::one_of::<$kind>(<$kind>::ALL.iter().map(|it| it.as_str()))
    };
}
pub(super) use choice;

/// A broker's address, or several, separated by commas.
pub(super) fn nats_url(text: &str) -> Result<String, String> {
    const WANTED: &str = "it must look like nats://127.0.0.1:4222 (or tls://, ws://, wss://)";
    for server in text.split(',') {
        let server = server.trim();
        // A bare host is taken for nats:// by the client.
        let url = if server.contains("://") {
            server.to_owned()
        } else {
            format!("nats://{server}")
        };
        let url = Url::parse(&url).map_err(|_| WANTED.to_owned())?;
        if !["nats", "tls", "ws", "wss"].contains(&url.scheme()) || !has_host(&url) {
            return Err(WANTED.to_owned());
        }
    }
    Ok(text.to_owned())
}

/// An HTTP server's address.
pub(super) fn http_url(text: &str) -> Result<String, String> {
    const WANTED: &str = "it must look like http://127.0.0.1:7700";
    let url = Url::parse(text).map_err(|_| WANTED.to_owned())?;
    if ["http", "https"].contains(&url.scheme()) && has_host(&url) {
        Ok(text.to_owned())
    } else {
        Err(WANTED.to_owned())
    }
}

fn has_host(url: &Url) -> bool {
    url.host_str().is_some_and(|host| !host.is_empty())
}

/// The name of an environment variable that agents may get.
pub(super) fn variable_name(text: &str) -> Result<String, String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let begins_well = |c: char| c.is_ascii_alphabetic() || c == '_';
    if text.starts_with("BATON_") {
        Err("variables that begin with BATON_ are never passed on".to_owned())
    } else if text.starts_with(begins_well) && text.chars().all(word) {
        Ok(text.to_owned())
    } else {
        Err("give the variable's name alone, such as GOPATH, without its value".to_owned())
    }
}

/// A setting of Codex; an empty line of a variable is none.
pub(super) fn codex_setting(text: &str) -> Result<String, String> {
    let key = text.split_once('=').map(|(key, _)| key.trim());
    if text.trim().is_empty() || key.is_some_and(|key| !key.is_empty()) {
        Ok(text.to_owned())
    } else {
        Err("it must look like key=value, such as model_provider=\"mine\"".to_owned())
    }
}

/// One line of a commit's author.
pub(super) fn author(text: &str) -> Result<String, String> {
    let unfit = |c: char| c.is_control() || ['<', '>'].contains(&c);
    if text.trim().is_empty() || text.contains(unfit) {
        Err("git takes one line that is not empty, without '<' and '>'".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

/// A name that a server is called by.
pub(super) fn host(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-_:[]*".contains(c);
    if !text.is_empty() && text.chars().all(fits) {
        Ok(text.to_owned())
    } else {
        Err("give a host such as baton.example.org, without http:// and path".to_owned())
    }
}

/// A host to connect to, without a port.
pub(super) fn plain_host(text: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_alphanumeric() || ".-_".contains(c);
    let is_name = !text.starts_with('-') && !text.is_empty() && text.chars().all(fits);
    if is_name || text.parse::<std::net::Ipv6Addr>().is_ok() {
        Ok(text.to_owned())
    } else {
        Err("give a host such as tmate.example.org, without user and port".to_owned())
    }
}

/// The fingerprint of an SSH key.
pub(super) fn fingerprint(text: &str) -> Result<String, String> {
    let is_digest = |digest: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '+' || c == '/';
        // 32 bytes in base64 without padding.
        digest.len() == 43 && digest.chars().all(fits)
    };
    if text.strip_prefix("SHA256:").is_some_and(is_digest) {
        Ok(text.to_owned())
    } else {
        Err("it must look like SHA256: and 43 characters, as `ssh-keygen -l` prints it".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Check = fn(&str) -> Result<String, String>;

    // W-07
    #[test]
    fn what_cannot_be_meant_is_refused_without_being_repeated() {
        let table: [(Check, &[&str], &[&str]); 8] = [
            (
                nats_url,
                &[
                    "nats://127.0.0.1:4222",
                    "tls://u:p@h",
                    "h:4222",
                    "nats://a,nats://b",
                ],
                &["", "ftp://hunter2", "nats://", "nats://a,http://hunter2"],
            ),
            (
                http_url,
                &["http://127.0.0.1:7700", "https://baton.example.org/below"],
                &["", "hunter2", "localhost:7700", "ftp://hunter2"],
            ),
            (
                variable_name,
                &["GOPATH", "_x1"],
                &["", "A=hunter2", "1A", "BATON_TOKEN"],
            ),
            (
                codex_setting,
                &["a=1", "a.b={c=\"d\"}", ""],
                &["hunter2", "=hunter2"],
            ),
            (
                author,
                &["Baton", "baton@localhost"],
                &["", " ", "a\nhunter2", "a <hunter2>"],
            ),
            (
                host,
                &["baton.example.org", "[::1]:7700"],
                &["", "http://hunter2", "a/hunter2"],
            ),
            (
                plain_host,
                &["tmate.example.org", "10.0.0.7", "::1"],
                &["", "-ohunter2", "hunter2@host", "hunter2:22", "a\"hunter2"],
            ),
            (
                fingerprint,
                &["SHA256:Hthk2T/M/Ivqfk1YYUn5ijC2Att3+UPzD7Rn72P5VWs"],
                &["", "hunter2", "MD5:hunter2", "SHA256:hunter2"],
            ),
        ];
        for (check, good, bad) in table {
            for text in good {
                assert_eq!(check(text).as_deref(), Ok(*text));
            }
            for text in bad {
                let refusal = check(text).unwrap_err();
                assert!(!refusal.contains("hunter2"), "{refusal}");
            }
        }
    }
}
