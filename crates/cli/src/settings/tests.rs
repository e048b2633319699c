//! The settings as a whole: all are listed, all are bounded, no secret shows, every command teaches.

use std::{any::TypeId, fs, path::PathBuf};

use clap::{Arg, ArgAction, Command, CommandFactory, Parser, error::ErrorKind};

use super::{all, bounds::is_number, env_file, mask::is_secret, page};
use crate::args::Cli;

/// Flags that say what to do now, not how things are: they have no variable.
const DEEDS: [&str; 6] = ["once", "rebuild", "json", "help", "version", "scenario"];

/// What the variables of a section begin with.
const SECTIONS: [(&str, &str); 5] = [
    ("Broker", "BATON_NATS_"),
    ("Database", "BATON_DATABASE_"),
    ("Codex", "BATON_WORKER_"),
    ("Claude Code", "BATON_WORKER_CLAUDE_"),
    ("Tmate", "BATON_WORKER_TMATE_"),
];

fn root() -> Command {
    let mut root = Cli::command();
    root.build();
    root
}

/// Every command that does something, with the words that call it.
fn leaves(command: &Command, words: &[String]) -> Vec<(Vec<String>, Command)> {
    let below: Vec<&Command> = command
        .get_subcommands()
        .filter(|below| below.get_name() != "help" && !below.is_hide_set())
        .collect();
    if below.is_empty() {
        return vec![(words.to_vec(), command.clone())];
    }
    let further = below.into_iter().map(|below| {
        let words = [words, &[below.get_name().to_owned()]].concat();
        leaves(below, &words)
    });
    further.flatten().collect()
}

fn file(path: &str) -> (PathBuf, String) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path);
    let text = fs::read_to_string(&path).unwrap_or_default();
    (path, text)
}

// W-07
#[test]
fn the_files_that_list_all_settings_are_up_to_date() {
    let settings = all(&root());
    for (path, wanted) in [
        (".env.example", env_file(&settings)),
        ("docs/configuration.md", page(&settings)),
    ] {
        let (path, found) = file(path);
        assert!(
            found == wanted,
            "{} differs from the settings: run `make generate`",
            path.display()
        );
    }
}

// W-07
#[test]
fn every_setting_is_one_by_flag_and_variable_with_words_and_a_section() {
    for name in super::ROLES {
        let root = root();
        let role = root.find_subcommand(name).unwrap();
        for arg in role.get_arguments() {
            let id = arg.get_id().as_str();
            assert!(
                arg.get_env().is_some() || DEEDS.contains(&id),
                "`baton {name}` has --{id}, which no variable sets: give it `env = \"BATON_…\"`"
            );
        }
    }
    for setting in all(&root()) {
        let variable = &setting.variable;
        assert!(variable.starts_with("BATON_"), "{variable}");
        assert!(!setting.help.is_empty(), "{variable} has no help");
        assert_ne!(
            setting.section, "General",
            "{variable} has no section: give it a `help_heading`"
        );
        for (section, prefix) in SECTIONS {
            assert!(
                setting.section != section || variable.starts_with(prefix),
                "{variable} stands under {section}: a flattened struct's `next_help_heading` counts \
                 for all that follows; give its fields a `help_heading` each"
            );
        }
    }
}

// W-07
#[test]
fn every_number_says_its_range_and_is_held_to_it() {
    for (words, command) in leaves(&root(), &[]) {
        for arg in command.get_arguments().filter(|arg| is_number(arg)) {
            let name = format!("`{}` --{}", words.join(" "), arg.get_id());
            let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
            let Some(bounds) = super::Bounds::of(arg, &help) else {
                assert!(
                    arg.get_env().is_none(),
                    "{name} says no range: end its help with `1 to 9`"
                );
                continue;
            };
            let refuses = |value: u64| refuses(&words, arg, value);
            assert!(!refuses(bounds.least), "{name} refuses {}", bounds.least);
            assert!(!refuses(bounds.most), "{name} refuses {}", bounds.most);
            let under = bounds.least.checked_sub(1);
            assert!(under.is_none_or(refuses), "{name} takes too little");
            assert!(refuses(bounds.most + 1), "{name} takes too much");
            let unit = help.contains("second") || help.contains("minute") || help.contains("byte");
            let timed = ["SECONDS", "BYTES", "MINUTES"];
            let has_unit = arg
                .get_value_names()
                .is_some_and(|names| timed.contains(&names[0].as_str()));
            assert!(!has_unit || unit, "{name} does not say its unit");
        }
    }
}

