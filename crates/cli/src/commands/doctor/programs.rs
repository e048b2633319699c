//! Programs that Baton starts.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::process::Command;

use super::{Finding, Standing};
use crate::{args::DoctorArgs, config};

const BOOTSTRAP: &str = "run scripts/bootstrap of Baton's source folder to fetch it";
const OLDEST_NATS: [u32; 3] = [2, 14, 4];
/// No program takes longer to say its version.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

pub(super) async fn all(args: &DoctorArgs) -> Vec<Finding> {
    let mut findings = vec![nats(args).await, postgres(args), git().await];
    findings.extend(codex(args).await);
    findings.extend(claude(args).await);
    findings.push(tmate(args).await);
    findings.push(leash());
    findings
}

async fn nats(args: &DoctorArgs) -> Finding {
    const NAME: &str = "nats-server";
    let missing = |found: String| Finding::bad(NAME, Standing::Missing, found, BOOTSTRAP);
    let program = match config::search().nats_server(args.programs.nats_server_bin.as_deref()) {
        Ok(program) => program,
        Err(error) => return missing(error.to_string()),
    };
    let said = ask(&program, &["--version"], None)
        .await
        .unwrap_or_default();
    let place = program.display();
    match version(&said) {
        Some(version) if version >= OLDEST_NATS => {
            Finding::good(NAME, format!("{} at {place}", dotted(version)))
        }
        Some(version) => missing(format!(
            "{} at {place}, older than {}",
            dotted(version),
            dotted(OLDEST_NATS)
        )),
        None => missing(format!("{place} does not say its version")),
    }
}

fn postgres(args: &DoctorArgs) -> Finding {
    const NAME: &str = "postgres";
    match config::search().postgres(args.programs.postgres_bin_dir.as_deref()) {
        Ok(found) => Finding::good(
            NAME,
            format!("{} at {}", found.major, found.postgres.display()),
        ),
        Err(error) => Finding::bad(
            NAME,
            Standing::Missing,
            error.to_string(),
            "install the package postgresql (15 or later), or name the folder of its programs \
             with --postgres-bin-dir",
        ),
    }
}

async fn git() -> Finding {
    const NAME: &str = "git";
    match found("git", None, &["--version"]).await {
        Some((_, said)) => Finding::good(NAME, said),
        None => Finding::bad(
            NAME,
            Standing::Missing,
            "not found on PATH",
            "install the package git",
        ),
    }
}

/// The agent and its login. Without them a worker does runs of type command alone.
async fn codex(args: &DoctorArgs) -> Vec<Finding> {
    let Some((program, said)) = found("codex", args.codex_bin.as_deref(), &["--version"]).await
    else {
        let fix =
            "npm install -g @openai/codex, or name it with --codex-bin (BATON_WORKER_CODEX_BIN)";
        return vec![Finding::bad("codex", Standing::Lacking, "not found", fix)];
    };
    let home = config::codex_home(args.codex_home.as_deref());
    let login = match ask(
        &program,
        &["login", "status"],
        home.as_deref().map(|home| ("CODEX_HOME", home)),
    )
    .await
    {
        Some(said) => Finding::good("codex login", first_line(&said)),
        None => Finding::bad(
            "codex login",
            Standing::Lacking,
            "not logged in",
            "codex login, or: printenv OPENAI_API_KEY | codex login --with-api-key",
        ),
    };
    vec![
        Finding::good("codex", format!("{said} at {}", program.display())),
        login,
    ]
}

/// The other agent and its login. Without them a worker does no such runs.
async fn claude(args: &DoctorArgs) -> Vec<Finding> {
    let Some((program, said)) = found("claude", args.claude_bin.as_deref(), &["--version"]).await
    else {
        let fix = "npm install -g @anthropic-ai/claude-code, or name it with --claude-bin (BATON_WORKER_CLAUDE_BIN)";
        return vec![Finding::bad("claude", Standing::Lacking, "not found", fix)];
    };
    vec![
        Finding::good("claude", format!("{said} at {}", program.display())),
        claude_login(args, &program).await,
    ]
}

