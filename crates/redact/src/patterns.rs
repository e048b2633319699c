//! All forms of all secrets as one automaton, and the marks that take their places.

use std::collections::{BTreeMap, HashMap};

use aho_corasick::{
    Anchored, MatchKind, PatternID,
    automaton::{Automaton, StateID},
    nfa::contiguous::NFA,
};

use crate::{SHORTEST, Secret, forms::forms};

/// What encloses a mark: the first pair that no secret contains, so that a mark and the text
/// beside it never make up a secret.
const BRACKETS: &[(&str, &str)] = &[("[", "]"), ("<", ">"), ("(", ")"), ("⟦", "⟧"), ("⁅", "⁆")];
const LONGEST_NAME: usize = 60;

/// What is looked for.
#[derive(Debug)]
pub(crate) struct Patterns {
    automaton: NFA,
    start: StateID,
    /// For every state but the first, how many of the last bytes may be the beginning of a secret.
    depths: HashMap<StateID, usize>,
    /// Of each pattern, which secret it is.
    owners: Vec<usize>,
    /// Of each secret.
    names: Vec<String>,
    marks: Vec<String>,
}

/// A place where a secret stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Found {
    pub(crate) start: usize,
    /// Negated below, so that of two with one start the longer comes first.
    pub(crate) end: std::cmp::Reverse<usize>,
    pub(crate) secret: usize,
}

impl Patterns {
    /// `None` when there is nothing to look for.
    pub(crate) fn new(secrets: &[Secret]) -> Option<Self> {
        let mut by_form: BTreeMap<Vec<u8>, usize> = BTreeMap::new();
        for (owner, secret) in secrets.iter().enumerate() {
            for form in forms(&secret.value, SHORTEST) {
                by_form.entry(form).or_insert(owner);
            }
        }
        if by_form.is_empty() {
            return None;
        }
        let (forms, owners): (Vec<Vec<u8>>, Vec<usize>) = by_form.into_iter().unzip();
        let built = NFA::builder()
            .match_kind(MatchKind::Standard)
            .prefilter(false)
            .build(&forms);
        let automaton = built.expect("secrets are far fewer than an automaton can hold");
        let start = automaton
            .start_state(Anchored::No)
            .expect("the automaton searches everywhere");
        let depths = depths(&automaton, start, &forms);
        let names: Vec<String> = secrets.iter().map(|secret| plain(&secret.name)).collect();
        let mut patterns = Self {
            automaton,
            start,
            depths,
            owners,
            names,
            marks: Vec::new(),
        };
        patterns.marks = patterns.choose_marks(&forms);
        Some(patterns)
    }

    pub(crate) const fn start(&self) -> StateID {
        self.start
    }

    /// The state after one more byte.
    pub(crate) fn step(&self, state: StateID, byte: u8) -> StateID {
        self.automaton.next_state(Anchored::No, state, byte)
    }

    /// How many of the last bytes may be the beginning of a secret.
    pub(crate) fn depth(&self, state: StateID) -> usize {
        self.depths.get(&state).copied().unwrap_or(0)
    }

    /// The secrets that end with the byte at `end - 1`.
    pub(crate) fn ending(&self, state: StateID, end: usize) -> impl Iterator<Item = Found> + '_ {
        let ends = if self.automaton.is_match(state) {
            self.automaton.match_len(state)
        } else {
            0
        };
        (0..ends).map(move |nth| {
            let pattern: PatternID = self.automaton.match_pattern(state, nth);
            Found {
                start: end - self.automaton.pattern_len(pattern),
                end: std::cmp::Reverse(end),
                secret: self.owners[pattern.as_usize()],
            }
        })
    }

    /// A secret that ends with the last byte.
    pub(crate) fn ending_here(&self, state: StateID) -> Option<usize> {
        let found = self.automaton.is_match(state);
        found.then(|| self.owners[self.automaton.match_pattern(state, 0).as_usize()])
    }

    /// How people know a secret.
    pub(crate) fn name(&self, secret: usize) -> &str {
        &self.names[secret]
    }

    /// What stands in a secret's place.
    pub(crate) fn mark(&self, secret: usize) -> &str {
        &self.marks[secret]
    }

    /// The name of the first secret in these bytes.
    pub(crate) fn find(&self, bytes: &[u8]) -> Option<&str> {
        let mut state = self.start;
        for byte in bytes {
            state = self.step(state, *byte);
            if let Some(secret) = self.ending_here(state) {
                return Some(self.name(secret));
            }
        }
        None
    }

    fn choose_marks(&self, forms: &[Vec<u8>]) -> Vec<String> {
        let free = |bracket: &str| {
            let holds =
                |form: &Vec<u8>| form.windows(bracket.len()).any(|w| w == bracket.as_bytes());
            !forms.iter().any(holds)
        };
        let pair = BRACKETS
            .iter()
            .find(|(open, close)| free(open) && free(close));
        let (open, close) = pair.unwrap_or(&BRACKETS[0]);
        let mark = |name: &String| {
            let words = [format!("redacted:{name}"), "redacted".to_owned()];
            let word = words
                .into_iter()
                .find(|word| self.find(word.as_bytes()).is_none());
            format!("{open}{}{close}", word.unwrap_or_default())
        };
        self.names.iter().map(mark).collect()
    }
}

/// Walks every beginning of every form: the state reached is that beginning's own.
fn depths(automaton: &NFA, start: StateID, forms: &[Vec<u8>]) -> HashMap<StateID, usize> {
    let mut depths = HashMap::new();
    for form in forms {
        let mut state = start;
        for (at, byte) in form.iter().enumerate() {
            state = automaton.next_state(Anchored::No, state, *byte);
            depths.insert(state, at + 1);
        }
    }
    depths
}

/// A name that means nothing to JSON, a shell or a page.
fn plain(name: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '_'
        }
    };
    name.chars().take(LONGEST_NAME).map(plain).collect()
}
