//! What is switched on and off in a terminal, the pages' own settings apart.

use crate::op::{Mode, Op};

/// Which events of the mouse are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Mouse {
    #[default]
    None,
    X10,
    Clicks,
    Drags,
    Moves,
}

/// How they are told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum MouseCode {
    #[default]
    Plain,
    Sgr,
    Pixels,
}

/// The settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) insert: bool,
    pub(crate) wrap: bool,
    keypad: bool,
    cursor_keys: bool,
    visible: bool,
    focus: bool,
    paste: bool,
    synchronised: bool,
    mouse: Mouse,
    mouse_code: MouseCode,
    pub(crate) cursor_style: u8,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            insert: false,
            wrap: true,
            keypad: false,
            cursor_keys: false,
            visible: true,
            focus: false,
            paste: false,
            synchronised: false,
            mouse: Mouse::None,
            mouse_code: MouseCode::Plain,
            cursor_style: 0,
        }
    }
}

impl Settings {
    pub(crate) fn set(&mut self, mode: Mode, on: bool) {
        let mouse = |kind| if on { kind } else { Mouse::None };
        let code = |kind| if on { kind } else { MouseCode::Plain };
        match mode {
            Mode::Insert => self.insert = on,
            Mode::Wrap => self.wrap = on,
            Mode::Keypad => self.keypad = on,
            Mode::CursorKeys => self.cursor_keys = on,
            Mode::Visible => self.visible = on,
            Mode::Focus => self.focus = on,
            Mode::Paste => self.paste = on,
            Mode::Synchronised => self.synchronised = on,
            Mode::MouseX10 => self.mouse = mouse(Mouse::X10),
            Mode::MouseClicks => self.mouse = mouse(Mouse::Clicks),
            Mode::MouseDrags => self.mouse = mouse(Mouse::Drags),
            Mode::MouseMoves => self.mouse = mouse(Mouse::Moves),
            Mode::MouseSgr => self.mouse_code = code(MouseCode::Sgr),
            Mode::MousePixels => self.mouse_code = code(MouseCode::Pixels),
            Mode::Origin => {}
        }
    }

    /// Whether a mode is on; `None` for one that is kept elsewhere.
    pub(crate) fn get(&self, mode: Mode) -> Option<bool> {
        Some(match mode {
            Mode::Insert => self.insert,
            Mode::Wrap => self.wrap,
            Mode::Keypad => self.keypad,
            Mode::CursorKeys => self.cursor_keys,
            Mode::Visible => self.visible,
            Mode::Focus => self.focus,
            Mode::Paste => self.paste,
            Mode::Synchronised => self.synchronised,
            Mode::MouseX10 => self.mouse == Mouse::X10,
            Mode::MouseClicks => self.mouse == Mouse::Clicks,
            Mode::MouseDrags => self.mouse == Mouse::Drags,
            Mode::MouseMoves => self.mouse == Mouse::Moves,
            Mode::MouseSgr => self.mouse_code == MouseCode::Sgr,
            Mode::MousePixels => self.mouse_code == MouseCode::Pixels,
            Mode::Origin => return None,
        })
    }

    /// What DECSTR resets: everything but the mouse.
    pub(crate) fn soft_reset(&mut self) {
        *self = Self {
            mouse: self.mouse,
            mouse_code: self.mouse_code,
            ..Self::default()
        };
    }

    /// Appends what leads to these settings from a new terminal's.
    pub(crate) fn write(&self, out: &mut Vec<u8>) {
        const ALL: [Mode; 14] = [
            Mode::Insert,
            Mode::Wrap,
            Mode::Keypad,
            Mode::CursorKeys,
            Mode::Visible,
            Mode::Focus,
            Mode::Paste,
            Mode::Synchronised,
            Mode::MouseX10,
            Mode::MouseClicks,
            Mode::MouseDrags,
            Mode::MouseMoves,
            Mode::MouseSgr,
            Mode::MousePixels,
        ];
        let fresh = Self::default();
        for mode in ALL {
            let Some(on) = self.get(mode) else { continue };
            // A reset leaves a hidden cursor hidden in some terminals.
            if mode == Mode::Visible || Some(on) != fresh.get(mode) {
                Op::Mode(mode, on).write(out);
            }
        }
        if self.cursor_style != 0 {
            Op::CursorStyle(self.cursor_style).write(out);
        }
    }
}
