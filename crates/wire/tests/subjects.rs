//! Subjects: what is built is parsed back, and nothing else is parsed.

use std::collections::BTreeSet;

use baton_domain::{DrainScope, Priority, Route, RunId, RunType, Slots, TerminalName, WorkerId};
use baton_wire::{
    Filter, Subject,
    subject::{parse_queue_name, queue_name},
};
use proptest::prelude::*;
use uuid::Uuid;

fn name() -> impl Strategy<Value = String> {
    "[a-z0-9][a-z0-9-]{0,62}"
}

fn run() -> impl Strategy<Value = RunId> {
    any::<u128>().prop_map(|n| RunId::from_uuid(Uuid::from_u128(n)))
}

fn worker() -> impl Strategy<Value = WorkerId> {
    name().prop_map(|name| name.parse().expect("a worker id"))
}

fn route() -> impl Strategy<Value = Route> {
    let run_type = prop::sample::select(RunType::ALL);
    let capabilities = prop::collection::btree_set(name(), 0..8);
    (name(), run_type, 1..=Slots::MAX, capabilities).prop_map(|(pool, run_type, slots, names)| {
        Route {
            pool: pool.parse().expect("a pool"),
            run_type,
            slots: Slots::new(slots).expect("1 to 64"),
            capabilities: names
                .iter()
                .map(|name| name.parse().expect("a capability"))
                .collect(),
        }
    })
}

fn scope() -> impl Strategy<Value = DrainScope> {
    prop_oneof![
        Just(DrainScope::Fleet),
        name().prop_map(|name| DrainScope::Pool(name.parse().expect("a pool"))),
        worker().prop_map(DrainScope::Worker),
    ]
}

fn terminal() -> impl Strategy<Value = TerminalName> {
    prop::sample::select(TerminalName::ALL)
}

fn priority() -> impl Strategy<Value = Priority> {
    prop::sample::select(Priority::ALL)
}

fn subject() -> impl Strategy<Value = Subject> {
    prop_oneof![
        (run(), route(), priority()).prop_map(|(run, route, priority)| Subject::Offer {
            run,
            route,
            priority
        }),
        (run(), worker()).prop_map(|(run, worker)| Subject::Lease { run, worker }),
        run().prop_map(|run| Subject::Control { run }),
        (run(), worker()).prop_map(|(run, worker)| Subject::Events { run, worker }),
        worker().prop_map(|worker| Subject::Beat { worker }),
        (route(), priority()).prop_map(|(route, priority)| Subject::Hint { route, priority }),
        worker().prop_map(|worker| Subject::Desk { worker }),
        scope().prop_map(|scope| Subject::Drain { scope }),
        worker().prop_map(|worker| Subject::WorkerControl { worker }),
        worker().prop_map(|worker| Subject::WorkerGate { worker }),
        run().prop_map(|run| Subject::Grant { run }),
        (run(), terminal(), worker()).prop_map(|(run, terminal, worker)| Subject::TerminalOutput {
            run,
            terminal,
            worker
        }),
        (run(), terminal(), worker()).prop_map(|(run, terminal, worker)| Subject::TerminalKey {
            run,
            terminal,
            worker
        }),
        (run(), terminal(), worker()).prop_map(|(run, terminal, worker)| Subject::WorkerInput {
            run,
            terminal,
            worker
        }),
    ]
}

/// Whether a subject passes a filter, as the broker sees it.
fn passes(filter: &Filter, subject: &Subject) -> bool {
    let (filter, subject) = (filter.to_string(), subject.to_string());
    let mut tokens = subject.split('.');
    for wanted in filter.split('.') {
        match (wanted, tokens.next()) {
            (">", Some(_)) => return true,
            ("*", Some(_)) => {}
            (wanted, Some(token)) if wanted == token => {}
            _ => return false,
        }
    }
    tokens.next().is_none()
}

