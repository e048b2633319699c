//! The name of a worker that was given none: made once, kept in its state folder.

use std::{fs, path::Path};

use anyhow::Context;
use baton_domain::WorkerId;
use nix::unistd::gethostname;

const FILE: &str = "worker-id";
/// Of 63 characters that a name may have, these are left for the host's.
const HOST: usize = 50;

/// The name kept in the folder, or a new one.
pub(super) fn kept_in(state_dir: &Path) -> anyhow::Result<WorkerId> {
    let file = state_dir.join(FILE);
    if let Ok(kept) = fs::read_to_string(&file) {
        let place = file.display();
        return kept
            .trim()
            .parse()
            .with_context(|| format!("the name in {place}"));
    }
    // The end of a version 7 id is random.
    let random = uuid::Uuid::now_v7().simple().to_string();
    let id: WorkerId = made_from(&hostname(), &random[26..])
        .parse()
        .context("the name made from the host's; give one with --id (BATON_WORKER_ID)")?;
    fs::create_dir_all(state_dir)
        .and_then(|()| fs::write(&file, format!("{id}\n")))
        .with_context(|| format!("failed to write {}", file.display()))?;
    Ok(id)
}

/// The machine's name, for people.
pub(super) fn hostname() -> String {
    let name = gethostname().ok().and_then(|name| name.into_string().ok());
    name.unwrap_or_else(|| "worker".to_owned())
}

fn made_from(host: &str, random: &str) -> String {
    let plain: String = host
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(HOST)
        .collect();
    match plain.trim_matches('-') {
        "" => format!("worker-{random}"),
        name => format!("{name}-{random}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_once_and_are_good_for_any_host() {
        let folder = tempfile::tempdir().unwrap();
        let first = kept_in(&folder.path().join("state")).unwrap();
        assert_eq!(kept_in(&folder.path().join("state")).unwrap(), first);
        for host in ["", "Ünï.example.org", "---", &"long".repeat(80)] {
            made_from(host, "abc123").parse::<WorkerId>().unwrap();
        }
    }
}
