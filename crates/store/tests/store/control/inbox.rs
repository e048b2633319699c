//! Requests for help are read page by page.

use baton_domain::{HelpEnd, HelpKind};
use baton_store::{Batch, HelpFilter, HelpStanding, HelpStep, help};

use super::examples::{asked_for, need, needs, uuid};
use crate::stage::{Stage, run, through};

#[tokio::test(flavor = "multi_thread")]
async fn the_inbox_of_the_fleet_lists_what_is_open_first_and_is_read_page_by_page() {
    let stage = Stage::start().await;
    let (one, mut other) = (run(), run());
    other.submission.pool = "gpu".parse().expect("a pool");
    let needed = needs().into_iter().zip(40..);
    let batch = Batch {
        help: needed
            .map(|(it, n)| asked_for(if n < 42 { one.id() } else { other.id() }, n, it))
            .collect(),
        new_runs: vec![one.clone(), other],
        ..Batch::default()
    };
    let mut writer = stage.store.writer().await.expect("nobody else writes");
    writer.write(&batch, through(50)).await.expect("all fit");
    assert_eq!(help::open_count(&stage.store).await.expect("a count"), 3);
    let all = async |filter: HelpFilter, limit: u32| {
        let (mut ids, mut after) = (Vec::new(), None);
        loop {
            let page = help::page(&stage.store, &filter, after, limit).await;
            let page = page.expect("a page");
            assert!(page.requests.len() <= limit as usize);
            ids.extend(page.requests.iter().map(|it| it.asked.help.id.as_u128()));
            after = page.next;
            if after.is_none() {
                break ids;
            }
        }
    };
    let everything = [40, 41, 42, 47, 46, 45, 44, 43];
    for limit in [1, 2, 3, 4, 50] {
        assert_eq!(
            all(HelpFilter::default(), limit).await,
            everything,
            "{limit}"
        );
    }
    let filter = |standing| HelpFilter {
        standing,
        ..HelpFilter::default()
    };
    assert_eq!(all(filter(HelpStanding::Open), 2).await, [40, 41, 42]);
    assert_eq!(
        all(filter(HelpStanding::Over), 2).await,
        [47, 46, 45, 44, 43]
    );
    let answered = filter(HelpStanding::Ended(HelpEnd::Answered));
    assert_eq!(all(answered, 2).await, [44, 43]);
    let of_run = HelpFilter {
        run: Some(one.id()),
        ..HelpFilter::default()
    };
    assert_eq!(all(of_run, 2).await, [40, 41]);
    let of_pool = HelpFilter {
        pool: Some("gpu".parse().expect("a pool")),
        kind: Some(HelpKind::RetriesUsedUp),
        ..HelpFilter::default()
    };
    assert_eq!(all(of_pool, 2).await, [42, 43]);

    let step = HelpStep {
        run: one.id(),
        help: need(40, HelpKind::Permission, true, Some(HelpEnd::Answered)),
    };
    let steps = Batch {
        help_steps: vec![step.clone()],
        ..Batch::default()
    };
    writer.write(&steps, through(51)).await.expect("it fits");
    let found = help::get(&stage.store, uuid(40)).await.expect("an answer");
    let found = found.expect("it was asked").asked;
    assert_eq!(
        (found.question.as_str(), &found.help),
        ("question 40", &step.help)
    );
    assert_eq!(help::open_count(&stage.store).await.expect("a count"), 2);
}
