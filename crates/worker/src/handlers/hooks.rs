//! The command that agents call at their checkpoints: the worker's own program.

use std::path::Path;

/// The longest time that a hook may take, in seconds: ten years. People sleep, and go on holiday.
pub(crate) const HOOK_SECONDS: u64 = 315_360_000;

/// `<program> checkpoint` for a shell.
pub(crate) fn checkpoint(program: &Path) -> String {
    format!("exec {} checkpoint", quoted(program))
}

/// A path as one word of a shell.
pub(crate) fn quoted(path: &Path) -> String {
    format!("'{}'", path.to_string_lossy().replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_quotes_and_blanks_is_one_word() {
        let command = checkpoint(Path::new("/opt/anna's tools/baton"));
        assert_eq!(command, r"exec '/opt/anna'\''s tools/baton' checkpoint");
    }
}
