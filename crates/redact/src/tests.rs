use base64::{Engine, engine::general_purpose::STANDARD};
use proptest::{collection::vec, prelude::*};

use super::{Cover, Redactor, SHORTEST, Secret, forms::forms};

fn redactor(secrets: &[String]) -> Redactor {
    let named = secrets.iter().enumerate();
    let secrets: Vec<Secret> = named
        .map(|(n, value)| Secret::new(format!("S{n}"), value.as_bytes()))
        .collect();
    Redactor::new(&secrets)
}

fn all_forms(secrets: &[String]) -> Vec<Vec<u8>> {
    let forms = secrets.iter().flat_map(|s| forms(s.as_bytes(), SHORTEST));
    forms.collect()
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}

fn redacted(redactor: &Redactor, text: &[u8], cuts: &[usize]) -> Vec<u8> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (text.len() + 1)).collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    let mut stream = redactor.stream();
    let mut clean = Vec::new();
    for pair in cuts.windows(2) {
        clean.extend(stream.push(&text[pair[0]..pair[1]]));
    }
    clean.extend(stream.finish());
    clean
}

/// The same by looking everywhere for everything: what overlaps goes under one mark.
fn by_hand(secrets: &[String], text: &[u8]) -> Vec<u8> {
    let mut found: Vec<(usize, usize)> = Vec::new();
    for form in all_forms(secrets) {
        let places = (0..text.len()).filter(|at| text[*at..].starts_with(&form));
        found.extend(places.map(|at| (at, at + form.len())));
    }
    found.sort_unstable();
    let (mut clean, mut covered) = (Vec::new(), 0);
    for (start, end) in found {
        if start >= covered {
            clean.extend_from_slice(&text[covered..start]);
            clean.extend_from_slice(b"#");
        }
        covered = covered.max(end);
    }
    clean.extend_from_slice(&text[covered..]);
    clean
}

/// The text with a `*` for every byte of every form.
fn starred(secrets: &[String], text: &[u8]) -> Vec<u8> {
    let mut starred = text.to_vec();
    for form in all_forms(secrets) {
        for at in (0..text.len()).filter(|at| text[*at..].starts_with(&form)) {
            starred[at..at + form.len()].fill(b'*');
        }
    }
    starred
}

/// Everything that the letters of base64 in a text could mean, wherever it was cut.
fn meanings(text: &[u8]) -> Vec<Vec<u8>> {
    let is_letter = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/".contains(byte);
    let runs = text.split(|byte| !is_letter(byte));
    let cut = runs.flat_map(|run| (0..4.min(run.len())).map(|from| &run[from..]));
    cut.map(|run| STANDARD.decode(&run[..run.len() / 4 * 4]).unwrap())
        .collect()
}

/// Secrets of few letters, so that they overlap each other and the text, and of any letters.
fn secret() -> impl Strategy<Value = String> {
    prop_oneof!["[ab]{8,12}", "[a-z\\]\\[/+\"\\\\ ü]{8,24}", "[!-~]{8,40}"]
        .prop_filter("spaces around it are none of it", |s| {
            s.trim().chars().count() >= SHORTEST
        })
}

/// A piece of a text that may hold a secret in one of its forms.
#[derive(Debug, Clone)]
enum Piece {
    Text(String),
    Form(prop::sample::Index),
    Base64(String, prop::sample::Index, String),
}

fn piece() -> impl Strategy<Value = Piece> {
    prop_oneof![
        "[ab]{0,6}".prop_map(Piece::Text),
        "[ -~\nü]{0,20}".prop_map(Piece::Text),
        any::<prop::sample::Index>().prop_map(Piece::Form),
        ("[ -~]{0,5}", any::<prop::sample::Index>(), "[ -~]{0,5}")
            .prop_map(|(before, which, after)| Piece::Base64(before, which, after)),
    ]
}

fn text(secrets: &[String], pieces: &[Piece]) -> Vec<u8> {
    let forms = all_forms(secrets);
    let mut text = Vec::new();
    for piece in pieces {
        match piece {
            Piece::Text(words) => text.extend_from_slice(words.as_bytes()),
            Piece::Form(which) => text.extend(which.get::<Vec<u8>>(&forms)),
            Piece::Base64(before, which, after) => {
                let secret = which.get(secrets).trim();
                let encoded = STANDARD.encode(format!("{before}{secret}{after}"));
                text.extend_from_slice(encoded.as_bytes());
            }
        }
    }
    text
}

