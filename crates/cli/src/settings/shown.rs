//! The settings of a command as they count here and now.

use clap::{ArgMatches, Command, parser::ValueSource};
use serde::Serialize;

use super::{Fallback, Setting, mask::masked, of_command};

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Source {
    /// The command line.
    Flag,
    /// The environment.
    Environment,
    /// Nobody has set it.
    Default,
}

impl Source {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Environment => "environment",
            Self::Default => "default",
        }
    }
}

/// A setting and its value, fit to be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Shown {
    /// The variable.
    pub(crate) variable: String,
    /// The flag.
    pub(crate) flag: String,
    /// The group that it belongs to.
    pub(crate) section: String,
    /// The value without its secrets; absent when there is none, or when it is only found later.
    pub(crate) value: Option<String>,
    /// Where it comes from.
    pub(crate) source: Source,
    /// What counts when nobody sets it.
    pub(crate) default: Option<String>,
    /// What it says.
    pub(crate) help: String,
}

/// The settings of a top-level command, as `matches` of the same command line has them.
pub(crate) fn shown(root: &Command, command: &str, matches: &ArgMatches) -> Vec<Shown> {
    let Some(definition) = root.find_subcommand(command) else {
        return Vec::new();
    };
    let settings = of_command(root, command);
    let id_of = |setting: &Setting| {
        let same = |arg: &&clap::Arg| arg.get_env().is_some_and(|env| *env == *setting.variable);
        definition.get_arguments().find(same).map(clap::Arg::get_id)
    };
    settings
        .into_iter()
        .filter_map(|setting| {
            let id = id_of(&setting)?.as_str();
            Some(show(setting, command, id, matches))
        })
        .collect()
}

fn show(setting: Setting, command: &str, id: &str, matches: &ArgMatches) -> Shown {
    let source = match matches.value_source(id) {
        Some(ValueSource::CommandLine) => Source::Flag,
        Some(ValueSource::EnvVariable) => Source::Environment,
        _ => Source::Default,
    };
    let of_command = |(name, _): &&(String, Fallback)| name == command;
    let fallback = setting.defaults.iter().find(of_command);
    let fallback = fallback.map_or_else(|| setting.fallback(), |(_, fallback)| fallback);
    let default = match fallback {
        Fallback::Absent => None,
        fallback => Some(masked(&setting.variable, fallback.words())),
    };
    let value = matches.get_raw(id).map(|values| {
        let values: Vec<String> = values
            .map(|value| masked(&setting.variable, &value.to_string_lossy()))
            .collect();
        values.join(",")
    });
    Shown {
        variable: setting.variable,
        flag: setting.flag,
        section: setting.section,
        value,
        source,
        default,
        help: setting.help,
    }
}
