//! Whether changes hold a secret that the worker knows. What is pushed cannot be taken back, so
//! that nothing is pushed that adds one; and a patch with one in a binary file is written without
//! that file.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use crate::{
    git::{Git, GitError},
    redact::{Redactor, Search},
};

/// What was found in changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    /// Files that hold a secret now and did not before: path and the secret's name.
    pub(crate) added: Vec<(String, String)>,
    /// Files that hold a secret, now or before.
    pub(super) touched: BTreeSet<Vec<u8>>,
}

/// A changed file; an id is missing where there was, or is, none.
struct Change {
    path: Vec<u8>,
    before: Option<String>,
    after: Option<String>,
}

/// Looks into every changed file as it was and as it is.
pub(super) async fn inspect(
    git: &Git,
    redactor: &Redactor,
    store: &Path,
    from: &str,
    to: &str,
) -> Result<Findings, GitError> {
    if redactor.knows_nothing() {
        return Ok(Findings::default());
    }
    let changes = changes(git, store, from, to).await?;
    let ids: BTreeSet<&str> = changes
        .iter()
        .flat_map(|change| change.before.iter().chain(&change.after))
        .map(String::as_str)
        .collect();
    let tainted = search(git, redactor, store, &ids).await?;
    let mut findings = Findings::default();
    for change in &changes {
        let in_name = redactor.find(&change.path).map(str::to_owned);
        let holds = |id: &Option<String>| id.as_ref().and_then(|id| tainted.get(id));
        let (before, after) = (holds(&change.before), holds(&change.after));
        let added = after.filter(|_| before.is_none()).cloned();
        let new_name = in_name.clone().filter(|_| change.before.is_none());
        if let Some(secret) = added.or(new_name) {
            let path = redactor.text(&String::from_utf8_lossy(&change.path));
            findings.added.push((path, secret));
        }
        if before.or(after).is_some() || in_name.is_some() {
            findings.touched.insert(change.path.clone());
        }
    }
    Ok(findings)
}

async fn changes(git: &Git, store: &Path, from: &str, to: &str) -> Result<Vec<Change>, GitError> {
    let words = [
        "diff-tree",
        "-r",
        "-z",
        "--raw",
        "--no-renames",
        "--full-index",
        from,
        to,
        "--",
    ];
    let mut listed = Vec::new();
    git.run_into(store, &words, None, |bytes| listed.extend_from_slice(bytes))
        .await?;
    Ok(parse(&listed))
}

/// Entries `:<mode> <mode> <id> <id> <status> NUL <path> NUL`.
fn parse(listed: &[u8]) -> Vec<Change> {
    let mut fields = listed.split(|byte| *byte == 0);
    let mut changes = Vec::new();
    while let (Some(entry), Some(path)) = (fields.next(), fields.next()) {
        let entry = String::from_utf8_lossy(entry);
        let mut words = entry.trim_start_matches(':').split(' ');
        let modes = [words.next(), words.next()];
        let ids = [words.next(), words.next()];
        let file = |side: usize| {
            // A submodule's id is a commit of another repository.
            let file =
                modes[side].is_some_and(|mode| mode.starts_with("10") || mode.starts_with("12"));
            ids[side].filter(|_| file).map(str::to_owned)
        };
        changes.push(Change {
            path: path.to_vec(),
            before: file(0),
            after: file(1),
        });
    }
    changes
}

/// The ids of files that hold a secret, with its name.
async fn search(
    git: &Git,
    redactor: &Redactor,
    store: &Path,
    ids: &BTreeSet<&str>,
) -> Result<BTreeMap<String, String>, GitError> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let input: String = ids.iter().map(|id| format!("{id}\n")).collect();
    let mut reader = BatchReader::new(redactor);
    let words = ["cat-file", "--batch"];
    git.run_into(store, &words, Some(input.as_bytes()), |bytes| {
        reader.read(bytes)
    })
    .await?;
    Ok(reader.tainted)
}

/// Reads `<id> blob <size> LF <content> LF` again and again, keeping nothing of the contents.
struct BatchReader<'a> {
    redactor: &'a Redactor,
    header: Vec<u8>,
    id: String,
    search: Search,
    /// Of the content and the line's end that follows it.
    left: u64,
    tainted: BTreeMap<String, String>,
}

impl<'a> BatchReader<'a> {
    fn new(redactor: &'a Redactor) -> Self {
        Self {
            redactor,
            header: Vec::new(),
            id: String::new(),
            search: redactor.search(),
            left: 0,
            tainted: BTreeMap::new(),
        }
    }

    fn begin(&mut self) {
        let header = String::from_utf8_lossy(&self.header).into_owned();
        self.header.clear();
        let mut words = header.split(' ');
        self.id = words.next().unwrap_or_default().to_owned();
        let size = words.nth(1).and_then(|size| size.parse::<u64>().ok());
        // An object that is missing has no content, and no size.
        self.left = size.map_or(0, |size| size + 1);
        self.search = self.redactor.search();
    }

    fn read(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.left == 0 {
                let end = bytes.iter().position(|byte| *byte == b'\n');
                let line = &bytes[..end.unwrap_or(bytes.len())];
                self.header.extend_from_slice(line);
                bytes = &bytes[end.map_or(bytes.len(), |end| end + 1)..];
                if end.is_some() {
                    self.begin();
                }
            } else {
                let room = usize::try_from(self.left).unwrap_or(usize::MAX);
                let (piece, rest) = bytes.split_at(bytes.len().min(room));
                if let Some(secret) = self.search.push(piece) {
                    self.tainted.entry(self.id.clone()).or_insert(secret);
                }
                self.left -= piece.len() as u64;
                bytes = rest;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redact::Secret;

    // W-10
    #[test]
    fn contents_are_searched_however_they_are_cut() {
        let redactor = Redactor::new(&[Secret::new("KEY", "hunter2-hunter2")]);
        let printed = b"aa blob 5\nclean\nbb blob 17\n-hunter2-hunter2-\ncc missing\ndd blob 0\n\nee blob 16\nhunter2-hunter2\n\n";
        for size in 1..printed.len() {
            let mut reader = BatchReader::new(&redactor);
            printed.chunks(size).for_each(|piece| reader.read(piece));
            let tainted: Vec<&String> = reader.tainted.keys().collect();
            assert_eq!(tainted, ["bb", "ee"], "{size}");
        }
    }

    #[test]
    fn submodules_have_no_content_here() {
        let listed = b":100644 160000 aa bb T\0sub\0:000000 120000 00 cc A\0a b\0";
        let changes = parse(listed);
        assert_eq!(
            (changes[0].before.as_deref(), changes[0].after.as_deref()),
            (Some("aa"), None)
        );
        assert_eq!(
            (changes[1].before.as_deref(), changes[1].after.as_deref()),
            (None, Some("cc"))
        );
        assert_eq!(changes[1].path, b"a b");
    }
}
