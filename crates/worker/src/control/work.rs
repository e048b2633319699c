//! What control has to find out in the workspace: its state before a takeover, what an operator has
//! done there, and how much the agent has changed. Neither the repository's index nor its files are
//! touched.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use uuid::Uuid;

use super::{
    hand_back::{Before, HandBack, HandedBack},
    helm::Helm,
    input::Input,
};
use crate::{
    artifacts::Shelf,
    git::{Git, GitError},
    publish::{Changes, changes, count_changes, write_tree},
    redact::Redactor,
    text,
    workspace::Workspace,
};

/// The most of a patch that an agent is told, in bytes; a longer one lies in a file for it.
const LONGEST_PATCH: usize = 8 << 10;
/// The most commands that an agent is told.
const MOST_COMMANDS: usize = 50;
/// The longest of its lines, in characters.
const LONGEST_COMMAND: usize = 500;

/// What it is found out with.
#[derive(Debug, Clone)]
pub(super) struct Work {
    pub(super) git: Git,
    pub(super) workspace: Workspace,
    pub(super) helm: Helm,
    pub(super) shelf: Shelf,
    pub(super) redactor: Redactor,
}

impl Work {
    /// How things are before an operator works here.
    pub(super) async fn note(&self, takeover: Uuid) -> Input {
        let tree = match self.tree("takeover.index").await {
            Ok(tree) => tree,
            Err(error) => {
                tracing::warn!(%error, "failed to note the workspace before a takeover: its changes will not be told apart");
                None
            }
        };
        let typed = self.helm.last_typed();
        let history = self.history().len() as u64;
        let before = Before {
            tree,
            typed,
            history,
        };
        Input::Noted { takeover, before }
    }

    /// Lines that were added and removed since the work began.
    pub(super) async fn count(&self) -> Option<Input> {
        let start = self.workspace.read_kept().start?.commit;
        let tree = self.tree("budget.index").await;
        let counted = match tree {
            Ok(Some(tree)) => {
                let store = self.workspace.store();
                count_changes(&self.git, &store, start.as_deref(), &tree).await
            }
            Ok(None) => return None,
            Err(error) => Err(error),
        };
        match counted {
            Ok((_, added, removed)) => Some(Input::Changed(u64::from(added) + u64::from(removed))),
            Err(error) => {
                // The agent writes meanwhile; the next count comes soon.
                tracing::debug!(%error, "failed to count changed lines");
                None
            }
        }
    }

    /// What an operator has done since a takeover began.
    pub(super) async fn find_out(&self, order: &HandBack) -> Input {
        let folder = self.workspace.record().join(self.name(order));
        let commands: Vec<String> = self
            .commands(&order.before)
            .iter()
            .map(|line| self.redactor.text(line))
            .collect();
        let mut done = HandedBack {
            takeover: order.takeover,
            commands: u32::try_from(commands.len()).unwrap_or(u32::MAX),
            ..HandedBack::default()
        };
        let written = self.write(order, &folder, &commands).await;
        // Whoever reads that the run was handed back finds what was done.
        self.shelf.keep_now(&self.name(order)).await;
        let told = match written {
            Ok(changes) => {
                if let Some(changes) = &changes {
                    (done.files, done.insertions, done.deletions) =
                        (changes.files, changes.insertions, changes.deletions);
                }
                let file = if changes.is_some() {
                    "changes.patch"
                } else {
                    "commands.txt"
                };
                done.artifact = Some(format!("{}/{file}", self.name(order)));
                self.tell_changes(order, &folder, changes.as_ref())
            }
            Err(error) => {
                tracing::warn!(%error, "failed to find out what an operator has changed");
                format!("What they changed could not be found out ({error}): look yourself.")
            }
        };
        done.text = letter(order, &told, &commands);
        Input::HandedBack(Box::new(done))
    }

    /// What the operator's shell was told to do: as it has kept it, otherwise as it was typed.
    fn commands(&self, before: &Before) -> Vec<String> {
        let history = self.history();
        let from = usize::try_from(before.history).unwrap_or(usize::MAX);
        let kept = history.get(from..).unwrap_or_default();
        if kept.is_empty() {
            return lines(&self.helm.typed_after(before.typed).concat());
        }
        let kept = String::from_utf8_lossy(kept);
        let lines = kept.lines().map(str::trim_end);
        lines
            .filter(|line| !line.is_empty())
            .map(String::from)
            .collect()
    }

    fn history(&self) -> Vec<u8> {
        // Without a shell there is none.
        fs::read(self.workspace.shell_history()).unwrap_or_default()
    }

    fn name(&self, order: &HandBack) -> String {
        format!("handback/{}", order.number)
    }

    async fn write(
        &self,
        order: &HandBack,
        folder: &Path,
        commands: &[String],
    ) -> Result<Option<Changes>, GitError> {
        let text: String = commands.iter().map(|line| format!("{line}\n")).collect();
        fs::create_dir_all(folder).map_err(GitError::Copy)?;
        fs::write(folder.join("commands.txt"), text).map_err(GitError::Copy)?;
        let after = self.tree("takeover.index").await?;
        let (Some(before), Some(after)) = (&order.before.tree, after) else {
            return Ok(None);
        };
        let file = folder.join("changes.patch");
        let (redactor, workspace) = (&self.redactor, &self.workspace);
        changes(&self.git, redactor, workspace, before, &after, &file)
            .await
            .map(Some)
    }

