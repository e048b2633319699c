//! The files that Claude Code keeps of its sessions, as they grow. Their lines are of the same kinds
//! as those that it prints without a screen.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use super::claude_lines::{self, Fact};

/// The most that is read of a file at once, in bytes.
const PIECE: u64 = 4 << 20;
/// The longest line that is kept in mind; the rest of a longer one is passed over.
const LONGEST_LINE: usize = 16 << 20;

/// Every session below a home.
#[derive(Debug)]
pub(super) struct SessionFiles {
    folder: PathBuf,
    files: BTreeMap<PathBuf, Growing>,
}

#[derive(Debug, Default)]
struct Growing {
    read: u64,
    line: Vec<u8>,
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
        for project in entries(&self.folder) {
            for path in entries(&project) {
                if path
                    .extension()
                    .is_some_and(|extension| extension == "jsonl")
                {
                    self.files.entry(path).or_default();
                }
            }
        }
        let mut news = Vec::new();
        for (path, file) in &mut self.files {
            // What cannot be read now is read later, or never: the agent goes on either way.
            let _ = file.read_on(path, &mut news);
        }
        news
    }
}

impl Growing {
    fn read_on(&mut self, path: &Path, news: &mut Vec<Fact>) -> io::Result<()> {
        let mut file = File::open(path)?;
        if file.metadata()?.len() <= self.read {
            return Ok(());
        }
        file.seek(SeekFrom::Start(self.read))?;
        let mut piece = Vec::new();
        file.take(PIECE).read_to_end(&mut piece)?;
        self.read += piece.len() as u64;
        for part in piece.split_inclusive(|byte| *byte == b'\n') {
            if self.line.len() < LONGEST_LINE {
                self.line.extend_from_slice(part);
            }
            if part.ends_with(b"\n") {
                let line = std::mem::take(&mut self.line);
                let line = String::from_utf8_lossy(&line);
                news.extend(claude_lines::parse(line.trim()).unwrap_or_default());
            }
        }
        Ok(())
    }
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use std::io::Write;

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
