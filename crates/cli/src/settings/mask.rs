//! Values as they may be shown: what is secret in them is left out.

/// Instead of a secret.
const MASK: &str = "****";
/// A name with one of these words is a secret's, unless it names a file or a folder.
const SECRET_WORDS: [&str; 10] = [
    "token",
    "secret",
    "password",
    "passwd",
    "sslpassword",
    "passphrase",
    "key",
    "keys",
    "apikey",
    "seed",
];
/// Of these, a user without a password is no secret.
const PLAIN_USERS: [&str; 3] = ["postgres", "postgresql", "ssh"];

/// Whether what has this name is a secret as a whole.
pub(crate) fn is_secret(name: &str) -> bool {
    let name = name.to_lowercase();
    let words: Vec<&str> = name.split(|c: char| !c.is_ascii_alphanumeric()).collect();
    let is_place = words
        .last()
        .is_some_and(|last| ["file", "dir"].contains(last));
    !is_place && words.iter().any(|word| SECRET_WORDS.contains(word))
}

/// The value of what has this name, for eyes that must not see secrets.
pub(crate) fn masked(name: &str, value: &str) -> String {
    if is_secret(name) && !value.is_empty() {
        return MASK.to_owned();
    }
    let lines: Vec<String> = value.split('\n').map(line).collect();
    lines.join("\n")
}

fn line(text: &str) -> String {
    if let Some((key, value)) = text.split_once('=')
        && !key.contains("://")
        && is_secret(key)
        && !value.is_empty()
    {
        return format!("{key}={MASK}");
    }
    let words: Vec<String> = text.split(' ').map(url).collect();
    words.join(" ")
}

/// A word without the password and the secret parameters of the URL that it may be. It errs on
/// the dark side: a password may hold any character that ends it in a well-formed URL.
fn url(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else {
        return word.to_owned();
    };
    let rest = match rest.rsplit_once('@') {
        None => rest.to_owned(),
        Some((login, host)) => format!("{}@{host}", user(scheme, login)),
    };
    format!("{scheme}://{}", parameters(&rest))
}

fn user(scheme: &str, login: &str) -> String {
    match login.split_once(':') {
        Some((user, _)) => format!("{user}:{MASK}"),
        None if PLAIN_USERS.contains(&scheme) => login.to_owned(),
        None => MASK.to_owned(),
    }
}

fn parameters(text: &str) -> String {
    let Some((path, query)) = text.split_once('?') else {
        return text.to_owned();
    };
    let shown = query
        .split('&')
        .map(|parameter| match parameter.split_once('=') {
            Some((name, _)) if is_secret(name) => format!("{name}={MASK}"),
            _ => parameter.to_owned(),
        });
    format!("{path}?{}", shown.collect::<Vec<_>>().join("&"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    // W-07
    #[test]
    fn what_is_secret_is_left_out_and_the_rest_stays() {
        let table = [
            ("BATON_TOKEN", "baton_operator_1_x", "****"),
            ("BATON_TOKEN_FILE", "/run/token", "/run/token"),
            (
                "BATON_DATABASE_URL",
                "postgres://u:p@h:1/d",
                "postgres://u:****@h:1/d",
            ),
            ("BATON_DATABASE_URL", "postgres://u@h/d", "postgres://u@h/d"),
            (
                "BATON_DATABASE_URL",
                "postgres://u:p/q@w?x@h/d",
                "postgres://u:****@h/d",
            ),
            (
                "BATON_DATABASE_URL",
                "postgres://h/d?user=u&password=p&sslmode=require",
                "postgres://h/d?user=u&password=****&sslmode=require",
            ),
            (
                "BATON_NATS_URL",
                "nats://secret@h:4222",
                "nats://****@h:4222",
            ),
            (
                "BATON_WORKER_CODEX_CONFIG",
                "model=\"m\"\nx.api_key=\"s\"",
                "model=\"m\"\nx.api_key=****",
            ),
            ("BATON_WORKER_SLOTS", "2", "2"),
        ];
        for (name, value, shown) in table {
            assert_eq!(masked(name, value), shown, "{name}={value}");
        }
    }

    proptest! {
        #[test]
        fn no_password_of_a_url_is_ever_shown(password in "[!-~]{8,40}") {
            prop_assume!(!"nats://user:****@host:4222".contains(&password));
            let url = format!("nats://user:{password}@host:4222");
            prop_assert!(!masked("BATON_NATS_URL", &url).contains(&password));
        }
    }
}
