//! `docs/configuration.md`: every setting in a table a section.

use super::{Setting, env_file::readers};

const HEAD: &str = "\
# Configuration

Made by `baton config page`; a test keeps this page equal.

Every setting is a flag and an environment variable; `.env.example` lists the variables. What counts, \
in this order: the flag, the variable, the default. `baton config show worker` prints what counts for \
a role and where each value comes from, with secrets masked; `baton config show worker -- --slots 4` \
shows what that command line would do. A value that cannot be meant is refused before anything is \
started, with the names of the flag and the variable and what is allowed.

Secrets belong into files: where a setting holds a secret, its sibling that ends in `_FILE` names a \
file with the secret, so that it stands in no process list and no environment. `baton config show` \
never prints a secret, nor the password in a URL.";

/// The page's text.
pub(crate) fn page(settings: &[Setting]) -> String {
    let mut text = HEAD.to_owned();
    let mut section = "";
    for setting in settings {
        if setting.section != section {
            section = &setting.section;
            text.push_str(&format!(
                "\n\n## {section}\n\n| variable | flag | what | default | read by |\n|---|---|---|---|---|"
            ));
        }
        text.push('\n');
        text.push_str(&row(setting));
    }
    text.push('\n');
    text
}

fn row(setting: &Setting) -> String {
    let flag = match &setting.value_name {
        Some(value) => format!("{} {value}", setting.flag),
        None => setting.flag.clone(),
    };
    let mut what = setting.help.clone();
    if !setting.choices.is_empty() {
        what.push_str(&format!(": {}", setting.choices.join(", ")));
    }
    let cells = [
        format!("`{}`", setting.variable),
        format!("`{flag}`"),
        escaped(&what),
        escaped(&setting.default_words()),
        readers(setting),
    ];
    format!("| {} |", cells.join(" | "))
}

/// Text in a cell: a bar would end it, an angle bracket would begin a tag.
fn escaped(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words.join(" ").replace('|', "\\|").replace('<', "&lt;")
}