    /// The workspace as a tree, where there is a repository.
    async fn tree(&self, index: &str) -> Result<Option<String>, GitError> {
        let Some(start) = self.workspace.read_kept().start else {
            return Ok(None);
        };
        let index = self.workspace.root().join(index);
        let store = self.workspace.store();
        let commit = start.commit.as_deref();
        write_tree(&self.git, &store, &self.workspace, commit, &index)
            .await
            .map(Some)
    }

    /// The changes in words, and as a patch if that is short.
    fn tell_changes(&self, order: &HandBack, folder: &Path, changes: Option<&Changes>) -> String {
        let Some(changes) = changes else {
            return "The run has no repository: what they changed is not known.".to_owned();
        };
        if changes.files == 0 {
            return "No file of the repository was changed.".to_owned();
        }
        let counts = format!(
            "Changed meanwhile: {} files, {} lines added, {} removed.",
            changes.files, changes.insertions, changes.deletions
        );
        match self.patch(order, &folder.join("changes.patch")) {
            Ok(patch) => format!("{counts}\n\n{patch}"),
            Err(error) => format!("{counts} The patch cannot be read: {error}"),
        }
    }

    fn patch(&self, order: &HandBack, file: &Path) -> io::Result<String> {
        let patch = String::from_utf8_lossy(&fs::read(file)?).into_owned();
        if patch.len() <= LONGEST_PATCH {
            return Ok(patch);
        }
        let copy = self.copy(order);
        fs::copy(file, &copy)?;
        let head = &patch[..patch.floor_char_boundary(LONGEST_PATCH)];
        Ok(format!(
            "{head}\n… the patch goes on: all of it is in {}",
            copy.display()
        ))
    }

    /// Where the agent finds a long patch.
    fn copy(&self, order: &HandBack) -> PathBuf {
        let name = format!("handback-{}.patch", order.number);
        self.workspace.artifacts().join(name)
    }
}

/// What the agent is told.
fn letter(order: &HandBack, changes: &str, commands: &[String]) -> String {
    let (by, summary) = (&order.by, &order.summary);
    let mut letter = format!(
        "{by} has worked in your place for a while, and hands the run back to you. What they have done, in their words:\n\n{summary}\n\n{changes}\n"
    );
    if !commands.is_empty() {
        letter += "\nCommands that they typed in the shell:\n";
        for command in commands.iter().take(MOST_COMMANDS) {
            letter += &format!("  {}\n", text::head(command, LONGEST_COMMAND));
        }
        if commands.len() > MOST_COMMANDS {
            letter += &format!("  … and {} more\n", commands.len() - MOST_COMMANDS);
        }
    }
    letter + "\nFiles that you have read before may be others now: look again before you go on."
}

/// The lines that somebody has typed at a shell: as they stood when they were entered.
fn lines(typed: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut typed = typed.chars();
    while let Some(c) = typed.next() {
        match c {
            '\r' | '\n' => lines.push(std::mem::take(&mut line)),
            '\u{7f}' | '\u{8}' => drop(line.pop()),
            // The whole line, or none of it after all.
            '\u{15}' | '\u{3}' => line.clear(),
            '\u{1b}' => skip_sequence(&mut typed),
            c if c.is_control() => {}
            c => line.push(c),
        }
    }
    lines.push(line);
    lines.retain(|line| !line.trim().is_empty());
    lines
}

/// Arrows and other keys: what they do to the line only the shell knows.
fn skip_sequence(typed: &mut std::str::Chars<'_>) {
    let mut rest = typed.clone();
    if rest.next().is_some_and(|c| c == '[' || c == 'O') {
        while rest.next().is_some_and(|c| !('@'..='~').contains(&c)) {}
        *typed = rest;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // B-08
    #[test]
    fn typed_keys_become_the_lines_that_were_entered() {
        let typed = "ls\r\recho helo\u{7f}lo > a\rrm -rf\u{3}\u{1b}[Agit st\u{1b}OC\rlast";
        assert_eq!(lines(typed), ["ls", "echo hello > a", "git st", "last"]);
    }

    #[test]
    fn a_letter_tells_who_what_and_by_which_commands() {
        let order = HandBack {
            takeover: Uuid::nil(),
            number: 1,
            before: Before::default(),
            by: "anna".to_owned().try_into().unwrap(),
            summary: "fixed the lock".to_owned(),
        };
        let commands: Vec<String> = (0..60).map(|n| format!("command {n}")).collect();
        let letter = letter(&order, "Changed.", &commands);
        for part in [
            "anna has worked",
            "fixed the lock",
            "Changed.",
            "command 49\n",
            "and 10 more",
        ] {
            assert!(letter.contains(part), "{letter}");
        }
    }
}
