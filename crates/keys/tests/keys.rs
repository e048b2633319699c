//! Keys as their users meet them: sets from files, gates from the broker, boxes from workers.

use baton_domain::{Actor, Attempt, Channel, Fence, GrantId, Role, RunId, TerminalName};
use baton_keys::{
    GateError, KeySet, KeySetError, MAX_KEYS, OpenError, PublicKey, WriteKey, seal, verify,
};
use baton_wire::grant::{Gate, Writer};
use proptest::prelude::*;
use uuid::Uuid;

const SECRET: &str = "ssh -p2200 rwTokenThatNobodySees@relay.example";

fn run(n: u128) -> RunId {
    RunId::from_uuid(Uuid::from_u128(n))
}

fn keys() -> KeySet {
    KeySet::generate().expect("random bytes")
}

fn gate(fence: u64) -> Gate {
    Gate {
        version: Gate::VERSION,
        run: run(1),
        attempt: Attempt::FIRST,
        fence: Fence::new(fence).expect("a fence"),
        writer: Some(Writer {
            grant: GrantId::from_uuid(Uuid::from_u128(7)),
            holder: Actor::try_from("anna".to_owned()).expect("a name"),
            role: Role::Operator,
            channel: Channel::Web,
            terminals: vec![TerminalName::Agent],
            ttl_ms: 60_000,
            reason: "look at the failing test".to_owned(),
            key_sha256: "00".repeat(32),
        }),
    }
}

// H-11
#[test]
fn a_gate_is_good_under_the_key_that_signed_it_and_no_other() {
    let (ours, theirs) = (keys(), keys());
    let signed = ours.sign(&gate(3));
    assert_eq!(verify(&signed, &ours.public()), Ok(gate(3)));
    let unknown = GateError::UnknownKey(ours.current_id().to_owned());
    assert_eq!(verify(&signed, &theirs.public()), Err(unknown.clone()));
    assert_eq!(verify(&signed, &[]), Err(unknown));

    // Somebody who signs with a key of their own and says that it is ours.
    let mut forged = theirs.sign(&gate(4));
    ours.current_id().clone_into(&mut forged.key_id);
    assert_eq!(verify(&forged, &ours.public()), Err(GateError::Forged));
}

// H-11
#[test]
fn a_gate_that_was_changed_on_the_way_is_not_obeyed() {
    let ours = keys();
    let signed = ours.sign(&gate(3));
    let later = ours.sign(&gate(4));
    let mut mixed = signed.clone();
    mixed.payload.clone_from(&later.payload);
    assert_eq!(verify(&mixed, &ours.public()), Err(GateError::Forged));
    for text in ["", "!!", "AAAA"] {
        let mut broken = signed.clone();
        text.clone_into(&mut broken.signature);
        assert_eq!(verify(&broken, &ours.public()), Err(GateError::Forged));
        let mut broken = signed.clone();
        text.clone_into(&mut broken.payload);
        assert_eq!(verify(&broken, &ours.public()), Err(GateError::Forged));
    }
}

#[test]
fn a_gate_of_a_later_version_is_told_from_a_bad_one() {
    let ours = keys();
    let signed = ours.sign(&Gate {
        version: 2,
        ..gate(3)
    });
    assert_eq!(verify(&signed, &ours.public()), Err(GateError::Version(2)));
}

// H-11
#[test]
fn a_sealed_secret_opens_for_the_api_and_its_run_alone() {
    let ours = keys();
    let sealed = seal(&ours.public()[0], run(1), SECRET.as_bytes());
    let text = serde_json::to_string(&sealed).unwrap();
    assert!(!text.contains("rwToken"), "{text}");
    let opened = ours.open(run(1), &sealed).unwrap();
    assert_eq!(opened.reveal_text(), Some(SECRET));
    assert_eq!(format!("{opened:?}"), "Secret(..)");

    assert_eq!(ours.open(run(2), &sealed), Err(OpenError::OtherRun));
    let other = OpenError::UnknownKey(ours.current_id().to_owned());
    assert_eq!(keys().open(run(1), &sealed), Err(other));
    let again = seal(&ours.public()[0], run(1), SECRET.as_bytes());
    assert_ne!(
        again.sealed, sealed.sealed,
        "two boxes of one secret are alike"
    );
}

// H-11
#[test]
fn after_a_rotation_old_boxes_open_old_gates_hold_and_new_ones_are_the_new_keys() {
    let old = keys();
    let (gate_before, box_before) = (old.sign(&gate(3)), seal(&old.public()[0], run(1), b"s"));
    let both = old.rotated().unwrap();
    assert_ne!(both.current_id(), old.current_id());
    assert_eq!(both.public()[1], old.public()[0]);
    assert_eq!(verify(&gate_before, &both.public()), Ok(gate(3)));
    assert_eq!(both.open(run(1), &box_before).unwrap().reveal(), b"s");
    assert_eq!(both.sign(&gate(4)).key_id, both.current_id());

    let resealed = both.reseal(run(1), &box_before).unwrap().unwrap();
    assert_eq!(both.reseal(run(1), &resealed), Ok(None));
    assert_eq!(both.reseal(run(2), &resealed), Err(OpenError::OtherRun));

    let new_alone = both.newest(1);
    assert_eq!(new_alone.open(run(1), &resealed).unwrap().reveal(), b"s");
    let gone = OpenError::UnknownKey(old.current_id().to_owned());
    assert_eq!(new_alone.open(run(1), &box_before), Err(gone));
}

