//! Subjects of the broker: `baton.v1.…`. Built and parsed here and nowhere else.
//!
//! `<shard>` is the last hex digit of the run's id: 16 shards that anyone can derive.

use std::{fmt, str::FromStr};

use baton_domain::{DrainScope, Priority, Route, RunId, TerminalName, WorkerId};

/// A subject that a message is published to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Subject {
    /// `baton.v1.run.<shard>.<run>.offer.<route>.<priority>`: the run, put before the fleet.
    Offer {
        /// The run.
        run: RunId,
        /// Who may take it.
        route: Route,
        /// How soon.
        priority: Priority,
    },
    /// `baton.v1.run.<shard>.<run>.lease.<worker>`: a lease taken, released or lost.
    Lease {
        /// The run.
        run: RunId,
        /// Who says so.
        worker: WorkerId,
    },
    /// `baton.v1.run.<shard>.<run>.ctl`: an operator's command.
    Control {
        /// The run.
        run: RunId,
    },
    /// `baton.v1.run.<shard>.<run>.evt.<worker>`: events, one or more in a message.
    Events {
        /// The run.
        run: RunId,
        /// Who says so.
        worker: WorkerId,
    },
    /// `baton.v1.run.<shard>.<run>.grant`: who may type into its terminals; only the API says it.
    Grant {
        /// The run.
        run: RunId,
    },
    /// `baton.v1.term.<shard>.<run>.<terminal>.out.<worker>`: what a terminal shows, as binary
    /// frames; kept for a while by TERM.
    TerminalOutput {
        /// The run.
        run: RunId,
        /// Which of its terminals.
        terminal: TerminalName,
        /// Who says so.
        worker: WorkerId,
    },
    /// `baton.v1.term.<shard>.<run>.<terminal>.key.<worker>`: a whole screen; the last one is kept
    /// by TERM_KEYS.
    TerminalKey {
        /// The run.
        run: RunId,
        /// Which of its terminals.
        terminal: TerminalName,
        /// Who says so.
        worker: WorkerId,
    },
    /// `baton.v1.beat.<worker>`: liveness; kept by nobody.
    Beat {
        /// Who lives.
        worker: WorkerId,
    },
    /// `baton.v1.fleet.drain.<scope>`: whether a scope takes runs; the last message counts.
    Drain {
        /// Who: `fleet`, `pool.<pool>` or `worker.<worker>`.
        scope: DrainScope,
    },
    /// `baton.v1.hint.<route>.<priority>`: an offer was published. The broker says it itself, with
    /// headers alone; kept by nobody.
    Hint {
        /// Who may take it.
        route: Route,
        /// How soon.
        priority: Priority,
    },
    /// `baton.v1.desk.<worker>`: a worker asks where its leases stand; kept by nobody.
    Desk {
        /// Who asks.
        worker: WorkerId,
    },
    /// `baton.v1.worker.<worker>.control`: a command, handed to the holder of its run at once;
    /// kept by nobody, and said on [`Subject::Control`] before.
    WorkerControl {
        /// Who is to hear it.
        worker: WorkerId,
    },
    /// `baton.v1.worker.<worker>.gate`: who may type, handed to the holder of the run at once;
    /// kept by nobody, and said on [`Subject::Grant`] before.
    WorkerGate {
        /// Who is to hear it.
        worker: WorkerId,
    },
    /// `baton.v1.worker.<worker>.input.<shard>.<run>.<terminal>`: what is typed, as binary frames;
    /// kept by nobody.
    WorkerInput {
        /// Who is to hear it.
        worker: WorkerId,
        /// The run.
        run: RunId,
        /// Which of its terminals.
        terminal: TerminalName,
    },
}

