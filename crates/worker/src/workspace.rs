//! An attempt's folder in the state folder:
//! `runs/<run>/<attempt>/{repo,home,artifacts}` for the agent, and beside them what is the
//! worker's own: `store.git`, `record/` (logs and patches), `spool/`, `host/` (where the agent's host
//! lives) and what a worker started again needs to know: `state.json`, `offer.json`, `kept.json`,
//! `session.json`, `control.json`.

use std::{
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::SystemTime,
};

use baton_bus::Fence;
use baton_domain::{Attempt, Position, RunId, WorkerId};
use baton_wire::{HeldLease, Offer};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::start::Start;

/// An attempt's folders.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    root: PathBuf,
}

/// What a worker started again has to know about an attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct State {
    pub(crate) run: RunId,
    pub(crate) attempt: Attempt,
    pub(crate) worker: WorkerId,
    pub(crate) lease_position: Position,
    /// What the offer said of the supervisor's last word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) lost_position: Option<Position>,
    /// Whether everything was said and nothing is held any more.
    pub(crate) over: bool,
}

/// What a worker started again needs of the stages that are done.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Kept {
    /// Where the work started.
    pub(crate) start: Option<Start>,
    /// The agent's last words.
    pub(crate) summary: Option<String>,
}

impl State {
    /// The lease, as the desk is asked about it.
    pub(crate) const fn lease(&self) -> HeldLease {
        HeldLease {
            run: self.run,
            attempt: self.attempt,
            lease_position: self.lease_position,
            lost_position: self.lost_position,
            commands_after: None,
        }
    }

    /// What must be true at the broker for the attempt to be heard.
    pub(crate) const fn fence(&self) -> Fence {
        Fence::of_holder(self.lease_position, self.lost_position)
    }
}

impl Workspace {
    /// The place of an attempt's folders.
    pub(crate) fn of(state_dir: &Path, run: RunId, attempt: Attempt) -> Self {
        let root = runs(state_dir)
            .join(run.to_string())
            .join(attempt.to_string());
        Self { root }
    }

    /// Makes the folders anew; nobody but the worker's user may look into them.
    pub(crate) fn create(&self) -> io::Result<()> {
        remove(&self.root)?;
        fs::create_dir_all(&self.root)?;
        fs::set_permissions(&self.root, fs::Permissions::from_mode(0o700))?;
        let folders = [
            self.home(),
            self.artifacts(),
            self.record(),
            self.spool(),
            self.session(),
        ];
        folders.iter().try_for_each(fs::create_dir_all)?;
        fs::create_dir_all(self.record().join("logs"))?;
        fs::create_dir_all(self.record().join("patches"))
    }

    /// Everything of the attempt.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The worker's own clone of the newest former attempt at the same run, if it is kept.
    pub(crate) fn former_store(&self) -> Option<PathBuf> {
        let number = |root: &Path| root.file_name()?.to_str()?.parse::<u64>().ok();
        let this = number(&self.root)?;
        folders(self.root.parent()?)
            .into_iter()
            .filter_map(|root| Some((number(&root).filter(|n| *n < this)?, root.join("store.git"))))
            .filter(|(_, store)| store.join("HEAD").is_file())
            .max()
            .map(|(_, store)| store)
    }

    /// The newest former attempt at the same run that is over and whose working copy is kept.
    pub(crate) fn former(&self) -> Option<(Attempt, Self)> {
        let number = |root: &Path| root.file_name()?.to_str()?.parse::<u64>().ok();
        let this = number(&self.root)?;
        folders(self.root.parent()?)
            .into_iter()
            .filter(|root| number(root).is_some_and(|n| n < this))
            .map(|root| Self { root })
            .filter_map(|former| Some((former.read_state()?, former)))
            .filter(|(state, former)| state.over && former.repo().is_dir())
            .map(|(state, former)| (state.attempt, former))
            .max_by_key(|(attempt, _)| *attempt)
    }

    /// The working copy.
    pub(crate) fn repo(&self) -> PathBuf {
        self.root.join("repo")
    }

    /// The agent's home.
    pub(crate) fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    /// What the operator's shell was told to do.
    pub(crate) fn shell_history(&self) -> PathBuf {
        self.root.join("shell-history")
    }

    /// What the agent leaves for people.
    pub(crate) fn artifacts(&self) -> PathBuf {
        self.root.join("artifacts")
    }

    /// The worker's own clone, out of the agent's way: git reads its settings from here.
    pub(crate) fn store(&self) -> PathBuf {
        self.root.join("store.git")
    }

    /// What the worker leaves for people, named as the artifacts are.
    pub(crate) fn record(&self) -> PathBuf {
        self.root.join("record")
    }

    /// Reports on their way.
    pub(crate) fn spool(&self) -> PathBuf {
        self.root.join("spool")
    }

    /// Where the agent's host lives. Others of the machine may not look into it.
    pub(crate) fn host(&self) -> PathBuf {
        self.root.join("host")
    }

    /// Removes what the agent's host has left: all that it printed is in the record.
    pub(crate) fn forget_host(&self) {
        if let Err(error) = remove(&self.host()) {
            tracing::warn!(%error, "failed to remove what an agent's host has left");
        }
    }

    /// Removes clone and working copy, for a checkout from the start.
    pub(crate) fn clear_checkout(&self) -> io::Result<()> {
        remove(&self.store())?;
        remove(&self.repo())
    }

