//! Ids on the command line. What cannot be one is refused with what one looks like, and with the
//! command that lists them.

use std::str::FromStr;

use baton_domain::{RunId, WorkerId};
use uuid::Uuid;

/// What ids look like.
const EXAMPLE: &str = "01a8f2c4-6d3e-7b91-8a05-3f7c2e9d4b16";

/// The commands that list what has an id, by what the API calls it.
const LISTS: [(&str, &str); 5] = [
    ("run", "baton runs list"),
    ("request for help", "baton inbox list"),
    ("message", "baton runs messages"),
    ("token", "baton tokens list"),
    ("drain", "baton drain list"),
];

/// What there is instead of something that the API has not, by the words in which it says so.
pub(crate) fn instead(detail: &str) -> Option<String> {
    let what = detail.strip_prefix("there is no ")?.split(" '").next()?;
    let (_, listed_by) = LISTS.iter().find(|(listed, _)| *listed == what)?;
    let all = match what {
        "run" | "message" => ", beyond the first page with --all",
        "request for help" => ", settled ones too with --state any --all",
        "token" => ", expired and revoked ones too with --all",
        _ => "",
    };
    Some(format!("`{listed_by}` lists those there are{all}"))
}

/// A run's id.
pub(super) fn run(text: &str) -> Result<RunId, String> {
    text.parse().map_err(|_| match Uuid::try_parse(text) {
        Ok(id) => format!("write this run's id as {}", id.hyphenated()),
        Err(_) => none("run", "baton runs list"),
    })
}

/// The id of a request for help.
pub(super) fn request(text: &str) -> Result<Uuid, String> {
    uuid(text, "request", "baton inbox list")
}

/// The id of a message to an agent.
pub(super) fn message(text: &str) -> Result<Uuid, String> {
    uuid(text, "message", "baton runs messages")
}

/// The id of a token.
pub(super) fn token(text: &str) -> Result<Uuid, String> {
    uuid(text, "token", "baton tokens list")
}

/// The name of a worker that there is.
pub(super) fn worker(text: &str) -> Result<WorkerId, String> {
    WorkerId::from_str(text).map_err(|error| {
        let rule = error.rule;
        format!("this is no worker's name: {rule}; `baton workers list` lists them")
    })
}

fn uuid(text: &str, what: &str, listed_by: &str) -> Result<Uuid, String> {
    Uuid::try_parse(text).map_err(|_| none(what, listed_by))
}

fn none(what: &str, listed_by: &str) -> String {
    format!("this is no {what}'s id: one looks like {EXAMPLE}, and `{listed_by}` lists them")
}

#[cfg(test)]
mod tests {
    use std::any::TypeId;

    use clap::{Arg, Command, CommandFactory as _, Parser as _, error::ErrorKind};

    use super::*;
    use crate::args::Cli;

    /// Commands that give a worker its name, instead of asking for one.
    const NAMING: [&str; 2] = ["baton worker", "baton dev"];

    fn is_id(arg: &Arg) -> bool {
        let parsed = arg.get_value_parser().type_id();
        [
            TypeId::of::<RunId>(),
            TypeId::of::<Uuid>(),
            TypeId::of::<WorkerId>(),
        ]
        .iter()
        .any(|id| parsed == *id)
    }

    /// Every argument that is an id, with the words before its value.
    fn ids(command: &Command, path: &str) -> Vec<String> {
        let mut lines = Vec::new();
        if !NAMING.contains(&path) {
            for arg in command.get_arguments().filter(|arg| is_id(arg)) {
                let flag = arg.get_long().map(|long| format!(" --{long}"));
                lines.push(format!("{path}{}", flag.unwrap_or_default()));
            }
        }
        for sub in command.get_subcommands() {
            lines.extend(ids(sub, &format!("{path} {}", sub.get_name())));
        }
        lines
    }

    fn is_there(command: &str) -> bool {
        let mut words = command.split(' ').skip(1);
        let whole = Cli::command();
        let found = words.try_fold(&whole, |at, word| at.find_subcommand(word));
        found.is_some()
    }

    #[test]
    fn whatever_is_no_id_is_refused_with_what_one_is_and_where_to_find_it() {
        let lines = ids(&Cli::command(), "baton");
        assert!(lines.len() > 25, "{lines:?}");
        for line in lines {
            for bad in ["No 1", "", "123", &"9".repeat(5_000)] {
                // Any short word can be a worker's name.
                if bad == "123" && line.contains("worker") {
                    continue;
                }
                let words = line.split(' ').chain([bad]);
                let error = Cli::try_parse_from(words).expect_err(&line);
                let said = error.render().to_string();
                assert_eq!(error.kind(), ErrorKind::ValueValidation, "{line}: {said}");
                let (_, listed) = said.split_once("`baton").expect(&said);
                let (listed, _) = listed.split_once('`').expect(&said);
                assert!(is_there(&format!("baton{listed}")), "{line}: {said}");
                assert!(said.contains(EXAMPLE) || said.contains("a-z"), "{said}");
                assert!(said.contains("' for '"), "{said}");
            }
        }
    }

    #[test]
    fn what_there_is_not_is_told_with_the_command_that_lists_what_there_is() {
        for (what, listed_by) in LISTS {
            let said = instead(&format!("there is no {what} '{EXAMPLE}'")).expect(what);
            assert!(said.starts_with(&format!("`{listed_by}` lists")), "{said}");
            assert!(is_there(listed_by), "{said}");
            let all = said.contains("--all");
            let words = listed_by.split(' ').chain(["--help"]);
            let help = Cli::try_parse_from(words).unwrap_err().to_string();
            assert_eq!(all, help.contains("--all"), "{listed_by}");
        }
        assert_eq!(instead("there is no page 'x'"), None);
        assert_eq!(instead("the run 'x' is over"), None);
    }

    #[test]
    fn a_runs_id_in_another_spelling_is_told_in_the_right_one() {
        let said = run(&EXAMPLE.to_uppercase()).unwrap_err();
        assert_eq!(said, format!("write this run's id as {EXAMPLE}"));
        assert!(run(EXAMPLE).is_ok());
    }
}