proptest! {
    // W-10
    #[test]
    fn no_secret_passes_however_the_text_is_cut(
        secrets in vec(secret(), 1..4),
        pieces in vec(piece(), 0..8),
        cuts in vec(any::<usize>(), 0..12),
    ) {
        let redactor = redactor(&secrets);
        let text = text(&secrets, &pieces);
        let clean = redacted(&redactor, &text, &cuts);
        for form in all_forms(&secrets) {
            prop_assert!(!contains(&clean, &form), "{}", String::from_utf8_lossy(&form));
        }
        for secret in &secrets {
            for meaning in meanings(&clean) {
                prop_assert!(!contains(&meaning, secret.trim().as_bytes()), "{secret}");
            }
        }
        prop_assert_eq!(&clean, &redacted(&redactor, &text, &[]));
        prop_assert_eq!(redactor.find(&text).is_some(), clean != text);
    }

    // W-10
    #[test]
    fn only_secrets_are_taken_out(
        secrets in vec("[ab]{8,12}|[!-Z]{8,20}", 1..4),
        pieces in vec(piece(), 0..8),
        cuts in vec(any::<usize>(), 0..12),
    ) {
        let redactor = redactor(&secrets);
        let text = text(&secrets, &pieces);
        let clean = redacted(&redactor, &text, &cuts);
        let marks = ["[", "<", "(", "⟦"].map(|open| format!("{open}redacted:"));
        let mut plain = String::from_utf8(clean).unwrap();
        for (mark, close) in marks.iter().zip(["]", ">", ")", "⟧"]) {
            for n in 0..secrets.len() {
                plain = plain.replace(&format!("{mark}S{n}{close}"), "#");
            }
        }
        prop_assert_eq!(plain.into_bytes(), by_hand(&secrets, &text));
    }

    // W-10
    #[test]
    fn a_terminal_keeps_its_places(
        secrets in vec(secret(), 1..4),
        pieces in vec(piece(), 0..8),
        cuts in vec(any::<usize>(), 0..12),
    ) {
        let redactor = redactor(&secrets).covering(Cover::SameLength);
        let text = text(&secrets, &pieces);
        let clean = redacted(&redactor, &text, &cuts);
        let expected = starred(&secrets, &text);
        prop_assert_eq!(String::from_utf8_lossy(&clean), String::from_utf8_lossy(&expected));
    }

    // W-10
    #[test]
    fn what_comes_after_a_release_is_covered(
        secrets in vec(secret().prop_map(|s| s.replace('*', "x")), 1..4),
        pieces in vec(piece(), 0..8),
        size in 1_usize..20,
    ) {
        let redactor = redactor(&secrets).covering(Cover::SameLength);
        let text = text(&secrets, &pieces);
        let (mut stream, mut clean) = (redactor.stream(), Vec::new());
        for piece in text.chunks(size) {
            clean.extend(stream.push(piece));
            clean.extend(stream.release());
            prop_assert_eq!(stream.held(), 0);
        }
        prop_assert_eq!(clean.len(), text.len());
        for form in all_forms(&secrets) {
            prop_assert!(!contains(&clean, &form), "{}", String::from_utf8_lossy(&form));
        }
    }

    // W-10
    #[test]
    fn what_is_held_back_may_be_the_beginning_of_a_secret(
        secrets in vec(secret(), 1..4),
        pieces in vec(piece(), 0..8),
        size in 1_usize..20,
    ) {
        let (redactor, forms) = (redactor(&secrets), all_forms(&secrets));
        let text = text(&secrets, &pieces);
        let mut stream = redactor.stream();
        let mut seen = 0;
        for piece in text.chunks(size) {
            stream.push(piece);
            seen += piece.len();
            let held = &text[seen - stream.held()..seen];
            prop_assert!(held.is_empty() || forms.iter().any(|form| form.starts_with(held)));
        }
    }
}

// W-10
#[test]
fn a_mark_names_the_secret() {
    let secret = Secret::new("GITHUB TOKEN", "ghp_0123456789");
    let redactor = Redactor::new(&[secret, Secret::new("short", "1234567")]);
    assert_eq!(
        redactor.text("ghp_012345678 1234567 ghp_0123456789ghp_0123456789!"),
        "ghp_012345678 1234567 [redacted:GITHUB_TOKEN][redacted:GITHUB_TOKEN]!"
    );
    assert_eq!(redactor.find(b"x ghp_0123456789"), Some("GITHUB_TOKEN"));
    let odd = Redactor::new(&[
        Secret::new("redacted", "redacted"),
        Secret::new("b", "]]]]]]]]"),
    ]);
    assert_eq!(
        odd.text("[redacted] ]]]]]]]]"),
        "[<>] <redacted:b>".replace("<redacted:b>", "<>")
    );
    assert_eq!(Redactor::default().text("anything"), "anything");
}

// W-10
#[test]
fn what_somebody_waits_to_see_is_shown_and_the_rest_of_the_secret_is_not() {
    let redactor = Redactor::new(&[Secret::new("KEY", "hunter2-hunter2")]);
    for (cover, rest) in [
        (Cover::SameLength, "********!"),
        (Cover::Mark, "[redacted:KEY]!"),
    ] {
        let mut stream = redactor.covering(cover).stream();
        assert_eq!(stream.push(b"$ hunter2"), b"$ ");
        assert_eq!(stream.release(), b"hunter2");
        assert_eq!(String::from_utf8(stream.push(b"-hunter2!")).unwrap(), rest);
        assert_eq!(stream.push(b" bye"), b" bye");
    }
}