#[test]
fn a_set_survives_its_file_and_shows_no_secret() {
    let set = keys().rotated().unwrap();
    let json = set.to_json();
    let read = KeySet::from_json(&json).unwrap();
    assert_eq!(read.public(), set.public());
    let signed = read.sign(&gate(9));
    assert_eq!(verify(&signed, &set.public()), Ok(gate(9)));

    let file: serde_json::Value = serde_json::from_str(&json).unwrap();
    let shown = format!("{set:?} {:?} {:?}", set.public(), set.public()[0].to_wire());
    for key in file["keys"].as_array().unwrap() {
        for half in ["signingSecret", "openingSecret"] {
            let secret = key[half].as_str().unwrap();
            assert!(!shown.contains(secret), "{half} is shown");
        }
    }
}

#[test]
fn a_file_that_is_no_set_says_what_is_wrong_and_quotes_no_secret() {
    let good = keys().to_json();
    let told = |text: &str| KeySet::from_json(text).unwrap_err().to_string();
    assert!(told("").contains("`baton keys generate`"));
    assert!(told(r#"{"version": 1, "keys": []}"#).contains("empty"));
    assert!(told(r#"{"version": 2, "keys": []}"#).contains("version 2"));
    let bent = told(&good.replace("\"signingSecret\": \"", "\"signingSecret\": \"hunter2"));
    assert_eq!(
        bent,
        "session key 1: 'signingSecret' is not 32 bytes in base64url without padding"
    );
    let misplaced =
        told(r#"{"version": 1, "keys": [{"id": "x", "signingSecret": 5, "hunter2": 1}]}"#);
    assert!(!misplaced.contains("hunter2"), "{misplaced}");

    let mut file: serde_json::Value = serde_json::from_str(&good).unwrap();
    let key = file["keys"][0].clone();
    file["keys"] = serde_json::json!([key, key]);
    assert!(told(&file.to_string()).contains("twice"));
    file["keys"] = serde_json::json!([key]);
    file["keys"][0]["id"] = serde_json::json!("0123456789abcdef");
    assert!(told(&file.to_string()).contains("damaged"));
}

#[test]
fn a_set_does_not_grow_for_ever() {
    let mut set = keys();
    for _ in 1..MAX_KEYS {
        set = set.rotated().unwrap();
    }
    let refused = set.rotated().unwrap_err();
    assert!(matches!(refused, KeySetError::TooMany(n) if n == MAX_KEYS + 1));
    assert_eq!(set.newest(0).public().len(), 1);
}

#[test]
fn a_public_key_that_is_not_what_its_id_says_is_refused() {
    let mut sent = keys().public()[0].to_wire();
    assert!(PublicKey::from_wire(&sent).is_ok());
    sent.sealing = keys().public()[0].to_wire().sealing;
    let refused = PublicKey::from_wire(&sent).unwrap_err().to_string();
    assert!(refused.contains("not what its id says"), "{refused}");
    sent.signing = "A".repeat(43);
    let refused = PublicKey::from_wire(&sent).unwrap_err().to_string();
    assert!(refused.contains("'signing'"), "{refused}");
}

// H-11
#[test]
fn a_write_key_fits_its_own_hash_alone_and_is_not_shown() {
    let (key, other) = (WriteKey::generate().unwrap(), WriteKey::generate().unwrap());
    assert!(WriteKey::fits(key.reveal(), &key.sha256()));
    for text in [
        "",
        other.reveal(),
        &key.reveal().to_uppercase(),
        &key.sha256(),
    ] {
        assert!(!WriteKey::fits(text, &key.sha256()));
    }
    assert_eq!((key.reveal().len(), key.sha256().len()), (43, 64));
    assert_eq!(format!("{key:?}"), "WriteKey(..)");
}

proptest! {
    #[test]
    fn no_bit_of_a_sealed_secret_can_be_turned(byte in 0_usize..90, bit in 0_u8..8) {
        let ours = keys();
        let mut sealed = seal(&ours.public()[0], run(1), SECRET.as_bytes());
        let mut bytes = data_encoding::BASE64URL_NOPAD.decode(sealed.sealed.as_bytes()).unwrap();
        bytes[byte] ^= 1 << bit;
        sealed.sealed = data_encoding::BASE64URL_NOPAD.encode(&bytes);
        prop_assert_eq!(ours.open(run(1), &sealed), Err(OpenError::Damaged));
    }

    #[test]
    fn no_bit_of_a_gate_can_be_turned(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let ours = keys();
        let mut signed = ours.sign(&gate(3));
        let mut bytes = data_encoding::BASE64URL_NOPAD.decode(signed.payload.as_bytes()).unwrap();
        let byte = at.index(bytes.len());
        bytes[byte] ^= 1 << bit;
        signed.payload = data_encoding::BASE64URL_NOPAD.encode(&bytes);
        prop_assert_eq!(verify(&signed, &ours.public()), Err(GateError::Forged));
    }
}