/// A subject that is none of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{subject}' is not a Baton subject: {why}")]
pub struct InvalidSubject {
    subject: String,
    why: &'static str,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offer {
                run,
                route,
                priority,
            } => {
                write!(
                    f,
                    "baton.v1.run.{}.{run}.offer.{route}.{priority}",
                    run.shard()
                )
            }
            Self::Lease { run, worker } => {
                write!(f, "baton.v1.run.{}.{run}.lease.{worker}", run.shard())
            }
            Self::Control { run } => write!(f, "baton.v1.run.{}.{run}.ctl", run.shard()),
            Self::Events { run, worker } => {
                write!(f, "baton.v1.run.{}.{run}.evt.{worker}", run.shard())
            }
            Self::Grant { run } => write!(f, "baton.v1.run.{}.{run}.grant", run.shard()),
            Self::TerminalOutput {
                run,
                terminal,
                worker,
            } => {
                let shard = run.shard();
                write!(f, "baton.v1.term.{shard}.{run}.{terminal}.out.{worker}")
            }
            Self::TerminalKey {
                run,
                terminal,
                worker,
            } => {
                let shard = run.shard();
                write!(f, "baton.v1.term.{shard}.{run}.{terminal}.key.{worker}")
            }
            Self::Beat { worker } => write!(f, "baton.v1.beat.{worker}"),
            Self::Drain { scope } => write!(f, "baton.v1.fleet.drain.{scope}"),
            Self::Hint { route, priority } => write!(f, "baton.v1.hint.{route}.{priority}"),
            Self::Desk { worker } => write!(f, "baton.v1.desk.{worker}"),
            Self::WorkerControl { worker } => write!(f, "baton.v1.worker.{worker}.control"),
            Self::WorkerGate { worker } => write!(f, "baton.v1.worker.{worker}.gate"),
            Self::WorkerInput {
                worker,
                run,
                terminal,
            } => {
                let shard = run.shard();
                write!(f, "baton.v1.worker.{worker}.input.{shard}.{run}.{terminal}")
            }
        }
    }
}

impl FromStr for Subject {
    type Err = InvalidSubject;

    fn from_str(text: &str) -> Result<Self, InvalidSubject> {
        parse(text).map_err(|why| InvalidSubject {
            subject: text.chars().take(300).collect(),
            why,
        })
    }
}

fn parse(text: &str) -> Result<Subject, &'static str> {
    let rest = text
        .strip_prefix("baton.v1.")
        .ok_or("it does not start with 'baton.v1.'")?;
    let tokens: Vec<&str> = rest.split('.').collect();
    match tokens[..] {
        ["run", shard, run, kind, ref tail @ ..] => about_run(shard, run, kind, tail),
        ["term", shard, run, terminal, kind, worker] => {
            about_terminal(shard, run, terminal, kind, worker)
        }
        ["beat", worker] => Ok(Subject::Beat {
            worker: worker_id(worker)?,
        }),
        ["fleet", "drain", ref scope @ ..] => Ok(Subject::Drain {
            scope: scope
                .join(".")
                .parse()
                .map_err(|_| "the drain's scope is malformed")?,
        }),
        ["hint", route, priority] => Ok(Subject::Hint {
            route: route.parse().map_err(|_| BAD_ROUTE)?,
            priority: priority.parse().map_err(|_| BAD_PRIORITY)?,
        }),
        ["desk", worker] => Ok(Subject::Desk {
            worker: worker_id(worker)?,
        }),
        ["worker", worker, "control"] => Ok(Subject::WorkerControl {
            worker: worker_id(worker)?,
        }),
        ["worker", worker, "gate"] => Ok(Subject::WorkerGate {
            worker: worker_id(worker)?,
        }),
        ["worker", worker, "input", shard, run, terminal] => Ok(Subject::WorkerInput {
            worker: worker_id(worker)?,
            run: run_id(shard, run)?,
            terminal: terminal.parse().map_err(|_| BAD_TERMINAL)?,
        }),
        _ => Err(
            "it is neither about a run, its terminals, the fleet, a beat, a hint, the desk nor a worker",
        ),
    }
}

const BAD_ROUTE: &str = "the route is malformed";
const BAD_PRIORITY: &str = "the priority is unknown";
const BAD_TERMINAL: &str = "the terminal is unknown";

fn about_run(shard: &str, run: &str, kind: &str, tail: &[&str]) -> Result<Subject, &'static str> {
    let run = run_id(shard, run)?;
    match (kind, tail) {
        ("ctl", []) => Ok(Subject::Control { run }),
        ("grant", []) => Ok(Subject::Grant { run }),
        ("lease", [worker]) => Ok(Subject::Lease {
            run,
            worker: worker_id(worker)?,
        }),
        ("evt", [worker]) => Ok(Subject::Events {
            run,
            worker: worker_id(worker)?,
        }),
        ("offer", [route, priority]) => Ok(Subject::Offer {
            run,
            route: route.parse().map_err(|_| BAD_ROUTE)?,
            priority: priority.parse().map_err(|_| BAD_PRIORITY)?,
        }),
        _ => Err("its kind is unknown"),
    }
}

