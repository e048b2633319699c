//! Finding files: regular ones only, no links followed, none that lies outside, none too large.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use crate::options::Limits;

/// The files to upload by name, and what was left out, for people.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) files: BTreeMap<String, PathBuf>,
    pub(crate) left_out: Vec<String>,
}

/// In bytes; the API takes no more.
const LONGEST_NAME: usize = 300;
const LONGEST_PART: usize = 80;
/// Most complaints about files left out.
const MOST_COMPLAINTS: usize = 20;

/// The worker's own record first, then what the agent left under names that are still free.
pub(crate) fn find(record: &Path, artifacts: &Path, limits: &Limits) -> io::Result<Found> {
    let mut found = Found::default();
    for root in [record, artifacts] {
        if !fs::symlink_metadata(root)?.is_dir() {
            found.leave_out(&root.to_string_lossy(), "it is no folder any more");
            continue;
        }
        walk(root, String::new(), limits, &mut found)?;
    }
    Ok(found)
}

fn walk(folder: &Path, prefix: String, limits: &Limits, found: &mut Found) -> io::Result<()> {
    let mut entries: Vec<fs::DirEntry> = fs::read_dir(folder)?.collect::<io::Result<_>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let file_name = entry.file_name();
        let Some(name) = file_name.to_str().filter(|name| is_plain(name)) else {
            found.leave_out(
                &file_name.to_string_lossy(),
                "its name is too long or no plain text",
            );
            continue;
        };
        let name = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() {
            walk(&entry.path(), format!("{name}/"), limits, found)?;
        } else if kind.is_file() {
            found.add(name, entry.path(), entry.metadata()?.len(), limits);
        } else {
            found.leave_out(&name, "it is no regular file");
        }
    }
    Ok(())
}

/// Names that mean the same in a URL, in a folder and on a page.
fn is_plain(name: &str) -> bool {
    !name.chars().any(|c| c.is_control() || c == '\\') && name.len() <= LONGEST_PART
}

impl Found {
    fn add(&mut self, name: String, path: PathBuf, size: u64, limits: &Limits) {
        if size > limits.artifact_bytes {
            let limit = limits.artifact_bytes;
            self.leave_out(&name, &format!("it has {size} bytes, {limit} are allowed"));
        } else if name.len() > LONGEST_NAME {
            self.leave_out(&name, "its path is too long");
        } else if self.files.contains_key(&name) {
            self.leave_out(&name, "the worker itself keeps a file of that name");
        } else if self.files.len() >= limits.artifacts {
            let limit = limits.artifacts;
            self.leave_out(&name, &format!("only {limit} files are kept"));
        } else {
            self.files.insert(name, path);
        }
    }

    fn leave_out(&mut self, name: &str, why: &str) {
        if self.left_out.len() < MOST_COMPLAINTS {
            let name = crate::text::head(name, 200);
            self.left_out
                .push(format!("artifact '{name}' is left out: {why}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_large_files_and_taken_names_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        let (record, left) = (folder.path().join("record"), folder.path().join("left"));
        fs::create_dir_all(record.join("logs")).unwrap();
        fs::create_dir_all(left.join("logs")).unwrap();
        fs::write(record.join("logs/agent.log"), "ours").unwrap();
        fs::write(left.join("logs/agent.log"), "theirs").unwrap();
        fs::write(left.join("report.txt"), "good").unwrap();
        fs::write(left.join("large"), "x".repeat(101)).unwrap();
        fs::write(left.join("a\nb"), "x").unwrap();
        symlink("/etc/passwd", left.join("link")).unwrap();
        symlink("/etc", left.join("folder")).unwrap();
        let limits = Limits {
            artifact_bytes: 100,
            ..Limits::default()
        };
        let found = find(&record, &left, &limits).unwrap();
        let names: Vec<&str> = found.files.keys().map(String::as_str).collect();
        assert_eq!(names, ["logs/agent.log", "report.txt"]);
        assert!(found.files["logs/agent.log"].starts_with(&record));
        assert_eq!(found.left_out.len(), 5);
        let few = Limits {
            artifacts: 1,
            ..limits
        };
        assert_eq!(find(&record, &left, &few).unwrap().files.len(), 1);
    }
}
