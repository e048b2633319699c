//! The files that Claude Code keeps of its sessions, as they grow. Their lines are of the same kinds
//! as those that it prints without a screen.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    claude_lines::{self, Fact},
    growing::{Growing, files},
};

/// `projects/<project>/`.
const DEPTH: usize = 2;

/// Every session below a home.
#[derive(Debug)]
pub(super) struct SessionFiles {
    folder: PathBuf,
    files: BTreeMap<PathBuf, Growing>,
}

impl SessionFiles {
    pub(super) fn of(home: &Path) -> Self {
        Self {
            folder: home.join("projects"),
            files: BTreeMap::new(),
        }
    }

    /// What is new.
    pub(super) fn news(&mut self) -> Vec<Fact> {
        for path in files(&self.folder, DEPTH) {
            self.files.entry(path).or_default();
        }
        let mut news = Vec::new();
        for (path, file) in &mut self.files {
            file.read_on(path, |line| {
                news.extend(claude_lines::parse(line.trim()).unwrap_or_default());
            });
        }
        news
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, File},
        io::Write,
    };

    use super::*;

    #[test]
    fn a_session_is_read_line_by_line_as_it_grows() {
        let home = tempfile::tempdir().unwrap();
        let mut files = SessionFiles::of(home.path());
        assert_eq!(files.news(), []);
        let project = home.path().join("projects/-work-repo");
        fs::create_dir_all(project.join("memory")).unwrap();
        let mut file = File::create(project.join("1.jsonl")).unwrap();
        let line = r#"{"type":"system","subtype":"turn_duration","durationMs":1422}"#;
        let (begin, end) = line.split_at(10);
        write!(file, "{begin}").unwrap();
        assert_eq!(files.news(), []);
        writeln!(file, "{end}").unwrap();
        assert_eq!(files.news(), [Fact::TurnEnded]);
        assert_eq!(files.news(), []);
    }
}
