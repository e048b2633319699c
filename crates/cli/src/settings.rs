//! Every setting that Baton has, read from the command line's own definition, so that none can be
//! forgotten: what `baton config` shows, `.env.example` and `docs/configuration.md` list.

mod bounds;
mod env_file;
pub(crate) mod mask;
mod page;
mod shown;
#[cfg(test)]
mod tests;

use clap::{Arg, ArgAction, Command};

pub(crate) use bounds::Bounds;
pub(crate) use env_file::env_file;
pub(crate) use page::page;
pub(crate) use shown::{Shown, shown};

/// The commands that stay and work, in the order in which they are told of.
pub(crate) const ROLES: [&str; 5] = ["api", "worker", "recorder", "supervisor", "dev"];
/// Under what settings without a heading stand.
const GENERAL: &str = "General";

/// A flag that is an environment variable too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Setting {
    /// The variable.
    pub(crate) variable: String,
    /// The flag, with its dashes.
    pub(crate) flag: String,
    /// What kind of value it takes; nothing for a switch.
    pub(crate) value_name: Option<String>,
    /// The group that it belongs to.
    pub(crate) section: String,
    /// What it says, without its default.
    pub(crate) help: String,
    /// What counts when nobody sets it, for each command where that differs.
    pub(crate) defaults: Vec<(String, Fallback)>,
    /// The commands that read it; nothing means every one.
    pub(crate) commands: Vec<String>,
    /// The smallest and the largest value, for numbers.
    pub(crate) bounds: Option<Bounds>,
    /// The words that it takes, if it takes no others.
    pub(crate) choices: Vec<String>,
}

/// What counts when nobody sets a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fallback {
    /// This value.
    Value(String),
    /// What is found then, in words.
    Found(String),
    /// It is left out.
    Absent,
}

impl Fallback {
    /// For people.
    pub(crate) fn words(&self) -> &str {
        match self {
            Self::Value(value) | Self::Found(value) => value,
            Self::Absent => "not set",
        }
    }
}

/// All settings of a command line, each once, the roles' first.
pub(crate) fn all(root: &Command) -> Vec<Setting> {
    let mut found: Vec<Setting> = Vec::new();
    for arg in root.get_arguments() {
        note(&mut found, arg, None);
    }
    for name in ROLES {
        collect(root.find_subcommand(name), name, &mut found);
    }
    for command in root.get_subcommands() {
        let name = command.get_name();
        if !ROLES.contains(&name) && name != "help" {
            collect(Some(command), name, &mut found);
        }
    }
    by_section(found)
}

/// The settings that one command reads.
pub(crate) fn of_command(root: &Command, command: &str) -> Vec<Setting> {
    let reads = |setting: &Setting| {
        setting.commands.is_empty() || setting.commands.iter().any(|name| name == command)
    };
    all(root).into_iter().filter(reads).collect()
}

/// In the order in which sections and settings come first.
fn by_section(found: Vec<Setting>) -> Vec<Setting> {
    let mut sections: Vec<String> = Vec::new();
    for setting in &found {
        if !sections.contains(&setting.section) {
            sections.push(setting.section.clone());
        }
    }
    let of = |section: &String| {
        let section = section.clone();
        found
            .iter()
            .filter(move |setting| setting.section == section)
    };
    sections.iter().flat_map(of).cloned().collect()
}

fn collect(command: Option<&Command>, name: &str, found: &mut Vec<Setting>) {
    let Some(command) = command else { return };
    for arg in command.get_arguments().filter(|arg| !arg.is_global_set()) {
        note(found, arg, Some(name));
    }
    for below in command.get_subcommands() {
        collect(Some(below), name, found);
    }
}

/// Adds a setting, or what another command says of one that is known.
fn note(found: &mut Vec<Setting>, arg: &Arg, command: Option<&str>) {
    let Some(setting) = Setting::of(arg, command) else {
        return;
    };
    let same = |known: &&mut Setting| known.variable == setting.variable;
    match found.iter_mut().find(same) {
        None => found.push(setting),
        Some(known) => known.join(setting),
    }
}

impl Setting {
    fn of(arg: &Arg, command: Option<&str>) -> Option<Self> {
        let variable = arg.get_env()?.to_str()?.to_owned();
        let flag = format!("--{}", arg.get_long()?);
        let text = arg.get_long_help().or(arg.get_help());
        let text = text.map(ToString::to_string).unwrap_or_default();
        let (help, told) = without_default(&text);
        let takes_value = matches!(arg.get_action(), ArgAction::Set | ArgAction::Append);
        let value_name = arg.get_value_names().and_then(<[_]>::first);
        let choices = arg.get_possible_values();
        let bounds = Bounds::of(arg, &help);
        Some(Self {
            variable,
            flag,
            value_name: value_name
                .filter(|_| takes_value)
                .map(|name| name.to_string()),
            section: arg.get_help_heading().unwrap_or(GENERAL).to_owned(),
            defaults: vec![(
                command.unwrap_or_default().to_owned(),
                fallback(arg, told, takes_value),
            )],
            commands: command.into_iter().map(str::to_owned).collect(),
            bounds,
            choices: choices
                .iter()
                .filter(|_| takes_value)
                .map(|choice| choice.get_name().to_owned())
                .collect(),
            help,
        })
    }

    fn join(&mut self, other: Self) {
        for (command, fallback) in other.defaults {
            let known = self.defaults.iter().any(|(_, known)| *known == fallback);
            // A command that only looks whether something is there has no default of its own.
            if !known && fallback != Fallback::Absent {
                self.defaults.push((command, fallback));
            }
        }
        for command in other.commands {
            if !self.commands.contains(&command) {
                self.commands.push(command);
            }
        }
    }

    /// What counts when nobody sets it, where it is read first.
    pub(crate) fn fallback(&self) -> &Fallback {
        self.defaults
            .first()
            .map_or(&Fallback::Absent, |(_, fallback)| fallback)
    }

    /// The defaults in words, with the commands where they differ.
    pub(crate) fn default_words(&self) -> String {
        let mut words = self.fallback().words().to_owned();
        for (command, other) in self.defaults.iter().skip(1) {
            words.push_str(&format!("; {command}: {}", other.words()));
        }
        words
    }
}

fn fallback(arg: &Arg, told: Option<String>, takes_value: bool) -> Fallback {
    let values: Vec<String> = arg
        .get_default_values()
        .iter()
        .map(|value| value.to_string_lossy().into_owned())
        .collect();
    match (values.is_empty(), told, takes_value) {
        (false, _, _) => Fallback::Value(values.join(",")),
        (true, Some(told), _) => Fallback::Found(told),
        (true, None, false) => Fallback::Value("false".to_owned()),
        (true, None, true) => Fallback::Absent,
    }
}

/// The help without its last words `[default: …]`, and what stands in them.
fn without_default(help: &str) -> (String, Option<String>) {
    let Some((text, rest)) = help.split_once("[default: ") else {
        return (help.trim().to_owned(), None);
    };
    let default = rest.split_once(']').map_or(rest, |(default, _)| default);
    (text.trim().to_owned(), Some(default.to_owned()))
}
