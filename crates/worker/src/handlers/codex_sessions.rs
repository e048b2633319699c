//! The records of a run's sessions, as they grow; and counting what they say was used up.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use baton_wire::Event;

use super::{
    codex_rollout::{Rollout, Told},
    codex_teller::Tokens,
    growing::{Growing, files},
};
use crate::report::Reporter;

/// `sessions/<year>/<month>/<day>/`.
const DEPTH: usize = 4;

/// Every record below a home.
#[derive(Debug)]
pub(super) struct Sessions {
    folder: PathBuf,
    records: BTreeMap<PathBuf, Record>,
}

/// What a record told.
#[derive(Debug)]
pub(super) struct Heard {
    /// Whether it is of a session that people see, and not of one of the agent's helpers.
    pub(super) main: bool,
    pub(super) told: Told,
}

#[derive(Debug, Default)]
struct Record {
    file: Growing,
    rollout: Rollout,
    main: bool,
}

impl Sessions {
    pub(super) fn of(home: &Path) -> Self {
        Self {
            folder: home.join("sessions"),
            records: BTreeMap::new(),
        }
    }

    /// What is new, in the order of the records' names, which is that of their beginnings.
    pub(super) fn news(&mut self) -> Vec<Heard> {
        for path in files(&self.folder, DEPTH) {
            self.records.entry(path).or_default();
        }
        let mut news = Vec::new();
        for (path, record) in &mut self.records {
            record.read_on(path, &mut news);
        }
        news
    }
}

impl Record {
    fn read_on(&mut self, path: &Path, news: &mut Vec<Heard>) {
        let Self {
            file,
            rollout,
            main,
        } = self;
        file.read_on(path, |line| {
            for told in rollout.read(line) {
                *main |= told == Told::Main;
                news.push(Heard { main: *main, told });
            }
        });
    }
}

/// Says what was used up, answer by answer.
#[derive(Debug)]
pub(super) struct Meter {
    reporter: Reporter,
    turns: u64,
    counted: Tokens,
}

impl Meter {
    pub(super) const fn new(reporter: Reporter) -> Self {
        Self {
            reporter,
            turns: 0,
            counted: Tokens {
                input: 0,
                cached: 0,
                output: 0,
            },
        }
    }

    /// Takes what a record told, if it is about that.
    pub(super) fn take(&mut self, told: &Told) {
        if let Told::Answered(tokens) = told {
            self.turns += 1;
            self.count(*tokens);
        }
    }

    /// Takes the sum that the agent itself made at its end: what the records did not tell is said now.
    pub(super) fn finish(&mut self, sum: Tokens) {
        let rest = Tokens {
            input: sum.input.saturating_sub(self.counted.input),
            cached: sum.cached.saturating_sub(self.counted.cached),
            output: sum.output.saturating_sub(self.counted.output),
        };
        if rest != Tokens::default() {
            self.count(rest);
        }
    }

    fn count(&mut self, tokens: Tokens) {
        self.counted.input += tokens.input;
        self.counted.cached += tokens.cached;
        self.counted.output += tokens.output;
        self.reporter.say(Event::Usage {
            input_tokens: tokens.input,
            cached_input_tokens: tokens.cached,
            output_tokens: tokens.output,
            spent_cents: None,
            turns: (self.turns > 0).then_some(self.turns),
        });
    }
}

#[cfg(test)]
mod tests {
    use std::{
        fs::{self, File},
        io::Write,
    };

    use super::*;

    const META: &str = r#"{"type":"session_meta","payload":{"thread_source":"user"}}"#;
    const BEGAN: &str = r#"{"type":"event_msg","payload":{"type":"task_started"}}"#;

    #[test]
    fn records_are_read_line_by_line_as_they_grow() {
        let home = tempfile::tempdir().unwrap();
        let mut sessions = Sessions::of(home.path());
        assert!(sessions.news().is_empty());
        let day = home.path().join("sessions/2026/11/21");
        fs::create_dir_all(&day).unwrap();
        let mut main = File::create(day.join("rollout-1.jsonl")).unwrap();
        let (begin, end) = BEGAN.split_at(10);
        write!(main, "{META}\n{begin}").unwrap();
        fs::write(day.join("rollout-2.jsonl"), format!("{BEGAN}\n")).unwrap();
        let news: Vec<(bool, Told)> = told(&mut sessions);
        assert_eq!(news, [(true, Told::Main), (false, Told::TurnBegan)]);
        assert!(told(&mut sessions).is_empty());
        writeln!(main, "{end}").unwrap();
        assert_eq!(told(&mut sessions), [(true, Told::TurnBegan)]);
    }

    fn told(sessions: &mut Sessions) -> Vec<(bool, Told)> {
        let news = sessions.news().into_iter();
        news.map(|heard| (heard.main, heard.told)).collect()
    }
}
