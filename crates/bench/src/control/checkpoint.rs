//! What a checkpoint costs an agent that has nothing to hear: the whole process, from its start to
//! its end.

use std::{
    path::Path,
    process::Stdio,
    time::{Duration, Instant},
};

use tempfile::TempDir;
use tokio::{
    process::Command,
    time::{sleep, timeout},
};

use crate::{BenchError, BenchOptions, Figures, terminal::house::House};

/// How long a run may take to say how its checkpoints are reached.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) async fn measure(house: &House, options: &BenchOptions) -> Result<Figures, BenchError> {
    let folder = TempDir::new()?;
    let told = folder.path().join("environment");
    let script = format!(
        "env | grep '^BATON_' > '{0}.part'; mv '{0}.part' '{0}'; exec sleep 86400",
        told.display()
    );
    house.begin(&script).await?;
    let variables = timeout(PATIENCE, variables(&told))
        .await
        .map_err(|_| BenchError::Ended("start of a run"))?;
    let mut checkpoint = Command::new(&options.program);
    checkpoint.arg("checkpoint").envs(variables);
    let mut nothing = Command::new("true");
    let (mut ours, mut raw) = (Vec::new(), Vec::new());
    for _ in 0..options.n.min(200) {
        ours.push(once(&mut checkpoint).await?);
        raw.push(once(&mut nothing).await?);
    }
    Ok(Figures::latencies(
        "a checkpoint with nothing pending, the whole process",
        "one after another; raw is the start of a program that does nothing".to_owned(),
        ours,
        raw,
    ))
}

/// What the agent finds in its environment.
async fn variables(file: &Path) -> Vec<(String, String)> {
    let text = loop {
        match std::fs::read_to_string(file) {
            Ok(text) => break text,
            Err(_) => sleep(Duration::from_millis(20)).await,
        }
    };
    let pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

async fn once(command: &mut Command) -> Result<Duration, BenchError> {
    let begun = Instant::now();
    let ended = command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .await?;
    if ended.success() {
        Ok(begun.elapsed())
    } else {
        Err(BenchError::Ended("checkpoint"))
    }
}
