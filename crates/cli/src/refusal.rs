//! A refused command line, told so that it can be mended: by the names of the flag and the
//! variable, where the value came from, and what the setting says.

use std::ffi::OsString;

use clap::{
    Arg, Command, Error,
    builder::StyledStr,
    error::{ContextKind, ContextValue},
};

use crate::settings::mask::masked;

/// The error with what helps to mend it. `line` is the command line with the program's name.
pub(crate) fn explained(mut error: Error, root: &Command, line: &[OsString]) -> Error {
    let command = command_of(root, line);
    let named: Vec<&Arg> = [ContextKind::InvalidArg, ContextKind::PriorArg]
        .into_iter()
        .flat_map(|kind| names(error.get(kind)))
        .filter_map(|name| find(command, &name))
        .collect();
    let mut tips: Vec<StyledStr> = named.iter().filter_map(|arg| tip(arg, line)).collect();
    if tips.is_empty() {
        return error;
    }
    if let Some(arg) = named.first() {
        hide_secret(&mut error, arg);
    }
    if let Some(ContextValue::StyledStrs(before)) = error.get(ContextKind::Suggested) {
        tips.splice(0..0, before.iter().cloned());
    }
    error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
    error
}

/// The command that a line ends up at.
fn command_of<'a>(root: &'a Command, line: &[OsString]) -> &'a Command {
    line.iter().skip(1).fold(root, |command, word| {
        command.find_subcommand(word).unwrap_or(command)
    })
}

fn names(value: Option<&ContextValue>) -> Vec<String> {
    match value {
        Some(ContextValue::String(name)) => vec![name.clone()],
        Some(ContextValue::Strings(names)) => names.clone(),
        _ => Vec::new(),
    }
}

/// The argument that is told as `--slots <N>`.
fn find<'a>(command: &'a Command, told: &str) -> Option<&'a Arg> {
    let flag = told.split([' ', '=']).next()?.strip_prefix("--")?;
    command
        .get_arguments()
        .find(|arg| arg.get_long() == Some(flag))
}

fn tip(arg: &Arg, line: &[OsString]) -> Option<StyledStr> {
    let variable = arg.get_env()?.to_str()?;
    let flag = format!("--{}", arg.get_long()?);
    let is_given = line.iter().any(|word| {
        let word = word.to_string_lossy();
        word == flag || word.starts_with(&format!("{flag}="))
    });
    let place = if is_given {
        format!("{flag} ({variable})")
    } else {
        format!("{flag} is set by the environment variable {variable}")
    };
    let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
    Some(StyledStr::from(format!("{place}: {help}")))
}

/// What may be a secret is not repeated. A value that was misread may hold one anywhere.
fn hide_secret(error: &mut Error, arg: &Arg) {
    let name = arg.get_env().and_then(|name| name.to_str());
    if let (Some(name), Some(ContextValue::String(value))) =
        (name, error.get(ContextKind::InvalidValue))
    {
        let shown = if arg.is_hide_env_values_set() {
            "****".to_owned()
        } else {
            masked(name, value)
        };
        error.insert(ContextKind::InvalidValue, ContextValue::String(shown));
    }
}