fn refuses(words: &[String], arg: &Arg, value: u64) -> bool {
    let flag = format!("--{}={value}", arg.get_long().unwrap());
    let line = ["baton"]
        .into_iter()
        .chain(words.iter().map(String::as_str))
        .chain([flag.as_str()]);
    Cli::try_parse_from(line)
        .err()
        .is_some_and(|error| error.kind() == ErrorKind::ValueValidation)
}

// W-07
#[test]
fn no_secret_shows_in_help_and_each_may_stand_in_a_file() {
    let settings = all(&root());
    for (words, command) in leaves(&root(), &[]) {
        for arg in command.get_arguments() {
            let Some(variable) = arg.get_env().and_then(|name| name.to_str()) else {
                continue;
            };
            let may_hold = is_secret(variable)
                || ["BATON_DATABASE_URL", "BATON_NATS_URL"].contains(&variable)
                || variable.ends_with("_CONFIG");
            let line = words.join(" ");
            assert!(
                !may_hold || arg.is_hide_env_values_set(),
                "`{line}` shows {variable} in its help: set `hide_env_values = true`"
            );
        }
    }
    let secrets = settings
        .iter()
        .filter(|setting| is_secret(&setting.variable) || setting.variable == "BATON_DATABASE_URL");
    for secret in secrets {
        let sibling = format!("{}_FILE", secret.variable);
        assert!(
            settings.iter().any(|setting| setting.variable == sibling),
            "{} has no {sibling}",
            secret.variable
        );
    }
}

// W-07
#[test]
fn every_command_teaches_by_examples_that_it_takes() {
    for (words, command) in leaves(&root(), &[]) {
        let line = words.join(" ");
        let mut command = command.max_term_width(1000).term_width(1000);
        let help = command.render_long_help().to_string();
        let examples: Vec<&str> = help
            .lines()
            .filter_map(|line| line.trim_start().strip_prefix("baton "))
            .filter(|example| example.starts_with(&line))
            .collect();
        assert!(
            help.contains("Examples:") && !examples.is_empty(),
            "`baton {line}` shows no example in its help: add one to args/examples.rs"
        );
        for example in examples {
            // Words follow an example after two spaces.
            let example = example.split("  ").next().unwrap_or(example);
            let words = shell_words(example);
            let read = Cli::try_parse_from([&["baton".to_owned()][..], &words].concat());
            assert!(read.is_ok(), "baton {example}: {}", read.unwrap_err());
        }
    }
}

/// The words of a line as a shell takes them, single quotes and all.
fn shell_words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for (n, part) in line.split('\'').enumerate() {
        if n % 2 == 1 {
            words.last_mut().unwrap().push_str(part);
            continue;
        }
        for (n, word) in part.split(' ').enumerate() {
            if n > 0 && !words.last().unwrap().is_empty() {
                words.push(String::new());
            }
            words.last_mut().unwrap().push_str(word);
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn switches_may_be_switched_by_their_variable_in_words() {
    for (words, command) in leaves(&root(), &[]) {
        let switches = command
            .get_arguments()
            .filter(|arg| arg.get_env().is_some())
            .filter(|arg| matches!(arg.get_action(), ArgAction::SetTrue));
        for arg in switches {
            let parsed = arg.get_value_parser().type_id();
            assert!(parsed == TypeId::of::<bool>(), "{words:?} {}", arg.get_id());
        }
    }
}

/// What a container, a page or a script sets by another name than the settings' is set for nobody.
#[test]
fn every_variable_that_files_name_is_a_setting() {
    let known = all(&root());
    for path in [
        "docker-compose.yaml",
        "deploy/Dockerfile",
        "README.md",
        "CONTRIBUTING.md",
        "SECURITY.md",
    ] {
        let (path, text) = file(path);
        assert!(!text.is_empty(), "{} is missing", path.display());
        let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        let names = text.split(|c: char| !is_part(c));
        for name in names.filter(|name| name.len() > 6 && name.starts_with("BATON_")) {
            assert!(
                known.iter().any(|setting| setting.variable == name),
                "{} names {name}, which is no setting",
                path.display()
            );
        }
    }
}
