//! Which secrets a worker knows: what its settings say, what its environment holds under a telling
//! name, and what the files hold that such names point to.

use std::{fs::File, io::Read, path::Path};

use baton_redact::{Secret, in_login, in_setting, is_telling, password_in_url};

use crate::{
    environment::Environment,
    options::{ClaudeLogin, CodexLogin, WorkerOptions},
};

/// The last word of a name whose value is the place of a secret.
const PLACE: &str = "_FILE";
/// The most that is read of a file with a secret, in bytes.
const LARGEST_FILE: u64 = 64 << 10;

/// Everything that is known now; files are read anew each time, since logins are renewed.
pub(crate) fn known(options: &WorkerOptions) -> Vec<Secret> {
    let mut secrets = in_environment(&options.environment);
    let given_out = |name: &str| options.task_secrets.contains(name);
    for (name, value) in texts(&options.environment).filter(|(name, _)| given_out(name)) {
        secrets.push(Secret::new(name, value));
    }
    if let Some(token) = &options.github.token {
        secrets.push(Secret::new("github-token", token.as_bytes()));
    }
    secrets.extend(
        options
            .codex
            .config
            .iter()
            .filter_map(|line| in_setting(line)),
    );
    match &options.codex.login {
        CodexLogin::ApiKey(key) => secrets.push(Secret::new("codex-key", key.as_bytes())),
        CodexLogin::Home(home) => {
            let content = read(&home.join("auth.json")).unwrap_or_default();
            secrets.extend(in_login("codex", &content));
        }
    }
    match &options.claude.login {
        ClaudeLogin::ApiKey(key) => secrets.push(Secret::new("claude-key", key.as_bytes())),
        ClaudeLogin::Home(home) => {
            let content = read(&home.join(".credentials.json")).unwrap_or_default();
            secrets.extend(in_login("claude", &content));
        }
    }
    secrets
}

fn in_environment(environment: &Environment) -> Vec<Secret> {
    let mut secrets = Vec::new();
    for (name, value) in texts(environment) {
        if let Some(of) = name.strip_suffix(PLACE) {
            if is_telling(of) {
                let file = read(Path::new(&value));
                secrets.extend(file.map(|content| Secret::new(name, content)));
            }
        } else if is_telling(name) {
            secrets.push(Secret::new(name, value));
        } else if let Some(password) = password_in_url(&value) {
            secrets.push(Secret::new(name, password));
        }
    }
    secrets
}

fn texts(environment: &Environment) -> impl Iterator<Item = (&str, String)> {
    let named = environment.iter();
    named.filter_map(|(name, value)| Some((name.to_str()?, value.to_string_lossy().into_owned())))
}

/// A file that may not be there; what is too large is no secret.
fn read(path: &Path) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    let file = File::open(path).ok()?;
    // A pipe or a device could be waited for without end.
    let plain = file.metadata().ok()?.is_file();
    let read = plain.then(|| file.take(LARGEST_FILE + 1).read_to_end(&mut content));
    (read?.ok()? as u64 <= LARGEST_FILE).then_some(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    // W-10
    #[test]
    fn secrets_are_found_in_variables_files_urls_and_the_codex_login() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "in-the-file\n").unwrap();
        let login = r#"{"OPENAI_API_KEY": "sk-login", "tokens": {"id_token": "id-login", "account_id": "a"}}"#;
        std::fs::write(folder.path().join("auth.json"), login).unwrap();
        let mut options =
            WorkerOptions::new("w1".parse().unwrap(), folder.path(), "http://127.0.0.1:1");
        options.codex.login = CodexLogin::Home(folder.path().to_owned());
        options.codex.config = ["model=\"m\"", "x.api_key = \"in-a-setting\""]
            .map(str::to_owned)
            .to_vec();
        options.task_secrets = ["PLAIN".to_owned()].into();
        options.environment = [
            ("GITHUB_TOKEN", "in-a-variable"),
            ("BATON_WORKER_TOKEN_FILE", file.to_str().unwrap()),
            ("BATON_DATABASE_URL", "postgres://user:in-a-url@host/db"),
            ("OTHER_URL", "postgres://just-a-user@host/db"),
            ("PROXY", "http://token-user@host"),
            ("PLAIN", "for-tasks"),
            ("LANG", "C"),
        ]
        .map(|(name, value)| (name.into(), value.into()))
        .to_vec();
        let values: Vec<String> = known(&options)
            .into_iter()
            .map(|secret| String::from_utf8(secret.value).unwrap())
            .collect();
        assert_eq!(
            values,
            [
                "in-a-variable",
                "in-the-file\n",
                "in-a-url",
                "token-user",
                "for-tasks",
                "in-a-setting",
                "sk-login",
                "id-login"
            ]
        );
    }
}
