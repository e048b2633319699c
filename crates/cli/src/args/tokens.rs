//! `baton tokens`.

use baton_domain::{Actor, Pool, RepositoryPattern, Role, RunType, WorkerPattern};
use chrono::TimeDelta;
use clap::{ArgGroup, Args, Subcommand};
use uuid::Uuid;

use super::{ClientArgs, StoreArgs, checked::choice, examples, id};

/// Tokens say who asks. Operators' tokens have a role: a viewer reads, an operator submits and ends
/// runs as well, an admin makes and revokes tokens too. Workers' tokens let workers take runs and
/// bring files, and read nothing.
#[derive(Debug, Subcommand)]
pub(crate) enum TokensCommand {
    /// Make a token, and print its text: the only time that anybody sees it
    Create(CreateTokenArgs),
    /// List tokens: who has them, what they allow, who made and who revoked them
    List(ListTokensArgs),
    /// Give an operator's token another role; what is open under it ends at once
    SetRole(SetRoleArgs),
    /// Revoke a token; what is open under it ends at once
    Revoke(RevokeTokenArgs),
}

/// Whether to ask the API, or the database itself.
#[derive(Debug, Clone, Args)]
pub(crate) struct DirectArgs {
    /// Use the database itself, not the API: for the first token, when there is none to ask with.
    /// It is recorded as made by 'bootstrap'
    #[arg(long, help_heading = "Database")]
    pub(crate) direct: bool,
    #[command(flatten)]
    pub(crate) store: StoreArgs,
}

/// A token to make.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = examples::TOKENS_CREATE,
    group = ArgGroup::new("kind").required(true).args(["role", "worker"])
)]
pub(crate) struct CreateTokenArgs {
    /// Who is to have it: what an operator does is recorded under this name
    #[arg(long, value_name = "NAME", value_parser = actor)]
    pub(crate) name: Actor,
    /// Make an operator's token, of this role: viewer, operator or admin
    #[arg(long, value_name = "ROLE", value_parser = choice!(Role), hide_possible_values = true)]
    pub(crate) role: Option<Role>,
    /// Make a worker's token, for the worker of this name, or for all whose names begin so: 'build-*'
    #[arg(long, value_name = "PATTERN")]
    pub(crate) worker: Option<WorkerPattern>,
    /// With --worker: pools that it may serve, separated by commas [default: all]
    #[arg(
        long = "pool",
        value_name = "POOL",
        value_delimiter = ',',
        requires = "worker"
    )]
    pub(crate) pools: Vec<Pool>,
    /// With --worker: repositories that it may work on, separated by commas; '*' is any text
    /// [default: all]
    #[arg(
        long = "repository",
        value_name = "PATTERN",
        value_delimiter = ',',
        requires = "worker"
    )]
    pub(crate) repositories: Vec<RepositoryPattern>,
    /// With --worker: kinds of run that it may take, separated by commas [default: all]
    #[arg(
        long = "run-type",
        value_name = "TYPE",
        value_delimiter = ',',
        requires = "worker"
    )]
    pub(crate) run_types: Vec<RunType>,
    /// How long it is good, such as 12h, 30d or 52w [default: until it is revoked]
    #[arg(long, value_name = "TIME", value_parser = lasting)]
    pub(crate) expires_in: Option<TimeDelta>,
    #[command(flatten)]
    pub(crate) client: ClientArgs,
    #[command(flatten)]
    pub(crate) direct: DirectArgs,
}

/// Which tokens to list.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::TOKENS_LIST)]
pub(crate) struct ListTokensArgs {
    /// Those that are expired or revoked as well
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) client: ClientArgs,
    #[command(flatten)]
    pub(crate) direct: DirectArgs,
}

/// Which token gets which role.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::TOKENS_SET_ROLE)]
pub(crate) struct SetRoleArgs {
    /// The token's id, as `baton tokens list` shows it
    #[arg(value_name = "TOKEN_ID", value_parser = id::token)]
    pub(crate) id: Uuid,
    /// viewer, operator or admin
    #[arg(value_parser = choice!(Role), hide_possible_values = true)]
    pub(crate) role: Role,
    #[command(flatten)]
    pub(crate) client: ClientArgs,
}

/// Which token to revoke.
#[derive(Debug, Clone, Args)]
#[command(after_help = examples::TOKENS_REVOKE)]
pub(crate) struct RevokeTokenArgs {
    /// The token's id, as `baton tokens list` shows it
    #[arg(value_name = "TOKEN_ID", value_parser = id::token)]
    pub(crate) id: Uuid,
    #[command(flatten)]
    pub(crate) client: ClientArgs,
    #[command(flatten)]
    pub(crate) direct: DirectArgs,
}

fn actor(text: &str) -> Result<Actor, baton_domain::InvalidName> {
    Actor::try_from(text.to_owned())
}

/// A number and `h`, `d` or `w`.
fn lasting(text: &str) -> Result<TimeDelta, String> {
    const RULE: &str = "use a number and h, d or w, from 1h to 520w";
    let rule = || RULE.to_owned();
    let unit = text.chars().last().ok_or_else(rule)?;
    let number = &text[..text.len() - unit.len_utf8()];
    let number: i64 = number.parse().map_err(|_| rule())?;
    let hours = match unit {
        'h' => Some(number),
        'd' => number.checked_mul(24),
        'w' => number.checked_mul(24 * 7),
        _ => None,
    };
    hours
        .filter(|hours| (1..=520 * 24 * 7).contains(hours))
        .map(TimeDelta::hours)
        .ok_or_else(rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_a_number_and_a_unit() {
        assert_eq!(lasting("12h"), Ok(TimeDelta::hours(12)));
        assert_eq!(lasting("30d"), Ok(TimeDelta::days(30)));
        assert_eq!(lasting("520w"), Ok(TimeDelta::weeks(520)));
        for bad in [
            "",
            "d",
            "0d",
            "-1d",
            "521w",
            "1",
            "1m",
            "1.5d",
            "9223372036854775807w",
            "1é",
        ] {
            assert!(lasting(bad).is_err(), "{bad}");
        }
    }
}
