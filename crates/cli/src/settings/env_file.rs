//! `.env.example`: every setting with what it says, commented out at its default.

use super::{Fallback, Setting};

const HEAD: &str = "\
# Every setting of Baton as an environment variable, at its default.
# Made by `baton config env`; a test keeps this file equal. Copy it to .env and take the `#` away
# from what you set. A flag on the command line counts more than a variable; `baton config show`
# says what counts and where it comes from.
# Secrets belong into files: each has a variable that ends in _FILE.";
/// Of a line of words.
const WIDTH: usize = 96;

/// The file's text.
pub(crate) fn env_file(settings: &[Setting]) -> String {
    let mut text = HEAD.to_owned();
    let mut section = "";
    for setting in settings {
        if setting.section != section {
            section = &setting.section;
            text.push_str(&format!("\n\n# ---- {section}"));
        }
        text.push_str("\n\n");
        text.push_str(&entry(setting));
    }
    text.push('\n');
    text
}

fn entry(setting: &Setting) -> String {
    let mut lines = wrapped(&setting.help);
    if !setting.choices.is_empty() {
        lines.push(format!("One of: {}", setting.choices.join(", ")));
    }
    if *setting.fallback() != Fallback::Absent || setting.defaults.len() > 1 {
        lines.extend(wrapped(&format!("Default: {}", setting.default_words())));
    }
    lines.push(format!("Read by: {}", readers(setting)));
    let value = match setting.fallback() {
        Fallback::Value(value) => value.as_str(),
        Fallback::Found(_) | Fallback::Absent => "",
    };
    let words: Vec<String> = lines.iter().map(|line| format!("# {line}")).collect();
    format!("{}\n#{}={value}", words.join("\n"), setting.variable)
}

/// The commands that read it.
pub(super) fn readers(setting: &Setting) -> String {
    if setting.commands.is_empty() {
        "every command".to_owned()
    } else {
        setting.commands.join(", ")
    }
}

fn wrapped(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