proptest! {
    #[test]
    fn what_is_built_is_parsed_back(subject in subject()) {
        let text = subject.to_string();
        prop_assert_eq!(text.parse::<Subject>().unwrap(), subject);
        prop_assert!(!text.contains(['*', '>', ' ']) && text.split('.').all(|t| !t.is_empty()));
    }

    #[test]
    fn any_other_text_is_refused_or_is_the_one_spelling(text in ".{0,80}") {
        if let Ok(subject) = text.parse::<Subject>() {
            prop_assert_eq!(subject.to_string(), text);
        }
    }

    #[test]
    fn a_subject_with_a_changed_token_is_refused_or_another(
        subject in subject(),
        at in any::<prop::sample::Index>(),
        token in "[a-zA-Z0-9_*> -]{0,12}",
    ) {
        let text = subject.to_string();
        let mut tokens: Vec<&str> = text.split('.').collect();
        let at = at.index(tokens.len());
        tokens[at] = &token;
        let changed = tokens.join(".");
        if let Ok(other) = changed.parse::<Subject>() {
            prop_assert_eq!(other.to_string(), changed);
        }
    }

    #[test]
    fn routes_and_queue_names_are_parsed_back(route in route(), priority in priority()) {
        prop_assert_eq!(route.to_string().parse::<Route>().unwrap(), route.clone());
        let name = queue_name(&route, priority);
        prop_assert_eq!(parse_queue_name(&name), Some((route, priority)));
    }

    #[test]
    fn filters_let_through_what_they_are_for(
        run in run(), other in run(), route in route(), priority in priority(), worker in worker(),
    ) {
        prop_assume!(run != other);
        let offer = Subject::Offer { run, route: route.clone(), priority };
        let lease = Subject::Lease { run, worker: worker.clone() };
        let events = Subject::Events { run, worker: worker.clone() };
        let beat = Subject::Beat { worker };
        for kept in [&offer, &lease, &events, &Subject::Control { run }] {
            prop_assert!(passes(&Filter::AllRuns, kept));
            prop_assert!(passes(&Filter::Run(run), kept));
            prop_assert!(!passes(&Filter::Run(other), kept));
            prop_assert_eq!(passes(&Filter::Leases(run), kept), *kept == lease);
            prop_assert_eq!(passes(&Filter::AllOffers, kept), *kept == offer);
            prop_assert_eq!(passes(&Filter::RunOffers(run), kept), *kept == offer);
            prop_assert!(!passes(&Filter::Hints(route.clone()), kept));
            prop_assert!(!passes(&Filter::Beats, kept) && !passes(&Filter::Fleet, kept));
        }
        prop_assert!(!passes(&Filter::Leases(other), &lease));
        let drain = Subject::Drain { scope: DrainScope::Fleet };
        prop_assert!(!passes(&Filter::AllRuns, &drain) && passes(&Filter::Fleet, &drain));
        let hint = Subject::Hint { route: route.clone(), priority };
        prop_assert!(!passes(&Filter::AllRuns, &hint) && passes(&Filter::Hints(route.clone()), &hint));
        prop_assert!(!passes(&Filter::AllRuns, &beat) && passes(&Filter::Beats, &beat));
        for any in Priority::ALL {
            let queue = Filter::Offers(route.clone(), *any);
            prop_assert_eq!(passes(&queue, &offer), *any == priority);
        }
    }

    // The queues are disjoint: an offer waits in one of them only.
    #[test]
    fn an_offer_is_in_one_queue_only(routes in prop::collection::btree_set(route(), 1..6), run in run()) {
        let taken: Route = routes.iter().next().expect("a route").clone();
        let offer = Subject::Offer { run, route: taken, priority: Priority::Normal };
        let queues: BTreeSet<String> = routes
            .iter()
            .flat_map(|route| Priority::ALL.iter().map(|p| Filter::Offers(route.clone(), *p)))
            .filter(|queue| passes(queue, &offer))
            .map(|queue| queue.to_string())
            .collect();
        prop_assert_eq!(queues.len(), 1);
    }
}

#[test]
fn bad_subjects_are_refused_with_a_reason() {
    let run = "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f607a";
    for (bad, why) in [
        (String::new(), "baton.v1."),
        (format!("baton.v2.run.a.{run}.ctl"), "baton.v1."),
        (format!("baton.v1.walk.a.{run}.ctl"), "neither"),
        (format!("baton.v1.run.b.{run}.ctl"), "shard"),
        (
            format!("baton.v1.run.a.{}.ctl", run.to_uppercase()),
            "canonical",
        ),
        (
            format!("baton.v1.run.a.{}.ctl", run.replace('-', "")),
            "canonical",
        ),
        (format!("baton.v1.run.a.{run}.ctl.x"), "kind"),
        (format!("baton.v1.run.a.{run}.evt"), "kind"),
        (format!("baton.v1.run.a.{run}.evt.Big"), "worker id"),
        (format!("baton.v1.run.a.{run}.lease.*"), "worker id"),
        (format!("baton.v1.run.a.{run}.offer.default.high"), "route"),
        (
            format!("baton.v1.run.a.{run}.offer.default_command_b_a.high"),
            "route",
        ),
        (
            format!("baton.v1.run.a.{run}.offer.default_command.urgent"),
            "priority",
        ),
        ("baton.v1.beat.".to_owned(), "worker id"),
    ] {
        let error = bad.parse::<Subject>().unwrap_err().to_string();
        assert!(error.contains(why), "{error}");
    }
}
