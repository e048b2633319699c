//! The chain of what was typed into an attempt's terminals: how its links are hashed, and whether a
//! link continues the chain. Whoever writes, keeps or checks links uses this.

use std::collections::BTreeMap;

use baton_domain::{Attempt, RunId, session::ChainLink};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::event::InputTyped;

/// What an attempt's chain begins with: the `previous` of its first link, lower-case hex.
#[must_use]
pub fn genesis(run: RunId, attempt: Attempt) -> String {
    hex(&Sha256::digest(format!("baton-audit:{run}:{attempt}")))
}

/// The hash of a link, lower-case hex, made of everything in it but its own `hash`.
#[must_use]
pub fn hash_of(typed: &InputTyped) -> String {
    let mut sha = Sha256::new();
    sha.update(typed.previous.as_bytes());
    sha.update(canonical(typed).as_bytes());
    hex(&sha.finalize())
}

/// Whether a link continues a chain that ends in `head` with `count` links.
#[must_use]
pub fn judge(head: &str, count: u64, typed: &InputTyped) -> ChainLink {
    if typed.previous != head {
        ChainLink::OtherPrevious
    } else if typed.number != count + 1 {
        ChainLink::OtherNumber
    } else if typed.hash != hash_of(typed) {
        ChainLink::OtherHash
    } else {
        ChainLink::Continues
    }
}

/// The link's JSON without its hash, names sorted, nothing between the words.
fn canonical(typed: &InputTyped) -> String {
    let value = serde_json::to_value(typed).unwrap_or_default();
    let fields = value.as_object().into_iter().flatten();
    let sorted: BTreeMap<&String, &Value> = fields.filter(|(name, _)| *name != "hash").collect();
    serde_json::to_string(&sorted).unwrap_or_default()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn run() -> RunId {
        RunId::from_uuid(Uuid::from_u128(0x019a_2b3c_4d5e_7f60_8a1b_2c3d_4e5f_607a))
    }

    fn link(number: u64, previous: &str) -> InputTyped {
        let mut typed: InputTyped = serde_json::from_value(serde_json::json!({
            "number": number, "terminal": "shell", "grant": Uuid::nil(), "holder": "anna",
            "channel": "web", "fence": 3, "firstSeq": 1, "lastSeq": 3, "offset": 20480,
            "length": 3, "echo": true, "text": "ls\r", "previous": previous, "hash": "",
        }))
        .expect("a link");
        typed.hash = hash_of(&typed);
        typed
    }

    // B-06: these are for ever: a chain that was kept must be checked the same way in years.
    #[test]
    fn the_hashes_are_those_of_the_contract() {
        let genesis = genesis(run(), Attempt::FIRST);
        assert_eq!(
            genesis,
            "c78ab2e199e82a4d904a997f7a74f4781d285d758e311483ef9448573e805db3"
        );
        let first = link(1, &genesis);
        assert_eq!(
            canonical(&first),
            r#"{"channel":"web","echo":true,"fence":3,"firstSeq":1,"grant":"00000000-0000-0000-0000-000000000000","holder":"anna","lastSeq":3,"length":3,"number":1,"offset":20480,"previous":""#
                .to_owned()
                + &genesis
                + r#"","terminal":"shell","text":"ls\r"}"#
        );
        // Computed by another program.
        assert_eq!(
            first.hash,
            "27207d6eb342f8b3f7af0fa31b4f397a70199a98ec48cc1eef000b928a647415"
        );
    }

    // B-06
    #[test]
    fn a_link_that_was_changed_moved_or_left_out_is_told_apart() {
        let start = genesis(run(), Attempt::FIRST);
        let first = link(1, &start);
        let second = link(2, &first.hash);
        assert_eq!(judge(&start, 0, &first), ChainLink::Continues);
        assert_eq!(judge(&first.hash, 1, &second), ChainLink::Continues);
        assert_eq!(judge(&start, 0, &second), ChainLink::OtherPrevious);
        assert_eq!(judge(&first.hash, 2, &second), ChainLink::OtherNumber);
        for change in [
            |typed: &mut InputTyped| typed.text = Some("rm\r".to_owned()),
            |typed: &mut InputTyped| typed.holder = "eve".to_owned().try_into().expect("an actor"),
            |typed: &mut InputTyped| typed.offset = 0,
        ] {
            let mut changed = second.clone();
            change(&mut changed);
            assert_eq!(judge(&first.hash, 1, &changed), ChainLink::OtherHash);
        }
    }
}
