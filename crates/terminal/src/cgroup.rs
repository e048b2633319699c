//! A control group of the agent's own, where the machine allows one: nothing leaves it, it is
//! frozen and killed as a whole.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

/// A group below this process's own, in the unified hierarchy (cgroup v2).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cgroup {
    path: PathBuf,
    parent: PathBuf,
}

impl Cgroup {
    /// Makes a group; none where that is not allowed.
    pub(crate) fn make(name: &str) -> Option<Self> {
        let parent = own()?;
        let path = parent.join(name);
        match fs::create_dir(&path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return None,
            _ => {}
        }
        let group = Self { path, parent };
        let usable = group.can_freeze() && group.enter().and_then(|()| group.leave()).is_ok();
        if usable {
            return Some(group);
        }
        group.remove();
        None
    }

    /// Moves this process in: what it starts is started in the group.
    pub(crate) fn enter(&self) -> io::Result<()> {
        fs::write(self.path.join("cgroup.procs"), "0")
    }

    /// Moves this process back.
    pub(crate) fn leave(&self) -> io::Result<()> {
        fs::write(self.parent.join("cgroup.procs"), "0")
    }

    /// The processes in it.
    pub(crate) fn members(&self) -> Vec<i32> {
        let text = fs::read_to_string(self.path.join("cgroup.procs")).unwrap_or_default();
        text.lines().filter_map(|line| line.parse().ok()).collect()
    }

    /// Holds every process of it still, those to come too.
    pub(crate) fn freeze(&self) -> io::Result<()> {
        fs::write(self.path.join("cgroup.freeze"), "1")
    }

    /// Lets them go on.
    pub(crate) fn thaw(&self) -> io::Result<()> {
        fs::write(self.path.join("cgroup.freeze"), "0")
    }

    /// Whether all stand still.
    pub(crate) fn is_frozen(&self) -> bool {
        let events = fs::read_to_string(self.path.join("cgroup.events"));
        events.is_ok_and(|text| text.lines().any(|line| line == "frozen 1"))
    }

    /// Kills every process of it; before Linux 5.14 each is killed by itself.
    pub(crate) fn kill(&self) {
        // Those that this misses are members, which are killed one by one as well.
        let _ = fs::write(self.path.join("cgroup.kill"), "1");
    }

    /// Removes the group once it is empty.
    pub fn remove(&self) {
        // One that is not empty stays, and harms nobody.
        let _ = fs::remove_dir(&self.path);
    }

    fn can_freeze(&self) -> bool {
        self.path.join("cgroup.freeze").exists()
    }
}

/// This process's own group, if the unified hierarchy is mounted.
fn own() -> Option<PathBuf> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let own = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    let mounts = fs::read_to_string("/proc/self/mounts").ok()?;
    let mount = mounts.lines().find_map(|line| {
        let mut words = line.split(' ');
        let place = words.nth(1)?;
        (words.next()? == "cgroup2").then(|| PathBuf::from(place))
    })?;
    let path = mount.join(Path::new(own).strip_prefix("/").unwrap_or(Path::new("")));
    path.is_dir().then_some(path)
}
