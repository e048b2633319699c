//! `baton runs why`.

use baton_wire::http::PlacementInfo;

use crate::{
    args::WhyArgs,
    client::Client,
    exit::Exit,
    output::{
        self,
        table::{sheet, table},
    },
};

pub(super) async fn run(args: WhyArgs) -> anyhow::Result<Exit> {
    let told = Client::new(&args.client)?.placement(args.run).await?;
    if args.client.json {
        output::print_json(&told)?;
    } else {
        output::print(&as_page(&told))?;
    }
    Ok(Exit::Done)
}

fn as_page(told: &PlacementInfo) -> String {
    let queue = told.queue.as_ref().map(|queue| {
        let (place, ahead) = (queue.position, queue.ahead);
        let (route, priority) = (&queue.route, &queue.priority);
        format!("{route}, {priority}: place {place}, {ahead} before it")
    });
    let advice = (!told.advice.is_empty()).then(|| told.advice.join("\n"));
    let head = sheet(&[
        ("state", Some(told.state.to_string())),
        ("held by", told.held_by.as_ref().map(ToString::to_string)),
        ("next attempt", told.due_at.map(|at| at.to_rfc3339())),
        ("queue", queue),
        ("what to do", advice),
    ]);
    if told.workers.is_empty() {
        return head;
    }
    let rows: Vec<Vec<String>> = told
        .workers
        .iter()
        .map(|it| {
            vec![
                it.worker.to_string(),
                it.verdict.to_string(),
                it.detail.clone(),
            ]
        })
        .collect();
    format!("{head}\n\n{}", table(&["WORKER", "VERDICT", "WHY"], &rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_says_where_it_waits_what_to_do_and_why_each_worker_does_not_take_it() {
        let told = serde_json::json!({
            "state": "queued",
            "queue": {"route": "gpu_command", "priority": "high", "position": 2, "ahead": 1},
            "workers": [{"worker": "w-1", "verdict": "busy", "detail": "0 of its slots are free"}],
            "advice": ["wait", "or not"],
        });
        let page = as_page(&serde_json::from_value(told).unwrap());
        assert_eq!(
            page,
            "state       queued\nqueue       gpu_command, high: place 2, 1 before it\n\
             what to do  wait\n            or not\n\n\
             WORKER  VERDICT  WHY\nw-1     busy     0 of its slots are free"
        );
    }
}
