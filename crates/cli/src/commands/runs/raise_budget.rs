//! `baton runs raise-budget`.

use baton_wire::http::ControlRequest;

use super::pause::taken_down;
use crate::{args::RaiseBudgetArgs, client::Client, exit::Exit};

pub(super) async fn run(args: RaiseBudgetArgs) -> anyhow::Result<Exit> {
    let client = Client::new(&args.client)?;
    let (budget, limit) = args.budget;
    let request = ControlRequest {
        action: "raise_budget".to_owned(),
        note: args.note,
        budget: Some(budget.to_string()),
        limit: Some(limit),
        ..ControlRequest::default()
    };
    let taken = client.wish(args.run, &request).await?;
    let words = format!("the run may use up {limit} ({budget})");
    taken_down(&taken, args.client.json, &words)
}
