//! Questions of programs.

use baton_screen::Console;

use crate::size;

#[test]
fn programs_get_one_answer_and_viewers_never_see_the_question() {
    for (question, answer) in [
        ("\x1b[c", "\x1b[?62;22c"),
        ("\x1b[0c", "\x1b[?62;22c"),
        ("\x1b[>c", "\x1b[>1;100;0c"),
        ("\x1b[5n", "\x1b[0n"),
        ("\x1b[3;4H\x1b[6n", "\x1b[3;4R"),
        ("\x1b[3;4H\x1b[?6n", "\x1b[?3;4R"),
        ("\x1b[?2004h\x1b[?2004$p", "\x1b[?2004;1$y"),
        ("\x1b[?25$p", "\x1b[?25;1$y"),
        ("\x1b[?1049$p", "\x1b[?1049;2$y"),
        ("\x1b[?9999$p", "\x1b[?9999;0$y"),
        ("\x1b[4$p", "\x1b[4;2$y"),
        ("\x1b[18t", "\x1b[8;6;20t"),
        ("\x1b]10;?\x07", "\x1b]10;rgb:e4e4/e9e9/f0f0\x07"),
        ("\x1b]11;?\x1b\\", "\x1b]11;rgb:1111/1515/1b1b\x1b\\"),
        ("\x1b]4;1;?\x07", "\x1b]4;1;rgb:cdcd/0000/0000\x07"),
        ("\x1bP$qm\x1b\\", "\x1bP0$r\x1b\\"),
        ("\x1bP+q544e\x1b\\", "\x1bP0+r\x1b\\"),
        // Not spoken here, so not answered: programs go on without.
        ("\x1b[?u", ""),
    ] {
        let mut console = Console::new(size(20, 6));
        let passed = console.feed(question.as_bytes());
        assert_eq!(
            String::from_utf8(passed.answers).unwrap(),
            answer,
            "{question:?}"
        );
        let shown = String::from_utf8(passed.output.to_vec()).unwrap();
        for asked in ["\x1b[c", "n", "$p", "\x1b]", "\x1bP", "t"] {
            assert!(!shown.contains(asked), "{question:?} left {shown:?}");
        }
    }
}
