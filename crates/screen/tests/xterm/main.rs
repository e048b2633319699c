//! xterm.js, which draws the terminal for whoever watches in a browser, is the measure of truth: a
//! dump and what follows it has to draw what the whole stream draws, cell by cell, mode by mode.
//!
//! The streams are recordings of real agents (`scripts/record-terminals.py` makes them anew), hostile
//! output, and noise. One difference is let through, since no terminal can be told it: a place where
//! nothing was printed counts as a space.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use baton_domain::TerminalSize;
use baton_screen::{Console, Screen};
use data_encoding::BASE64;
use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::TestRunner,
};
use serde_json::{Value, json};

#[path = "../noise.rs"]
mod noise;

/// A stream and where it is cut.
struct Case {
    name: String,
    size: TerminalSize,
    stream: Vec<u8>,
    cuts: Vec<usize>,
}

impl Case {
    /// What a console passes on of a program's output, cut at so many places.
    fn new(name: &str, size: TerminalSize, output: &[u8], cuts: usize, dice: &mut Dice) -> Self {
        let mut console = Console::new(size);
        let mut stream = Vec::new();
        for chunk in output.chunks(509) {
            stream.extend_from_slice(&console.feed(chunk).output);
        }
        let mut cuts: Vec<usize> = (0..cuts).map(|_| dice.below(stream.len() + 1)).collect();
        cuts.sort_unstable();
        Self {
            name: name.to_owned(),
            size,
            stream,
            cuts,
        }
    }

    fn line(&self) -> String {
        let mut screen = Screen::new(self.size);
        let mut from = 0;
        let mut cuts = Vec::new();
        for &at in &self.cuts {
            screen.feed(&self.stream[from..at]);
            from = at;
            let dump = BASE64.encode(&screen.snapshot().dump);
            cuts.push(json!({"at": at, "dump": dump}));
        }
        json!({
            "name": self.name,
            "cols": self.size.cols(),
            "rows": self.size.rows(),
            "stream": BASE64.encode(&self.stream),
            "cuts": cuts,
        })
        .to_string()
    }
}

/// Numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap_or(0)
    }
}

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Has xterm.js compare; every difference is told.
fn compare(cases: &[Case]) {
    judge(cases.iter().map(Case::line).collect());
}

