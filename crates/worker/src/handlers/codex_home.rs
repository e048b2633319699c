//! A run's own `CODEX_HOME`: made from the worker's login, checked, and rid of the login when the
//! run is over.

use std::{
    ffi::{OsStr, OsString},
    fs, io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

use baton_terminal::Exit;

use crate::{
    environment::{self, Environment},
    options::CodexLogin,
    process::{self, ProgramError, Sinks, Spec},
    text,
};

/// How long Codex may take to say who is logged in.
const PATIENCE: Duration = Duration::from_secs(30);
const LOGIN: &str = "auth.json";
const SETTINGS: &str = "config.toml";
const TEMPORARY: &str = "temporary";

/// Why Codex cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginProblem {
    #[error("there is no program '{}': install the Codex CLI on the worker (npm install -g @openai/codex), or set its path", .0.display())]
    Missing(PathBuf),
    #[error("codex is not logged in: run 'codex login' with CODEX_HOME={}, or give the worker an API key; codex says: {said}", home.display())]
    NotLoggedIn { home: PathBuf, said: String },
    #[error("codex cannot be asked whether it is logged in: {0}")]
    Broken(String),
    #[error(
        "codex's sandbox does not work on this machine; allow user namespaces (docs/agents.md says how), or, if the worker is a sandbox itself, set BATON_WORKER_CODEX_SANDBOX=bypass; codex says: {0}"
    )]
    NoSandbox(String),
}

/// The program with the environment to ask it in.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) program: &'a Path,
    pub(crate) environment: &'a Environment,
}

/// What Codex sees besides `given` with this home. It keeps its helpers in its home, but never below
/// the folder for temporary files, and some sandboxes do not work without them: where the home lies
/// there, that folder is another one.
pub(crate) fn variables(home: &Path, given: &Environment) -> Environment {
    let mut variables = vec![("CODEX_HOME".into(), home.into())];
    let temporary = environment::get(given, "TMPDIR").filter(|folder| !folder.is_empty());
    if home.starts_with(temporary.unwrap_or(OsStr::new("/tmp"))) {
        variables.push(("TMPDIR".into(), home.join(TEMPORARY).into()));
    }
    variables
}

/// Makes the home and logs it in.
pub(crate) async fn prepare(
    codex: &Asked<'_>,
    login: &CodexLogin,
    home: &Path,
) -> Result<(), LoginProblem> {
    let broken = |error: io::Error| LoginProblem::Broken(error.to_string());
    fs::create_dir_all(home.join(TEMPORARY)).map_err(broken)?;
    match login {
        CodexLogin::Home(from) => {
            copy(&from.join(SETTINGS), &home.join(SETTINGS)).map_err(broken)?;
            copy(&from.join(LOGIN), &home.join(LOGIN)).map_err(broken)?;
            check_login(codex, home)
                .await
                .map_err(|problem| naming(problem, from))
        }
        CodexLogin::ApiKey(key) => {
            let words = ["login", "--with-api-key"];
            ask(codex, Some(home), &words, Some(key.as_bytes())).await?;
            check_login(codex, home).await
        }
    }
}

/// Takes the login away.
pub(crate) fn forget(home: &Path) {
    // Without one, there is nothing to take.
    let _ = fs::remove_file(home.join(LOGIN));
}

/// Asks Codex whether the home is logged in.
pub(crate) async fn check_login(codex: &Asked<'_>, home: &Path) -> Result<(), LoginProblem> {
    let answer = ask(codex, Some(home), &["login", "status"], None).await?;
    if answer.good {
        return Ok(());
    }
    Err(LoginProblem::NotLoggedIn {
        home: home.to_owned(),
        said: answer.said,
    })
}

/// What `codex --version` prints.
pub(crate) async fn program_version(codex: &Asked<'_>) -> Result<String, LoginProblem> {
    let answer = ask(codex, None, &["--version"], None).await?;
    if answer.good {
        Ok(answer.said)
    } else {
        Err(LoginProblem::Broken(answer.said))
    }
}

