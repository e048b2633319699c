//! The commands, a file each.

mod admission;
mod api;
mod attach;
mod audit;
mod bench;
pub(crate) mod checkpoint;
mod completions;
mod config;
mod connect;
mod dead_letters;
mod dev;
mod doctor;
mod drain;
mod inbox;
mod keys;
mod leases;
mod leash;
mod live;
mod migrate;
mod nats;
pub(crate) mod need_operator;
mod outage;
mod pty_host;
mod recorder;
mod replay;
mod runs;
mod sessions;
mod supervisor;
mod tokens;
mod version;
mod worker;
mod workers;

use crate::{
    args::{Command, NatsCommand},
    exit::Exit,
    output,
};

/// Runs a command to its end.
pub(crate) async fn run(command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Dev(args) => dev::run(*args).await,
        Command::Doctor(args) => doctor::run(args).await,
        Command::Runs(command) => runs::run(command).await,
        Command::Inbox(args) => inbox::run(*args).await,
        Command::Attach(args) => attach::run(args).await,
        Command::Replay(args) => replay::run(args).await,
        Command::Leases(command) => leases::run(command).await,
        Command::DeadLetters(command) => dead_letters::run(command).await,
        Command::Workers(command) => workers::run(command).await,
        Command::Drain(command) => drain::run(command).await,
        Command::Undrain(command) => drain::end(command).await,
        Command::Audit(command) => audit::run(command).await,
        Command::Tokens(command) => tokens::run(command).await,
        Command::Keys(command) => keys::run(command).await,
        Command::Sessions(command) => sessions::run(command).await,
        Command::Api(args) => api::run(args).await,
        Command::Worker(args) => worker::run(*args).await,
        Command::Leash(args) => leash::run(args).await,
        Command::Checkpoint(args) => checkpoint::run(&args),
        Command::NeedOperator(args) => need_operator::run(args),
        Command::PtyHost => pty_host::run().await,
        Command::Recorder(args) => recorder::run(args).await,
        Command::Supervisor(args) => supervisor::run(args).await,
        Command::Migrate(args) => migrate::run(args).await,
        Command::Nats(NatsCommand::Apply(bus)) => nats::apply(bus).await,
        Command::Nats(NatsCommand::Keys { folder }) => nats::keys(&folder),
        Command::Nats(NatsCommand::Verify { bus, json }) => nats::verify(bus, json).await,
        Command::Bench(args) => bench::run(args).await,
        Command::Config(command) => config::run(command),
        Command::Openapi => {
            output::print(baton_api::openapi_json().trim_end())?;
            Ok(Exit::Done)
        }
        Command::Completions { shell } => completions::run(shell),
        Command::Version { json } => version::run(json),
    }
}
