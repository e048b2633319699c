//! `baton inbox answer`.

use baton_wire::http::{HelpAnswerRequest, HelpRequest};

use crate::{args::InboxAnswerArgs, client::Client, exit::Exit, output};

pub(super) async fn run(args: InboxAnswerArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&args.client)?;
    let help = client.help(args.request).await?;
    let answer = meant(&help, &args.answer);
    let request = HelpAnswerRequest {
        answer: answer.clone(),
        note: args.note,
    };
    let taken = client.answer(args.request, &request).await?;
    if args.client.json {
        output::print_json(&taken)?;
    } else {
        output::print(&format!("answered: {answer}"))?;
    }
    Ok(Exit::Done)
}

/// The answer that is meant: a number stands for the option of that number, unless it is an answer
/// itself.
pub(super) fn meant(help: &HelpRequest, given: &str) -> String {
    let is_option = help.options.iter().any(|option| option.answer == given);
    let number = given.parse::<usize>().ok().filter(|_| !is_option);
    let option = number.and_then(|number| help.options.get(number.checked_sub(1)?));
    option.map_or(given, |option| &option.answer).to_owned()
}
