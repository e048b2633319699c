//! Output that means harm.

use baton_screen::{Console, Sanitiser};

use crate::size;

fn passed(bytes: &[u8]) -> String {
    String::from_utf8(Sanitiser::default().feed(bytes)).expect("what passes is text")
}

#[test]
fn clipboards_windows_files_and_images_are_dropped() {
    for hostile in [
        "\x1b]52;c;ZXZpbA==\x07",
        "\x1b]52;c;?\x1b\\",
        "\x1b[8;10;10t\x1b[3;0;0t\x1b[21t",
        "\x1bPq#0;2;0;0;0~\x1b\\",
        "\x1b_Gf=100;AAAA\x1b\\",
        "\x1b^private\x1b\\",
        "\x1bXstring\x1b\\",
        "\x1b]1337;File=name=eA==:AAAA\x07",
        "\x1b]4;1;rgb:00/00/00\x07\x1b]10;#000000\x07\x1b]11;#000000\x07",
        "\x1b]9;notify\x07\x1b]777;notify;a;b\x07",
        "\u{202e}\u{2066}",
        "\u{9b}31m",
    ] {
        let rest = passed(format!("a{hostile}b").as_bytes());
        assert!(rest == "ab" || rest == "a31mb", "{hostile:?} left {rest:?}");
    }
}

#[test]
fn links_lead_to_the_web_or_nowhere() {
    let link = passed(b"\x1b]8;id=1;https://example.org/x\x1b\\text\x1b]8;;\x07");
    assert_eq!(
        link,
        "\x1b]8;id=1;https://example.org/x\x1b\\text\x1b]8;;\x1b\\"
    );
    for uri in [
        "javascript:alert(1)",
        "file:///etc/passwd",
        "data:text/html,x",
        "http://a b/",
    ] {
        let text = passed(format!("\x1b]8;;{uri}\x07text\x1b]8;;\x07").as_bytes());
        assert_eq!(text, "\x1b]8;;\x1b\\text\x1b]8;;\x1b\\", "{uri}");
    }
}

#[test]
fn titles_are_short_and_without_controls() {
    let title =
        passed(format!("\x1b]0;a\u{9b}b\u{7f}\u{202e}c{}\x07", "x".repeat(2000)).as_bytes());
    let title = title
        .strip_prefix("\x1b]2;")
        .unwrap()
        .strip_suffix("\x1b\\")
        .unwrap();
    assert!(title.starts_with("abcx") && title.len() == 256, "{title}");
}

#[test]
fn endless_sequences_keep_nothing() {
    let mut console = Console::new(size(20, 4));
    for start in ["\x1b]0;", "\x1b]52;", "\x1bP", "\x1b_", "\x1b[1;"] {
        console.feed(start.as_bytes());
        let filler = if start.ends_with("1;") { b'1' } else { b'x' };
        for _ in 0..200 {
            let passed = console.feed(&vec![filler; 64 << 10]);
            assert!(passed.output.is_empty());
        }
        assert!(console.snapshot().dump.len() < 1024, "{start:?}");
        assert_eq!(
            console.feed(b"\x1b\\ok\r").output.as_ref(),
            b"ok\r",
            "{start:?}"
        );
    }
    // Marks without an end on one character.
    let marks = passed(format!("e{}", "\u{301}".repeat(10_000)).as_bytes());
    assert!(marks.len() < 20, "{}", marks.len());
}

#[test]
fn bad_utf8_is_replaced_alike_however_it_is_cut() {
    let bad = b"a\xffb\xe2\x94c\xf0\x9f\x92\x1b[1m\xc0\xaf\xed\xa0\x80d\xe4\xb8";
    let whole = Sanitiser::default().feed(bad);
    for cut in 0..bad.len() {
        let mut filter = Sanitiser::default();
        let mut parts = filter.feed(&bad[..cut]);
        parts.extend(filter.feed(&bad[cut..]));
        assert_eq!(parts, whole, "cut at {cut}");
    }
    let text = String::from_utf8(whole).unwrap();
    assert_eq!(
        text,
        "a\u{fffd}b\u{fffd}c\u{fffd}\x1b[1m\u{fffd}\u{fffd}\u{fffd}\u{fffd}\u{fffd}d"
    );
}
