//! Why a run has not started: for each worker the first rule that keeps it from taking the run
//! now, and what would have to change. Pure: what is known of the fleet goes in.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::{
    Capability, Drain, DrainScope, Pool, Priority, Route, RunType, WorkerId, WorkerScope,
    choices::choices,
};

/// A run that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The queue that it waits in.
    pub route: Route,
    /// Its urgency there.
    pub priority: Priority,
    /// What it works on.
    pub repository: Option<String>,
}

/// A worker, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub worker: WorkerId,
    /// How it was heard.
    pub heard: Heard,
    /// Whether it takes no more because it says so.
    pub draining: bool,
    /// What each of its tokens allows; nothing known allows everything, since the broker has let
    /// it in.
    pub permitted: Vec<WorkerScope>,
    /// Whose queues it serves.
    pub pools: BTreeSet<Pool>,
    /// What work it does.
    pub run_types: BTreeSet<RunType>,
    /// What it has besides.
    pub capabilities: BTreeSet<Capability>,
    /// Slots that it has.
    pub slots: u32,
    /// Slots that no run takes.
    pub free: u32,
}

/// How a worker was heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Heard {
    /// Within a lease's time.
    Lately,
    /// Not for so many seconds.
    Before(u64),
}

/// Queued runs that are before the run: all that are more urgent, and those of its own queue and
/// urgency that came earlier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rivals {
    /// Their queue.
    pub route: Route,
    /// Their urgency.
    pub priority: Priority,
    /// How many.
    pub runs: u64,
}

choices! {
    /// The rules that keep a worker from a run, in the order in which they are looked at.
    Rule, "placement rule" {
        /// It is not heard.
        Unheard = "unheard",
        /// It, its pool or the fleet takes no more.
        Draining = "draining",
        /// Its token does not allow the pool or the kind of run.
        NotPermitted = "not_permitted",
        /// It does not serve the pool.
        Pool = "pool",
        /// It does not do this kind of run.
        RunType = "run_type",
        /// Its token does not allow the repository.
        Repository = "repository",
        /// It lacks something.
        Capabilities = "capabilities",
        /// It has fewer slots than the run takes.
        TooSmall = "too_small",
        /// Too few of its slots are free.
        Busy = "busy",
        /// It takes other runs before this one.
        Behind = "behind",
        /// None: it can take the run now.
        CanTakeNow = "can_take_now",
    }
}

/// What keeps a worker from the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The worker.
    pub worker: WorkerId,
    /// The first rule that excludes it.
    pub rule: Rule,
    /// The same for a person.
    pub detail: String,
}

/// Why a run has not started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// Runs of its own queue that are before it.
    pub ahead: u64,
    /// Every worker, by id.
    pub workers: Vec<Verdict>,
    /// What would have to change, the likeliest first.
    pub advice: Vec<String>,
}

/// Explains why a run that waits has not started.
#[must_use]
pub fn explain(
    run: &Waiting,
    workers: &[Candidate],
    drains: &[Drain],
    rivals: &[Rivals],
) -> Placement {
    let mut verdicts: Vec<Verdict> = workers
        .iter()
        .map(|worker| verdict(run, worker, drains, rivals))
        .collect();
    verdicts.sort_by(|a, b| a.worker.cmp(&b.worker));
    let of_queue = rivals.iter().filter(|rivals| rivals.route == run.route);
    Placement {
        ahead: of_queue.map(|rivals| rivals.runs).sum(),
        advice: advice(run, &verdicts, drains),
        workers: verdicts,
    }
}

fn verdict(run: &Waiting, worker: &Candidate, drains: &[Drain], rivals: &[Rivals]) -> Verdict {
    let (rule, detail) = excluded(run, worker, drains, rivals)
        .unwrap_or_else(|| (Rule::CanTakeNow, "it can take the run now".to_owned()));
    Verdict {
        worker: worker.worker.clone(),
        rule,
        detail,
    }
}

type Excluded = (Rule, String);

fn excluded(
    run: &Waiting,
    worker: &Candidate,
    drains: &[Drain],
    rivals: &[Rivals],
) -> Option<Excluded> {
    unheard(worker)
        .or_else(|| drained(run, worker, drains))
        .or_else(|| not_permitted(run, worker))
        .or_else(|| unfit(run, worker))
        .or_else(|| no_room(run, worker, rivals))
}

fn unheard(worker: &Candidate) -> Option<Excluded> {
    match worker.heard {
        Heard::Lately => None,
        Heard::Before(seconds) => {
            Some((Rule::Unheard, format!("it was not heard for {seconds} s")))
        }
    }
}

fn drained(run: &Waiting, worker: &Candidate, drains: &[Drain]) -> Option<Excluded> {
    if let Some(drain) = drain_of(run, &worker.worker, drains) {
        return Some((
            Rule::Draining,
            format!("drained ({}): {}", drain.scope, drain.note),
        ));
    }
    let says_so = || (Rule::Draining, "it takes no more runs".to_owned());
    worker.draining.then(says_so)
}

/// The drain that keeps a worker from the run's pool: the widest.
fn drain_of<'a>(run: &Waiting, worker: &WorkerId, drains: &'a [Drain]) -> Option<&'a Drain> {
    let scopes = [
        DrainScope::Fleet,
        DrainScope::Worker(worker.clone()),
        DrainScope::Pool(run.route.pool.clone()),
    ];
    let of = |scope: &DrainScope| drains.iter().find(|drain| drain.scope == *scope);
    scopes.iter().find_map(of)
}

