//! `baton need-operator`: an agent asks a person.

use std::path::Path;

use anyhow::{Context, bail};
use baton_terminal::{Asked, HelpAsk, ask_person};
use baton_wire::event::HelpOption;
use serde_json::json;

use crate::{agent_socket, args::NeedOperatorArgs, exit::Exit, output};

/// Asks, and prints what came of it.
pub(crate) fn run(args: NeedOperatorArgs) -> anyhow::Result<Exit> {
    let Some(socket) = agent_socket::find() else {
        bail!(
            "this is no Baton run, so nobody was asked: BATON_AGENT_SOCKET is set for whatever \
             runs in one"
        );
    };
    let (json, timeout) = (args.json, args.timeout);
    let asked = ask(&socket, args)?;
    match asked {
        Asked::Open(help) => {
            let text = if json {
                json!({ "help": help }).to_string()
            } else {
                help.to_string()
            };
            output::print(&text)?;
            Ok(Exit::Done)
        }
        Asked::Answered(answered) => {
            let text = if json {
                json!(answered).to_string()
            } else {
                match answered.note {
                    Some(note) => format!("{}\n{note}", answered.answer),
                    None => answered.answer,
                }
            };
            output::print(&text)?;
            Ok(Exit::Done)
        }
        Asked::TimedOut(_) => {
            let waited = timeout.unwrap_or_default().as_secs();
            output::tell(&format!("nobody has answered in {waited} s"));
            Ok(Exit::Failed)
        }
        Asked::Refused(reason) => bail!("nobody was asked: {reason}"),
        Asked::Ending => bail!("nobody was asked: the run is being ended"),
    }
}

fn ask(socket: &Path, args: NeedOperatorArgs) -> anyhow::Result<Asked> {
    let mut ask = HelpAsk::new(args.question);
    (ask.detail, ask.wait) = (args.detail, args.wait);
    for (answer, label) in args.options {
        ask.options.push(HelpOption { answer, label });
    }
    ask_person(socket, ask, args.timeout).context("the run's host does not answer")
}