async fn claude_login(args: &DoctorArgs, program: &Path) -> Finding {
    const NAME: &str = "claude login";
    if let Some(file) = &args.claude_api_key_file {
        return Finding::good(NAME, format!("by the key in {}", file.display()));
    }
    if args.claude_home.is_none() && config::anthropic_api_key().is_some() {
        return Finding::good(NAME, "by the key in ANTHROPIC_API_KEY");
    }
    let home = config::claude_home(args.claude_home.as_deref());
    let home = home.as_deref().map(|home| ("CLAUDE_CONFIG_DIR", home));
    match ask(program, &["auth", "status"], home).await {
        Some(_) => Finding::good(NAME, "logged in"),
        None => Finding::bad(
            NAME,
            Standing::Lacking,
            "not logged in",
            "claude auth login, or set ANTHROPIC_API_KEY, or name a file with the key \
             (BATON_WORKER_CLAUDE_API_KEY_FILE)",
        ),
    }
}

/// What shows sessions through a relay; the built-in terminal does without.
async fn tmate(args: &DoctorArgs) -> Finding {
    const NAME: &str = "tmate";
    match found(NAME, args.tmate_bin.as_deref(), &["-V"]).await {
        Some((program, said)) => Finding::good(NAME, format!("{said} at {}", program.display())),
        None => Finding::bad(
            NAME,
            Standing::Lacking,
            "not found: sessions of provider tmate end in an error, those of provider web work",
            "install the package tmate, or name it with --tmate-bin (BATON_WORKER_TMATE_BIN)",
        ),
    }
}

/// What ends the children of a `baton dev` that was itself killed.
fn leash() -> Finding {
    const NAME: &str = "setpriv";
    match config::search().program(NAME) {
        Some(program) => Finding::good(NAME, program.display().to_string()),
        None => Finding::bad(
            NAME,
            Standing::Lacking,
            "not found: the servers of a `baton dev` that is killed with SIGKILL would stay",
            "install the package util-linux",
        ),
    }
}

/// The program at `explicit` or on the path, and the first line that it says.
async fn found(
    name: &str,
    explicit: Option<&Path>,
    arguments: &[&str],
) -> Option<(PathBuf, String)> {
    let program = match explicit {
        Some(path) => path.to_owned(),
        None => config::search().program(name)?,
    };
    let said = ask(&program, arguments, None).await?;
    Some((program, first_line(&said)))
}

/// What a program says, if it ends well.
async fn ask(program: &Path, arguments: &[&str], home: Option<(&str, &Path)>) -> Option<String> {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    if let Some((name, home)) = home {
        command.env(name, home);
    }
    let said = tokio::time::timeout(ANSWER_WITHIN, command.output())
        .await
        .ok()?
        .ok()?;
    let text = if said.stdout.is_empty() {
        &said.stderr
    } else {
        &said.stdout
    };
    let text = String::from_utf8_lossy(text).into_owned();
    said.status.success().then_some(text)
}

fn first_line(said: &str) -> String {
    said.lines().next().unwrap_or_default().trim().to_owned()
}

/// The first `1.2.3` of a text.
fn version(said: &str) -> Option<[u32; 3]> {
    said.split(|c: char| !(c.is_ascii_digit() || c == '.'))
        .find_map(|word| {
            let mut parts = word.split('.').map(|part| part.parse().ok());
            Some([parts.next()??, parts.next()??, parts.next()??])
        })
}

fn dotted([major, minor, patch]: [u32; 3]) -> String {
    format!("{major}.{minor}.{patch}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_where_they_stand() {
        assert_eq!(version("nats-server: v2.15.1\n"), Some([2, 15, 1]));
        assert_eq!(version("2.14.4-RC.1"), Some([2, 14, 4]));
        assert_eq!(version("v2.9"), None);
        assert!(version("v2.9.10").unwrap() < OLDEST_NATS);
    }
}