fn not_permitted(run: &Waiting, worker: &Candidate) -> Option<Excluded> {
    let Route { pool, run_type, .. } = &run.route;
    if allowed(worker, |scope| {
        scope.allows_pool(pool) && scope.allows_run_type(*run_type)
    }) {
        return None;
    }
    let what = if allowed(worker, |scope| scope.allows_pool(pool)) {
        format!("runs of type {run_type}")
    } else {
        format!("pool {pool}")
    };
    Some((
        Rule::NotPermitted,
        format!("its token does not allow {what}"),
    ))
}

fn allowed(worker: &Candidate, by: impl Fn(&WorkerScope) -> bool) -> bool {
    worker.permitted.is_empty() || worker.permitted.iter().any(by)
}

/// What the worker would have to be to take the run at all.
fn unfit(run: &Waiting, worker: &Candidate) -> Option<Excluded> {
    let route = &run.route;
    if !worker.pools.contains(&route.pool) {
        let served = listed(&worker.pools);
        return Some((
            Rule::Pool,
            format!("it serves {served}, not {}", route.pool),
        ));
    }
    if !worker.run_types.contains(&route.run_type) {
        let done = listed(&worker.run_types);
        let detail = format!("it does {done}, not {}", route.run_type);
        return Some((Rule::RunType, detail));
    }
    let repository = run.repository.as_deref();
    if !allowed(worker, |scope| {
        scope.allows_pool(&route.pool)
            && scope.allows_run_type(route.run_type)
            && scope.allows_repository(repository)
    }) {
        let detail = "its token does not allow the repository".to_owned();
        return Some((Rule::Repository, detail));
    }
    let missing: BTreeSet<&Capability> = route
        .capabilities
        .difference(&worker.capabilities)
        .collect();
    if !missing.is_empty() {
        return Some((Rule::Capabilities, format!("it lacks {}", listed(&missing))));
    }
    let needs = route.slots.get();
    let small = || {
        let detail = format!("it has {} slots, and the run takes {needs}", worker.slots);
        (Rule::TooSmall, detail)
    };
    (worker.slots < needs).then(small)
}

fn no_room(run: &Waiting, worker: &Candidate, rivals: &[Rivals]) -> Option<Excluded> {
    let needs = run.route.slots.get();
    if worker.free < needs {
        let detail = format!(
            "{} of its slots are free, and the run takes {needs}",
            worker.free
        );
        return Some((Rule::Busy, detail));
    }
    let before: u64 = rivals
        .iter()
        .filter(|rivals| rivals.route == run.route || takes(worker, &rivals.route))
        .map(|rivals| rivals.runs)
        .sum();
    let behind = || (Rule::Behind, format!("it takes {before} other runs before"));
    (before > 0).then(behind)
}

/// Whether it would take runs of a queue now.
fn takes(worker: &Candidate, route: &Route) -> bool {
    route.admits(&worker.pools, &worker.run_types, &worker.capabilities)
        && route.slots.get() <= worker.free
        && allowed(worker, |scope| {
            scope.allows_pool(&route.pool) && scope.allows_run_type(route.run_type)
        })
}

fn listed(names: impl IntoIterator<Item = impl fmt::Display>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| name.to_string()).collect();
    if names.is_empty() {
        "nothing".to_owned()
    } else {
        names.join(", ")
    }
}

/// What would have to change: for the workers that came nearest, the rule that stopped them.
fn advice(run: &Waiting, verdicts: &[Verdict], drains: &[Drain]) -> Vec<String> {
    let route = &run.route;
    let mut by_rule: BTreeMap<Rule, Vec<&Verdict>> = BTreeMap::new();
    for verdict in verdicts {
        by_rule.entry(verdict.rule).or_default().push(verdict);
    }
    let nearest = by_rule.iter().next_back();
    let mut advice: Vec<String> = match nearest {
        Some((Rule::CanTakeNow, _)) => vec!["wait a moment: a worker can take it now".to_owned()],
        Some((Rule::Behind, near)) => vec![format!(
            "wait: other runs are before it ({}: {})",
            near[0].worker, near[0].detail
        )],
        Some((Rule::Busy, near)) => vec![format!(
            "wait until {} has {} free, or {}",
            listed(near.iter().map(|v| &v.worker)),
            match route.slots.get() {
                1 => "a slot".to_owned(),
                n => format!("{n} slots"),
            },
            wanted(route)
        )],
        _ => vec![wanted(route)],
    };
    let permissions = [Rule::NotPermitted, Rule::Repository];
    let refused = permissions.iter().filter_map(|rule| by_rule.get(rule));
    advice.extend(refused.flatten().map(|verdict| {
        format!(
            "or give worker {} another token: {}",
            verdict.worker, verdict.detail
        )
    }));
    let scopes: BTreeSet<&DrainScope> = by_rule
        .get(&Rule::Draining)
        .into_iter()
        .flatten()
        .filter_map(|verdict| drain_of(run, &verdict.worker, drains))
        .map(|drain| &drain.scope)
        .collect();
    for drain in drains.iter().filter(|drain| scopes.contains(&drain.scope)) {
        advice.push(format!("or undrain {}: {}", drain.scope, drain.note));
    }
    advice
}

/// A worker that would take the run.
fn wanted(route: &Route) -> String {
    let mut text = format!(
        "start a worker that serves pool {} and does {}",
        route.pool, route.run_type
    );
    if !route.capabilities.is_empty() {
        text = format!("{text}, has {}", listed(&route.capabilities));
    }
    if route.slots.get() > 1 {
        text = format!("{text}, with at least {} slots", route.slots);
    }
    text
}

#[cfg(test)]
mod tests;