    /// Keeps what was asked for.
    pub(crate) fn write_offer(&self, offer: &Offer) -> io::Result<()> {
        self.write("offer.json", offer)
    }

    /// What was asked for, if it was kept.
    pub(crate) fn read_offer(&self) -> Option<Offer> {
        self.read("offer.json")
    }

    /// Keeps what the stages that are done have found out.
    pub(crate) fn write_kept(&self, kept: &Kept) -> io::Result<()> {
        self.write("kept.json", kept)
    }

    /// What the stages that are done have found out.
    pub(crate) fn read_kept(&self) -> Kept {
        self.read("kept.json").unwrap_or_default()
    }

    /// The former attempts at the same run that are kept.
    pub(crate) fn formers(&self) -> impl Iterator<Item = Self> {
        let siblings = self.root.parent().map(folders).unwrap_or_default();
        let former = siblings.into_iter().filter(|root| *root != self.root);
        former.map(|root| Self { root })
    }

    /// Where a session's provider keeps what is its own.
    pub(crate) fn session(&self) -> PathBuf {
        self.root.join("session")
    }

    /// Keeps the state for a worker started again.
    pub(crate) fn write_state(&self, state: &State) -> io::Result<()> {
        self.write("state.json", state)
    }

    fn read_state(&self) -> Option<State> {
        self.read("state.json")
    }

    /// Writes a file that is there as a whole or not at all.
    pub(crate) fn write(&self, name: &str, value: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(value)?;
        let draft = self.root.join(format!("{name}.new"));
        fs::write(&draft, text)?;
        fs::rename(draft, self.root.join(name))
    }

    /// What such a file holds; none if it is not there or cannot be read.
    pub(crate) fn read<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let text = fs::read(self.root.join(name)).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

fn runs(state_dir: &Path) -> PathBuf {
    state_dir.join("runs")
}

/// The attempts that a worker before this one did not end.
pub(crate) fn unfinished(state_dir: &Path) -> Vec<(Workspace, State)> {
    all(state_dir)
        .into_iter()
        .filter_map(|workspace| Some((workspace.read_state()?, workspace)))
        .filter(|(state, _)| !state.over)
        .map(|(state, workspace)| (workspace, state))
        .collect()
}

/// Removes the workspaces of ended attempts but for the newest `keep`.
pub(crate) fn prune(state_dir: &Path, keep: usize) -> io::Result<()> {
    let mut ended: Vec<(SystemTime, Workspace)> = all(state_dir)
        .into_iter()
        .filter(|workspace| workspace.read_state().is_some_and(|state| state.over))
        .filter_map(|workspace| {
            let changed = fs::metadata(workspace.root.join("state.json")).ok()?;
            Some((changed.modified().ok()?, workspace))
        })
        .collect();
    ended.sort_by_key(|(changed, _)| std::cmp::Reverse(*changed));
    for (_, workspace) in ended.into_iter().skip(keep) {
        remove(&workspace.root)?;
        if let Some(run) = workspace.root.parent() {
            // Only when no other attempt of the run is kept.
            let _ = fs::remove_dir(run);
        }
    }
    Ok(())
}

fn all(state_dir: &Path) -> Vec<Workspace> {
    folders(&runs(state_dir))
        .iter()
        .flat_map(|run| folders(run))
        .map(|root| Workspace { root })
        .collect()
}

fn folders(parent: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.is_dir())
        .collect()
}

/// Removes a folder that may not be there. What an agent has made read-only is made writable.
fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            unlock(folder);
            fs::remove_dir_all(folder)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

fn unlock(folder: &Path) {
    // What cannot be unlocked shows when it is removed.
    let _ = fs::set_permissions(folder, fs::Permissions::from_mode(0o700));
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            unlock(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(workspace: &Workspace, n: u64, over: bool) -> State {
        let state = State {
            run: RunId::from_uuid(uuid::Uuid::from_u128(u128::from(n))),
            attempt: Attempt::FIRST,
            worker: "w1".parse().unwrap(),
            lease_position: Position::START,
            lost_position: None,
            over,
        };
        workspace.create().unwrap();
        workspace.write_state(&state).unwrap();
        state
    }

    fn workspace(folder: &Path, n: u64) -> Workspace {
        let run = RunId::from_uuid(uuid::Uuid::from_u128(u128::from(n)));
        Workspace::of(folder, run, Attempt::FIRST)
    }

    #[test]
    fn only_what_was_not_ended_is_found_again() {
        let folder = tempfile::tempdir().unwrap();
        state(&workspace(folder.path(), 1), 1, true);
        let held = state(&workspace(folder.path(), 2), 2, false);
        let found: Vec<State> = unfinished(folder.path())
            .into_iter()
            .map(|(_, state)| state)
            .collect();
        assert_eq!(found, [held]);
    }

    #[test]
    fn old_workspaces_go_and_held_ones_stay() {
        let folder = tempfile::tempdir().unwrap();
        for n in 1..=3 {
            state(&workspace(folder.path(), n), n, n != 1);
        }
        let locked = workspace(folder.path(), 2).repo();
        fs::create_dir(&locked).unwrap();
        fs::set_permissions(&locked, fs::Permissions::from_mode(0o500)).unwrap();
        prune(folder.path(), 0).unwrap();
        assert_eq!(all(folder.path()).len(), 1);
        assert!(workspace(folder.path(), 1).root().exists());
    }
}
