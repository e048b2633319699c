//! `baton keys`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{ClientArgs, examples};

/// What to do with the session keys.
#[derive(Debug, Subcommand)]
pub(crate) enum KeysCommand {
    /// Make session keys: they sign who may type, and open what workers seal
    #[command(after_help = examples::KEYS_GENERATE)]
    Generate(GenerateKeysArgs),
    /// Put a new key before the others of a file; the old ones still open what was sealed to them
    #[command(after_help = examples::KEYS_ROTATE)]
    Rotate(RotateKeysArgs),
    /// Let the API seal the secrets of live sessions anew, to its current key
    #[command(after_help = examples::KEYS_RESEAL)]
    Reseal(ResealArgs),
}

/// Where the keys go.
#[derive(Debug, Args)]
pub(crate) struct GenerateKeysArgs {
    /// The file to make, for its owner alone; it must not be there. Without one, the keys are printed
    #[arg(value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
}

/// Which keys to rotate.
#[derive(Debug, Args)]
pub(crate) struct RotateKeysArgs {
    /// The file with the keys
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
    /// How many keys stay, the new one among them, 1 to 16
    #[arg(
        long,
        value_name = "N",
        default_value_t = 4,
        value_parser = clap::value_parser!(u32).range(1..=16)
    )]
    pub(crate) keep: u32,
}

/// Which API seals anew.
#[derive(Debug, Args)]
pub(crate) struct ResealArgs {
    #[command(flatten)]
    pub(crate) client: ClientArgs,
}
