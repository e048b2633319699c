//! A terminal as plain text, for pipes and scripts: what it shows line by line, without sequences.

use std::{
    io::{self, Write as _},
    time::Instant,
};

use baton_screen::Plain;
use baton_wire::Frame;

use super::{
    follow::Left,
    line::{Heard, Line, Wish},
    watched::Watched,
};

/// Prints until it is over.
pub(crate) async fn print(mut line: Line) -> io::Result<Left> {
    let mut watched = Watched::new(Instant::now());
    let mut plain = Plain::default();
    while let Some(heard) = line.heard.recv().await {
        match heard {
            Heard::Opened => {
                let subscribe = Frame::Subscribe(watched.subscribe());
                let _ = line.wishes.send(Wish::Send(Box::new(subscribe))).await;
            }
            Heard::Frame(frame) => {
                if watched.hear(&frame, Instant::now()).is_err() {
                    let _ = line.wishes.send(Wish::Again).await;
                    continue;
                }
                write(&text(&frame, &watched, &mut plain))?;
                if let Frame::Exit { exit, .. } = frame {
                    return Ok(Left::Ended(exit.code));
                }
                if let Some(ack) = watched.ack() {
                    let _ = line.wishes.send(Wish::Send(Box::new(ack))).await;
                }
            }
            Heard::Lost(_) => {}
            Heard::Over(why) => return Ok(Left::Over(why)),
        }
    }
    Ok(Left::Over("the connection is gone".to_owned()))
}

fn text(frame: &Frame, watched: &Watched, plain: &mut Plain) -> String {
    match frame {
        Frame::Snapshot { .. } => {
            *plain = Plain::default();
            let screen = watched.screen.text();
            if screen.is_empty() {
                screen
            } else {
                format!("{screen}\n")
            }
        }
        Frame::Output { bytes, .. } => plain.feed(bytes),
        Frame::Gap { .. } => "\n[some output is left out]\n".to_owned(),
        _ => String::new(),
    }
}

fn write(text: &str) -> io::Result<()> {
    if text.is_empty() {
        return Ok(());
    }
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}