/// Tries the sandbox that Codex runs its commands in, with a home of its own.
pub(crate) async fn check_sandbox(codex: &Asked<'_>, home: &Path) -> Result<(), LoginProblem> {
    fs::create_dir_all(home.join(TEMPORARY))
        .map_err(|error| LoginProblem::Broken(error.to_string()))?;
    let answer = ask(codex, Some(home), &["sandbox", "--", "true"], None).await?;
    if answer.good {
        Ok(())
    } else {
        Err(LoginProblem::NoSandbox(answer.said))
    }
}

/// The home that a person can mend is the one that the login is copied from.
fn naming(problem: LoginProblem, from: &Path) -> LoginProblem {
    match problem {
        LoginProblem::NotLoggedIn { said, .. } => LoginProblem::NotLoggedIn {
            home: from.to_owned(),
            said,
        },
        other => other,
    }
}

/// Copies a file that may not be there; only the worker's user may read the copy.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let bytes = match fs::read(from) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        read => read?,
    };
    let mut options = fs::OpenOptions::new();
    let mut file = options.write(true).create_new(true).mode(0o600).open(to)?;
    io::Write::write_all(&mut file, &bytes)
}

struct Answer {
    good: bool,
    said: String,
}

async fn ask(
    codex: &Asked<'_>,
    home: Option<&Path>,
    words: &[&str],
    input: Option<&[u8]>,
) -> Result<Answer, LoginProblem> {
    let arguments: Vec<OsString> = words.iter().map(OsString::from).collect();
    let mut environment = codex.environment.clone();
    if let Some(home) = home {
        environment.extend(variables(home, codex.environment));
    }
    let spec = Spec {
        program: codex.program,
        arguments: &arguments,
        folder: Path::new("/"),
        environment: &environment,
        mark: None,
        input,
        timeout: PATIENCE,
        stop: None,
    };
    let mut heard = Heard::default();
    match process::run(spec, &mut heard).await {
        Ok(finished) => Ok(Answer {
            good: finished.exit == Exit::Code(0),
            said: heard.text(),
        }),
        Err(ProgramError::Missing(program)) => Err(LoginProblem::Missing(program)),
        Err(error) => Err(LoginProblem::Broken(error.to_string())),
    }
}

#[derive(Default)]
struct Heard(Vec<u8>);

impl Heard {
    /// The last line that is no warning about the place of the home.
    fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.0);
        let line = text
            .lines()
            .map(str::trim)
            .rfind(|line| !line.is_empty() && !line.starts_with("WARNING"));
        text::head(line.unwrap_or_default(), 300)
    }
}

impl Sinks for Heard {
    fn stdout(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn stderr(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_home_among_temporary_files_gets_another_place_for_those() {
        let names = |home: &str, given: &[(&str, &str)]| {
            let given = given
                .iter()
                .map(|(name, value)| (name.into(), value.into()));
            let variables = variables(Path::new(home), &given.collect());
            let names = variables.into_iter().map(|(name, _)| name);
            names.filter_map(|name| name.into_string().ok()).collect()
        };
        let cases: [(&str, &[_], &[_]); 5] = [
            ("/var/lib/baton/.codex", &[], &["CODEX_HOME"]),
            ("/tmp/state/.codex", &[], &["CODEX_HOME", "TMPDIR"]),
            (
                "/tmp/state/.codex",
                &[("TMPDIR", "")],
                &["CODEX_HOME", "TMPDIR"],
            ),
            (
                "/tmp/state/.codex",
                &[("TMPDIR", "/scratch")],
                &["CODEX_HOME"],
            ),
            (
                "/scratch/.codex",
                &[("TMPDIR", "/scratch")],
                &["CODEX_HOME", "TMPDIR"],
            ),
        ];
        for (home, given, expected) in cases {
            let names: Vec<String> = names(home, given);
            assert_eq!(names, expected, "{home} {given:?}");
        }
    }
}