fn about_terminal(
    shard: &str,
    run: &str,
    terminal: &str,
    kind: &str,
    worker: &str,
) -> Result<Subject, &'static str> {
    let run = run_id(shard, run)?;
    let terminal = terminal.parse().map_err(|_| BAD_TERMINAL)?;
    let worker = worker_id(worker)?;
    match kind {
        "out" => Ok(Subject::TerminalOutput {
            run,
            terminal,
            worker,
        }),
        "key" => Ok(Subject::TerminalKey {
            run,
            terminal,
            worker,
        }),
        _ => Err("its kind is unknown"),
    }
}

fn run_id(shard: &str, run: &str) -> Result<RunId, &'static str> {
    let run: RunId = run.parse().map_err(|_| "the run id is no canonical UUID")?;
    if shard.chars().ne([run.shard()]) {
        return Err("the shard is not the last digit of the run id");
    }
    Ok(run)
}

fn worker_id(text: &str) -> Result<WorkerId, &'static str> {
    text.parse().map_err(|_| "the worker id is malformed")
}

/// Subjects to listen to, with wildcards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// Everything about every run.
    AllRuns,
    /// Everything about one run.
    Run(RunId),
    /// Offers of one route and priority: the filter of its durable consumer.
    Offers(Route, Priority),
    /// Every offer.
    AllOffers,
    /// Offers of one run, whatever the route: the last one says what is offered now.
    RunOffers(RunId),
    /// Leases of one run, whoever says so: what compare-and-set looks at.
    Leases(RunId),
    /// What is said to the fleet.
    Fleet,
    /// Beats of every worker.
    Beats,
    /// Hints of one route, whatever the priority.
    Hints(Route),
    /// What every worker asks.
    Desk,
    /// What a terminal shows, whichever worker says so: the whole history of its attempts.
    TerminalOutput(RunId, TerminalName),
    /// What a terminal shows, and its whole screens, as one worker says it.
    Terminal(RunId, TerminalName, WorkerId),
    /// The last screens of a terminal, one of each worker that had it.
    TerminalKeys(RunId, TerminalName),
    /// What is typed into any terminal of a worker.
    WorkerInputs(WorkerId),
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AllRuns => f.write_str("baton.v1.run.>"),
            Self::Run(run) => write!(f, "baton.v1.run.{}.{run}.>", run.shard()),
            Self::Offers(route, priority) => write!(f, "baton.v1.run.*.*.offer.{route}.{priority}"),
            Self::AllOffers => f.write_str("baton.v1.run.*.*.offer.*.*"),
            Self::RunOffers(run) => write!(f, "baton.v1.run.{}.{run}.offer.*.*", run.shard()),
            Self::Leases(run) => write!(f, "baton.v1.run.{}.{run}.lease.*", run.shard()),
            Self::Fleet => f.write_str("baton.v1.fleet.>"),
            Self::Beats => f.write_str("baton.v1.beat.*"),
            Self::Hints(route) => write!(f, "baton.v1.hint.{route}.*"),
            Self::Desk => f.write_str("baton.v1.desk.*"),
            Self::TerminalOutput(run, terminal) => {
                write!(f, "baton.v1.term.{}.{run}.{terminal}.out.*", run.shard())
            }
            Self::Terminal(run, terminal, worker) => {
                let shard = run.shard();
                write!(f, "baton.v1.term.{shard}.{run}.{terminal}.*.{worker}")
            }
            Self::TerminalKeys(run, terminal) => {
                write!(f, "baton.v1.term.{}.{run}.{terminal}.key.*", run.shard())
            }
            Self::WorkerInputs(worker) => write!(f, "baton.v1.worker.{worker}.input.>"),
        }
    }
}

/// The name of the durable consumer that holds a route's queue at one priority.
#[must_use]
pub fn queue_name(route: &Route, priority: Priority) -> String {
    format!("offer-{route}-{priority}")
}

/// The route and priority of a queue's consumer; `None` for consumers of another kind.
#[must_use]
pub fn parse_queue_name(name: &str) -> Option<(Route, Priority)> {
    let (route, priority) = name.strip_prefix("offer-")?.rsplit_once('-')?;
    Some((route.parse().ok()?, priority.parse().ok()?))
}
