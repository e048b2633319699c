//! `baton completions`.

use clap::CommandFactory;
use clap_complete::Shell;

use crate::{args::Cli, exit::Exit, output};

pub(super) fn run(shell: Shell) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "baton", &mut script);
    output::print(String::from_utf8_lossy(&script).trim_end())?;
    Ok(Exit::Done)
}