/// Has xterm.js judge cases, each a line. Its answers, none of which tells of a difference.
fn judge(lines: Vec<String>) -> Vec<Value> {
    assert!(
        folder("../../static/node_modules/@xterm/headless").exists(),
        "xterm.js is missing: run scripts/page, which installs the page's packages"
    );
    let mut node = Command::new("node")
        .arg(folder("tests/xterm/compare.mjs"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("node starts");
    let mut ask = node.stdin.take().expect("it is piped");
    let asked = lines.len();
    let asking = std::thread::spawn(move || {
        for line in lines {
            writeln!(ask, "{line}").expect("node listens");
        }
    });
    let said = BufReader::new(node.stdout.take().expect("it is piped"));
    let mut answers: Vec<Value> = Vec::new();
    let mut wrong = Vec::new();
    for line in said.lines() {
        let line: Value = serde_json::from_str(&line.expect("text")).expect("JSON");
        for difference in line["differences"].as_array().expect("a list") {
            wrong.push(format!("{}: {}", line["name"], difference));
        }
        answers.push(line);
    }
    asking.join().expect("everything was asked");
    assert!(node.wait().expect("node ends").success());
    assert_eq!(answers.len(), asked);
    assert!(
        wrong.is_empty(),
        "{} differences:\n{}",
        wrong.len(),
        wrong[..wrong.len().min(12)].join("\n")
    );
    answers
}

fn size(cols: u16, rows: u16) -> TerminalSize {
    TerminalSize::new(cols, rows).expect("a size that can be drawn")
}

// 1,400 cut points.
#[test]
fn real_agents_are_drawn_alike_from_any_byte_on() {
    let mut dice = Dice(0x5eed_0001);
    let cases = [
        ("codex-tui", 500),
        ("codex-inline", 400),
        ("codex-exec", 100),
        ("claude-tui", 400),
    ]
    .map(|(name, cuts)| {
        let path = folder("tests/recordings").join(format!("{name}.vt"));
        let output = std::fs::read(path).expect("a recording");
        Case::new(name, TerminalSize::DEFAULT, &output, cuts, &mut dice)
    });
    compare(&cases);
}

#[test]
fn hostile_output_is_drawn_alike() {
    let hostile: [(&str, &[u8]); 6] = [
        ("clipboard", b"a\x1b]52;c;ZXZpbA==\x07b\x1b]52;c;?\x1b\\c"),
        ("links", b"\x1b]8;;javascript:alert(1)\x07js\x1b]8;;\x07 \x1b]8;;https://example.org\x07web\r\nmore\x1b]8;;\x07."),
        ("endless", &[b'\x1b', b']', b'0', b';', b'x', b'y'].repeat(4096)),
        ("bad UTF-8", b"a\xffb\xe2\x94c\xf0\x9f\x92\x1b[1m\xc0\xafd\xed\xa0\x80e\xe4\xb8\x1b[31mf\x9b1mg"),
        ("images and windows", b"\x1bPq#0;2~\x1b\\\x1b_Gf=100;AAAA\x1b\\\x1b[8;1;1t\x1b]0;t\x1b[31m\x07x\x1b[?3h\x1b[?45hy"),
        ("marks and turns", "e\u{301}\u{301}\u{202e}abc\u{2066} a\u{300}".as_bytes()),
    ];
    let mut dice = Dice(0x5eed_0002);
    let cases = hostile.map(|(name, output)| Case::new(name, size(20, 5), output, 20, &mut dice));
    compare(&cases);
}

#[test]
fn noise_is_drawn_alike() {
    let mut dice = Dice(0x5eed_0003);
    let mut runner = TestRunner::deterministic();
    let cases: Vec<Case> = (0..250)
        .map(|number| {
            let bytes = noise::noise()
                .new_tree(&mut runner)
                .expect("noise")
                .current();
            Case::new(
                &format!("noise {number}"),
                size(20, 6),
                &bytes,
                6,
                &mut dice,
            )
        })
        .collect();
    compare(&cases);
}

// B-02
#[test]
fn another_size_needs_the_screen_behind_it() {
    let wrapped = "0123456789abcdefghijklmnop\r\n".repeat(3);
    let other = format!("{wrapped}\x1b[?1049h\x1b[Hone\r\ntwo that is long enough");
    let scrolled = "a line\r\n".repeat(12);
    let mut cases = Vec::new();
    for (name, output) in [
        ("wrapped", &wrapped),
        ("other", &other),
        ("scrolled", &scrolled),
    ] {
        for (cols, rows) in [(11, 8), (40, 8), (20, 3), (20, 14), (9, 12), (31, 4)] {
            let mut console = Console::new(size(20, 8));
            let stream = console.feed(output.as_bytes()).output;
            console.resize(size(cols, rows));
            let (dump, lines) = (console.snapshot().dump, console.screen().text());
            console.feed(b"\x1b[?1049l");
            let sized = json!({
                "cols": cols, "rows": rows, "dump": BASE64.encode(&dump), "lines": lines,
            });
            let case = json!({
                "name": format!("{name} {cols}x{rows}"), "cols": 20, "rows": 8,
                "stream": BASE64.encode(&stream), "sized": sized, "left": console.screen().text(),
            });
            cases.push(case.to_string());
        }
    }
    let answers = judge(cases);
    // A terminal that is only told the size breaks lines anew and fetches those that had left.
    let alone = |name: &str| {
        answers
            .iter()
            .any(|a| a["name"] == name && a["alone"] == true)
    };
    assert!(!alone("wrapped 11x8") && !alone("wrapped 40x8") && !alone("scrolled 20x14"));
}

#[test]
fn the_page_counts_columns_as_the_emulator_does() {
    let page =
        std::fs::read_to_string(folder("../../static/src/lib/widths.ts")).expect("the table");
    let [none, wide] = [0, 2].map(|columns| baton_screen::ranges_of_width(columns).len());
    let ranges = page
        .lines()
        .filter(|line| line.contains('+') && !line.contains(' ') || line.matches('+').count() > 3);
    let count: usize = ranges.map(|line| line.matches('+').count()).sum();
    assert_eq!(
        count,
        none + wide,
        "static/src/lib/widths.ts is not fresh: run make generate"
    );
}
