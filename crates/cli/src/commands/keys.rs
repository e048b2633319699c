//! `baton keys …`.

use std::path::Path;

use anyhow::bail;
use baton_keys::{KeySet, MAX_KEYS};

use super::live;
use crate::{
    args::{GenerateKeysArgs, KeysCommand, ResealArgs, RotateKeysArgs},
    client::Client,
    exit::Exit,
    output,
};

pub(super) async fn run(command: KeysCommand) -> anyhow::Result<Exit> {
    match command {
        KeysCommand::Generate(args) => generate(&args),
        KeysCommand::Rotate(args) => rotate(&args),
        KeysCommand::Reseal(args) => reseal(args).await,
    }
}

fn generate(args: &GenerateKeysArgs) -> anyhow::Result<Exit> {
    let Some(file) = &args.file else {
        output::print(KeySet::generate()?.to_json().trim_end())?;
        return Ok(Exit::Done);
    };
    if file.exists() {
        bail!(
            "{} is there already and is left as it is; `baton keys rotate` puts a new key into it",
            file.display()
        );
    }
    let keys = live::make(file)?;
    output::print(&format!(
        "the session key {} is in {}; let every API have it: BATON_API_SESSION_KEYS_FILE",
        keys.current_id(),
        file.display()
    ))?;
    Ok(Exit::Done)
}

fn rotate(args: &RotateKeysArgs) -> anyhow::Result<Exit> {
    let (before, rotated, dropped) = rotated(&args.file, args.keep)?;
    live::replace(&args.file, &rotated)?;
    output::print(&format!(
        "the session key {} is current, {before} was before; start every API again, then run \
         `baton keys reseal`",
        rotated.current_id(),
    ))?;
    if dropped > 0 {
        output::tell(&format!(
            "{dropped} old keys are gone: what is still sealed to them opens no more"
        ));
    }
    Ok(Exit::Done)
}

/// The current key's id up to now, the rotated set, and how many keys it has lost.
fn rotated(file: &Path, keep: u32) -> anyhow::Result<(String, KeySet, usize)> {
    let keys = live::read(file)?;
    let keep = usize::try_from(keep).unwrap_or(MAX_KEYS);
    let had = keys.public().len();
    // Room for the new one first: a full set takes none.
    let rotated = keys.newest(keep.min(MAX_KEYS - 1)).rotated()?.newest(keep);
    let dropped = had + 1 - rotated.public().len();
    Ok((keys.current_id().to_owned(), rotated, dropped))
}

async fn reseal(args: ResealArgs) -> anyhow::Result<Exit> {
    let answer = Client::new(&args.client)?.reseal().await?;
    if args.client.json {
        output::print_json(&answer)?;
    } else {
        output::print(&format!(
            "{} sessions are sealed anew, to the session key {}",
            answer.resealed, answer.key_id
        ))?;
    }
    for failure in &answer.failed {
        output::tell(&format!("{}: {}", failure.task_run_id, failure.reason));
    }
    Ok(if answer.failed.is_empty() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_keys_stays_as_long_as_it_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys.json");
        let first = live::make(&file).unwrap();
        for (keep, left) in [(4, 2), (4, 3), (16, 4), (2, 2), (1, 1)] {
            let (_, keys, _) = rotated(&file, keep).unwrap();
            live::replace(&file, &keys).unwrap();
            assert_eq!(keys.public().len(), left, "--keep {keep}");
        }
        assert!(
            !live::read(&file)
                .unwrap()
                .public()
                .contains(&first.public()[0])
        );
    }
}
