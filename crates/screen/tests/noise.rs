//! Output that means nothing and touches everything.

/// Bytes that terminals react to: text, controls, and sequences of every kind, whole and broken.
pub(crate) fn noise() -> impl proptest::strategy::Strategy<Value = Vec<u8>> {
    use proptest::prelude::*;
    let text = prop_oneof![
        "[a-z ]{1,12}".prop_map(String::into_bytes),
        "(中|文|é|e\u{301}|🦀|─|a\u{300}\u{301}){1,6}".prop_map(String::into_bytes),
    ];
    let control = proptest::sample::select(vec![
        b"\r\n".to_vec(),
        b"\n".to_vec(),
        b"\r".to_vec(),
        b"\x08".to_vec(),
        b"\t".to_vec(),
        b"\x1bM".to_vec(),
        b"\x1bD".to_vec(),
        b"\x1bE".to_vec(),
        b"\x1b7".to_vec(),
        b"\x1b8".to_vec(),
        b"\x1bH".to_vec(),
        b"\x1b(0".to_vec(),
        b"\x1b(B".to_vec(),
        b"\x1b[!p".to_vec(),
        b"\x1bc".to_vec(),
        b"\x1b]8;;https://example.org/a\x1b\\".to_vec(),
        b"\x1b]8;id=x;http://example.org/b\x07".to_vec(),
        b"\x1b]8;;\x1b\\".to_vec(),
        b"\x1b]0;a title\x07".to_vec(),
    ]);
    let step = ("[0-9]{0,2}(;[0-9]{1,2})?", "[A-HJ-MPST@XZa-gr`]")
        .prop_map(|(params, last)| format!("\x1b[{params}{last}").into_bytes());
    let render = proptest::sample::select(vec![
        "0",
        "1",
        "2",
        "3",
        "4",
        "4:3",
        "5",
        "7",
        "9",
        "22",
        "24",
        "27",
        "31",
        "41",
        "94",
        "103",
        "38;5;200",
        "48;5;20",
        "38;2;1;2;3",
        "48:2::4:5:6",
        "58;5;9",
        "39",
        "49",
        "53",
    ])
    .prop_map(|code| format!("\x1b[{code}m").into_bytes());
    let mode = (
        proptest::sample::select(vec![
            "?1", "?6", "?7", "?25", "?1000", "?1002", "?1006", "?1004", "?2004", "?2026", "?47",
            "?1049", "4",
        ]),
        proptest::sample::select(vec!['h', 'l']),
    )
        .prop_map(|(mode, last)| format!("\x1b[{mode}{last}").into_bytes());
    let broken = proptest::collection::vec(any::<u8>(), 0..4);
    let piece =
        prop_oneof![6 => text, 4 => control, 5 => step, 3 => render, 2 => mode, 1 => broken];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}
