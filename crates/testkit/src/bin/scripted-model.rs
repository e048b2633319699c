//! The scripted model endpoint as a program: prints its base URL as one line, then serves until
//! it is ended. Used by `make demo`.

use std::{
    io::Write,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::ExitCode,
};

use baton_testkit::{ModelEndpoint, Script};

const USAGE: &str = "usage: scripted-model [--listen ADDRESS:PORT] --script FILE";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    match serve().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to be done when even this cannot be written.
            let _ = writeln!(std::io::stderr(), "scripted-model: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let (listen, script) = arguments(std::env::args().skip(1))?;
    let endpoint = ModelEndpoint::start_at(listen, read(&script)?).await?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", endpoint.url())?;
    out.flush()?;
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => {}
        interrupt = tokio::signal::ctrl_c() => interrupt?,
    }
    Ok(())
}

fn read(path: &Path) -> Result<Script, String> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| format!("failed to read {}: {error}", path.display()))?;
    Script::from_json(&text).map_err(|error| format!("failed to parse {}: {error}", path.display()))
}

fn arguments(
    mut given: impl Iterator<Item = String>,
) -> Result<(SocketAddr, PathBuf), Box<dyn std::error::Error>> {
    let mut listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut script = None;
    while let Some(name) = given.next() {
        let value = given.next().ok_or(USAGE)?;
        match name.as_str() {
            "--listen" => listen = value.parse()?,
            "--script" => script = Some(PathBuf::from(value)),
            _ => return Err(USAGE.into()),
        }
    }
    Ok((listen, script.ok_or(USAGE)?))
}
