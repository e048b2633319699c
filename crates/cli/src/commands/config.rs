//! `baton config`: settings as they count, and the pages that list them.

use std::ffi::OsString;

use clap::{Command, CommandFactory};
use serde::Serialize;

use crate::{
    args::{Cli, ConfigCommand, ConfigShowArgs},
    exit::Exit,
    output::{self, table::table},
    refusal,
    settings::{self, ROLES, Shown},
};

/// A role and its settings.
#[derive(Debug, Serialize)]
struct OfRole {
    role: &'static str,
    settings: Vec<Shown>,
}

pub(super) fn run(command: ConfigCommand) -> anyhow::Result<Exit> {
    let root = definition();
    match command {
        ConfigCommand::Show(args) => show(&root, &args),
        ConfigCommand::Env => print(&settings::env_file(&settings::all(&root))),
        ConfigCommand::Page => print(&settings::page(&settings::all(&root))),
    }
}

/// The command line's definition, as it is used.
fn definition() -> Command {
    let mut root = Cli::command();
    root.build();
    root
}

fn print(text: &str) -> anyhow::Result<Exit> {
    output::print(text.trim_end())?;
    Ok(Exit::Done)
}

fn show(root: &Command, args: &ConfigShowArgs) -> anyhow::Result<Exit> {
    let roles: Vec<&'static str> = match args.role {
        Some(role) => vec![role.as_str()],
        None => ROLES.to_vec(),
    };
    let mut all = Vec::new();
    for role in roles {
        match of_role(root, role, &args.flags) {
            Ok(settings) => all.push(OfRole { role, settings }),
            Err(error) => {
                output::tell(error.to_string().trim_end());
                return Ok(Exit::Misused);
            }
        }
    }
    if args.json {
        output::print_json(&all)?;
    } else {
        let texts: Vec<String> = all.iter().map(words).collect();
        output::print(&texts.join("\n\n"))?;
    }
    for warning in strangers(root) {
        output::tell(&warning);
    }
    Ok(Exit::Done)
}

/// The settings of a role with these flags, as the role itself would read them.
fn of_role(root: &Command, role: &str, flags: &[String]) -> Result<Vec<Shown>, clap::Error> {
    let line: Vec<OsString> = ["baton", role]
        .into_iter()
        .chain(flags.iter().map(String::as_str))
        .map(OsString::from)
        .collect();
    let matches = Cli::command()
        .try_get_matches_from(&line)
        .map_err(|error| refusal::explained(error, root, &line))?;
    let below = matches.subcommand().map(|(_, below)| below);
    Ok(below.map_or_else(Vec::new, |below| settings::shown(root, role, below)))
}

fn words(of: &OfRole) -> String {
    let rows: Vec<Vec<String>> = of.settings.iter().map(row).collect();
    let heading = ["SETTING", "FLAG", "SOURCE", "VALUE"];
    format!("baton {}\n{}", of.role, table(&heading, &rows))
}

fn row(setting: &Shown) -> Vec<String> {
    let found = || match &setting.default {
        Some(default) => format!("({default})"),
        None => "(not set)".to_owned(),
    };
    // Several lines would break the table.
    let value = setting
        .value
        .as_ref()
        .map(|value| value.replace('\n', "\\n"));
    vec![
        setting.variable.clone(),
        setting.flag.clone(),
        setting.source.as_str().to_owned(),
        value.unwrap_or_else(found),
    ]
}

/// Variables that look like settings and are none: a slip of the pen would go unnoticed.
fn strangers(root: &Command) -> Vec<String> {
    let known = settings::all(root);
    let set = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let mut strange: Vec<String> = set
        .filter(|name| name.starts_with("BATON_"))
        .filter(|name| !known.iter().any(|setting| setting.variable == *name))
        .map(|name| format!("warning: {name} is set, but no setting has this name"))
        .collect();
    strange.sort();
    strange
}
