use proptest::prelude::*;

use super::*;

fn run(route: &str) -> Waiting {
    Waiting {
        route: route.parse().expect("a route"),
        priority: Priority::Normal,
        repository: Some("/srv/app.git".to_owned()),
    }
}

fn worker() -> Candidate {
    Candidate {
        worker: "w-1".parse().expect("a worker id"),
        heard: Heard::Lately,
        draining: false,
        permitted: Vec::new(),
        pools: ["a".parse().expect("a pool")].into(),
        run_types: [RunType::Command].into(),
        capabilities: ["gpu".parse().expect("a capability")].into(),
        slots: 4,
        free: 2,
    }
}

fn token() -> WorkerScope {
    WorkerScope::everything("w-*".parse().expect("a pattern"))
}

fn drain(scope: &str) -> Drain {
    Drain {
        scope: scope.parse().expect("a scope"),
        actor: "ada".to_owned().try_into().expect("an actor"),
        note: "new kernel".to_owned(),
        since: chrono::DateTime::UNIX_EPOCH,
        until: None,
        runs: crate::DrainedRuns::Finish,
    }
}

fn rivals(route: &str, priority: Priority, runs: u64) -> Rivals {
    let route = route.parse().expect("a route");
    Rivals {
        route,
        priority,
        runs,
    }
}

fn rule(run: &Waiting, worker: &Candidate) -> Rule {
    explain(run, std::slice::from_ref(worker), &[], &[]).workers[0].rule
}

// W-03
#[test]
fn each_rule_is_named_before_those_that_follow() {
    let mut worker = worker();
    let run = run("b_codex-exec_W6_docker");
    let mut token = token();
    token.pools = ["a".parse().expect("a pool")].into();
    token.repositories = vec!["/other/*".parse().expect("a pattern")];
    (worker.heard, worker.draining, worker.permitted) =
        (Heard::Before(20), true, vec![token.clone()]);
    assert_eq!(rule(&run, &worker), Rule::Unheard);
    worker.heard = Heard::Lately;
    assert_eq!(rule(&run, &worker), Rule::Draining);
    worker.draining = false;
    assert_eq!(rule(&run, &worker), Rule::NotPermitted);
    token.pools.clear();
    token.run_types = [RunType::Command].into();
    worker.permitted = vec![token.clone()];
    assert_eq!(rule(&run, &worker), Rule::NotPermitted);
    token.run_types.clear();
    worker.permitted = vec![token.clone()];
    assert_eq!(rule(&run, &worker), Rule::Pool);
    worker.pools.insert("b".parse().expect("a pool"));
    assert_eq!(rule(&run, &worker), Rule::RunType);
    worker.run_types.insert(RunType::CodexExec);
    assert_eq!(rule(&run, &worker), Rule::Repository);
    token.repositories.clear();
    worker.permitted = vec![token];
    assert_eq!(rule(&run, &worker), Rule::Capabilities);
    worker
        .capabilities
        .insert("docker".parse().expect("a capability"));
    assert_eq!(rule(&run, &worker), Rule::TooSmall);
    worker.slots = 6;
    assert_eq!(rule(&run, &worker), Rule::Busy);
    worker.free = 6;
    assert_eq!(rule(&run, &worker), Rule::CanTakeNow);
}

// W-03
#[test]
fn what_is_before_a_run_is_counted_and_advice_says_what_to_do() {
    let heavy = run("a_command_W2_gpu");
    let (run, worker) = (run("a_command"), [worker()]);
    let before = [
        rivals("a_command", Priority::High, 2),
        rivals("a_command", Priority::Normal, 1),
        rivals("a_command_gpu", Priority::High, 4),
        rivals("a_command_W3", Priority::High, 8),
        rivals("z_command", Priority::High, 16),
    ];
    let told = explain(&run, &worker, &[], &before);
    assert_eq!((told.ahead, told.workers[0].rule), (3, Rule::Behind));
    assert_eq!(told.workers[0].detail, "it takes 7 other runs before");
    let told = explain(&run, &worker, &[], &before[3..]);
    assert_eq!((told.ahead, told.workers[0].rule), (0, Rule::CanTakeNow));
    let told = explain(&run, &worker, &[drain("pool.b"), drain("pool.a")], &[]);
    assert_eq!(told.workers[0].detail, "drained (pool.a): new kernel");
    assert_eq!(told.advice[1], "or undrain pool.a: new kernel");
    let nobody = explain(&heavy, &[], &[], &[]);
    assert_eq!(
        nobody.advice,
        ["start a worker that serves pool a and does command, has gpu, with at least 2 slots"]
    );
}

fn route() -> impl Strategy<Value = Route> {
    let weight = prop::sample::select(vec!["", "_W2", "_W4"]);
    let needs = prop::sample::select(vec!["", "_docker", "_gpu", "_docker_gpu"]);
    let pool = prop::sample::select(vec!["a", "b"]);
    (pool, weight, needs).prop_map(|(pool, weight, needs)| {
        format!("{pool}_command{weight}{needs}")
            .parse()
            .expect("a route")
    })
}

proptest! {
    // W-03: a worker can take the run exactly if nothing at all speaks against it.
    #[test]
    fn can_take_now_is_said_of_exactly_those_that_can(
        route in route(),
        heard: bool,
        draining: bool,
        permitted in prop::option::of(prop::sample::select(vec!["a", "b"])),
        serves_b: bool,
        has_docker: bool,
        slots in 1..5_u32,
        taken in 0..4_u32,
        drained in prop::option::of(prop::sample::select(vec!["fleet", "pool.a", "worker.w-1", "worker.w-2"])),
        before in prop::option::of((route(), 1..3_u64)),
    ) {
        let mut it = worker();
        it.heard = if heard { Heard::Lately } else { Heard::Before(30) };
        (it.draining, it.slots, it.free) = (draining, slots, slots.saturating_sub(taken));
        if serves_b {
            it.pools.insert("b".parse().expect("a pool"));
        }
        if has_docker {
            it.capabilities.insert("docker".parse().expect("a capability"));
        }
        if let Some(pool) = permitted {
            let mut token = token();
            token.pools = [pool.parse().expect("a pool")].into();
            it.permitted = vec![token];
        }
        let may = |route: &Route| {
            route.admits(&it.pools, &it.run_types, &it.capabilities)
                && permitted.is_none_or(|pool| route.pool.as_str() == pool)
                && route.slots.get() <= it.free
        };
        let rivals: Vec<Rivals> = before
            .iter()
            .map(|(route, runs)| Rivals { route: route.clone(), priority: Priority::High, runs: *runs })
            .collect();
        let drains: Vec<Drain> = drained.iter().map(|scope| drain(scope)).collect();
        let is_drained = match drained {
            Some("fleet" | "worker.w-1") => true,
            Some("pool.a") => route.pool.as_str() == "a",
            _ => false,
        };
        let expected = heard && !draining && !is_drained && may(&route)
            && !before.as_ref().is_some_and(|(other, _)| may(other));
        let waiting = Waiting { route, priority: Priority::Normal, repository: None };
        let told = explain(&waiting, &[it.clone()], &drains, &rivals);
        prop_assert_eq!(told.workers[0].rule == Rule::CanTakeNow, expected, "{:?}", told);
        prop_assert!(!told.advice.is_empty());
    }
}
