//! Whether a connection may type: by the last grant of its run, the grant's key, and who it is.
//! The gate at the terminal judges every input again. Pure.

use baton_domain::{Channel, GrantId, Role, TerminalName};
use baton_keys::WriteKey;
use baton_wire::{GrantMessage, Writer};

use crate::identity::Identity;

/// Why a connection may not type, for a person.
pub(super) type NoRight = &'static str;

/// Whether the key opens the grant that is in force, for this one.
pub(super) fn claimed(
    last: Option<&GrantMessage>,
    (grant, key): (GrantId, &str),
    asker: &Identity,
    terminal: TerminalName,
) -> Result<(), NoRight> {
    let writer = holds(last, grant, asker, terminal)?;
    if !WriteKey::fits(key, &writer.key_sha256) {
        return Err("the key is not that of the grant");
    }
    Ok(())
}

/// Whether a grant whose key was shown is still in force, for this one.
pub(super) fn holds<'a>(
    last: Option<&'a GrantMessage>,
    grant: GrantId,
    asker: &Identity,
    terminal: TerminalName,
) -> Result<&'a Writer, NoRight> {
    if asker.role() < Some(Role::Operator) {
        return Err("typing needs the role 'operator' or a higher one");
    }
    let writer = last.and_then(|last| last.writer.as_ref());
    let writer = writer
        .filter(|writer| writer.grant == grant)
        .ok_or("the grant is not in force: somebody else may type, or nobody")?;
    if writer.holder != asker.name {
        return Err("the grant is somebody else's");
    }
    if writer.channel != Channel::Web {
        return Err("the grant is for typing through tmate");
    }
    if !writer.terminals.contains(&terminal) {
        return Err("the grant is for another terminal of the run");
    }
    Ok(writer)
}

#[cfg(test)]
mod tests {
    use baton_domain::{Actor, Fence, RunId};
    use baton_wire::{GrantStep, SignedGate};
    use chrono::DateTime;
    use uuid::Uuid;

    use super::*;

    fn actor(name: &str) -> Actor {
        name.to_owned().try_into().unwrap()
    }

    fn grant() -> (GrantMessage, WriteKey) {
        let key = WriteKey::generate().unwrap();
        let id = GrantId::from_uuid(Uuid::from_u128(7));
        let message = GrantMessage {
            run: RunId::from_uuid(Uuid::nil()),
            id: Uuid::nil(),
            actor: actor("anna"),
            at: DateTime::default(),
            step: GrantStep::Granted,
            fence: Fence::FIRST,
            grant: id,
            writer: Some(Writer {
                grant: id,
                holder: actor("anna"),
                role: Role::Operator,
                channel: Channel::Web,
                terminals: vec![TerminalName::Agent],
                ttl_ms: 1,
                reason: String::new(),
                key_sha256: key.sha256(),
            }),
            note: None,
            signed: SignedGate {
                key_id: String::new(),
                payload: String::new(),
                signature: String::new(),
            },
        };
        (message, key)
    }

    // B-02
    #[test]
    fn only_the_holder_of_the_grant_in_force_with_its_key_may_type() {
        let (message, key) = grant();
        let anna = Identity::default(actor("anna"), Role::Operator);
        let claim = |last: Option<&GrantMessage>, key: &str, asker: &Identity, terminal| {
            claimed(last, (message.grant, key), asker, terminal)
        };
        let (agent, shell) = (TerminalName::Agent, TerminalName::Shell);
        assert_eq!(claim(Some(&message), key.reveal(), &anna, agent), Ok(()));
        let refused = |result: Result<(), NoRight>, why: &str| {
            let said = result.unwrap_err();
            assert!(said.contains(why), "{said}");
        };
        refused(claim(Some(&message), "guessed", &anna, agent), "key");
        refused(
            claim(Some(&message), key.reveal(), &anna, shell),
            "another terminal",
        );
        refused(claim(None, key.reveal(), &anna, agent), "not in force");
        let viewer = Identity::default(actor("anna"), Role::Viewer);
        refused(claim(Some(&message), key.reveal(), &viewer, agent), "role");
        let bert = Identity::default(actor("bert"), Role::Admin);
        refused(
            claim(Some(&message), key.reveal(), &bert, agent),
            "somebody else's",
        );
        let mut over = message.clone();
        over.writer = None;
        refused(
            claim(Some(&over), key.reveal(), &anna, agent),
            "not in force",
        );
        let mut tmate = message.clone();
        tmate.writer.as_mut().unwrap().channel = Channel::Tmate;
        refused(claim(Some(&tmate), key.reveal(), &anna, agent), "tmate");
    }
}
