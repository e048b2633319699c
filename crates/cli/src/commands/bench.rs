//! `baton bench`: figures against the raw limit.

use baton_bench::{BenchOptions, Figures, Measured, Programs, Scenario};

use crate::{
    args::{BenchArgs, BenchScenario},
    config,
    exit::Exit,
    output::{self, table::table},
};

/// Measures and prints.
pub(super) async fn run(args: BenchArgs) -> anyhow::Result<Exit> {
    let search = config::search();
    let options = BenchOptions {
        programs: Programs {
            nats_server: search.nats_server(args.programs.nats_server_bin.as_deref())?,
            postgres: search.postgres(args.programs.postgres_bin_dir.as_deref())?,
        },
        program: std::env::current_exe()?,
        n: args.n,
        rounds: args.rounds,
    };
    if cfg!(debug_assertions) {
        output::tell("this is a debug build: its figures say little, build with --release");
    }
    let mut figures = Vec::new();
    for scenario in scenarios(args.scenario) {
        output::tell(&format!("measuring: {}", name(*scenario)));
        figures.extend(baton_bench::run(*scenario, &options).await?);
    }
    if args.json {
        output::print_json(&figures)?;
    } else {
        output::print(&shown(&figures))?;
    }
    Ok(Exit::Done)
}

const fn scenarios(chosen: Option<BenchScenario>) -> &'static [Scenario] {
    match chosen {
        None => Scenario::ALL,
        Some(BenchScenario::Queue) => &[Scenario::Queue],
        Some(BenchScenario::Recorder) => &[Scenario::Recorder],
        Some(BenchScenario::Control) => &[Scenario::Control],
        Some(BenchScenario::Terminal) => &[Scenario::Terminal],
    }
}

const fn name(scenario: Scenario) -> &'static str {
    match scenario {
        Scenario::Queue => "queue",
        Scenario::Recorder => "recorder",
        Scenario::Control => "control",
        Scenario::Terminal => "terminal",
    }
}

fn shown(figures: &[Figures]) -> String {
    let sections: Vec<String> = figures.iter().map(section).collect();
    sections.join("\n\n")
}

fn section(figures: &Figures) -> String {
    let better = match figures.ours {
        Measured::Latencies(_) => "of medians, lower is better",
        Measured::Rate(_) => "higher is better",
    };
    let rows = [row("baton", &figures.ours), row("raw", &figures.raw)];
    format!(
        "{}: {:.2} of raw ({better})\n{}\n{}",
        figures.name,
        figures.ratio,
        figures.conditions,
        table(heading(&figures.ours), &rows)
    )
}

const fn heading(measured: &Measured) -> &'static [&'static str] {
    match measured {
        Measured::Latencies(_) => &["", "N", "P50 MS", "P90 MS", "P99 MS", "MAX MS"],
        Measured::Rate(_) => &["", "N", "PER SECOND"],
    }
}

fn row(who: &str, measured: &Measured) -> Vec<String> {
    let mut cells = vec![who.to_owned()];
    match measured {
        Measured::Latencies(times) => {
            cells.push(times.n.to_string());
            let times = [times.p50_ms, times.p90_ms, times.p99_ms, times.max_ms];
            cells.extend(times.map(|ms| format!("{ms:.2}")));
        }
        Measured::Rate(rate) => {
            cells.extend([rate.n.to_string(), format!("{:.0}", rate.per_second)]);
        }
    }
    cells
}
