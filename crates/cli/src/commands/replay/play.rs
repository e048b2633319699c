//! Plays a recording in the window.

use std::time::Duration;

use baton_screen::{Screen, cast::CastEvent};
use tokio::time::{Instant, sleep_until};

use super::cast::Cast;
use crate::attach::{Painter, Status, Tty};

/// The least time between two drawings of the line at the bottom.
const TICK: Duration = Duration::from_millis(500);

/// Plays it to its end, or until somebody leaves.
pub(super) async fn play(tty: &Tty, cast: &Cast, speed: f64, title: &str) -> anyhow::Result<()> {
    let mut show = Show {
        screen: Screen::new(cast.size),
        painter: Painter::default(),
        at: Duration::ZERO,
        next: 0,
        paused: false,
        marker: String::new(),
    };
    let mut buffer = [0; 256];
    let mut ticked = Instant::now();
    loop {
        let drawn = show.draw(tty.size(), cast, title);
        tty.write(&drawn).await?;
        let over = show.next == cast.events.len();
        let wait = cast.events.get(show.next).map_or(TICK, |event| {
            event.at.saturating_sub(show.at).div_f64(speed)
        });
        tokio::select! {
            read = tty.read(&mut buffer) => match read {
                Ok(0) | Err(_) => return Ok(()),
                Ok(count) => for key in &buffer[..count] {
                    match key {
                        b' ' => show.paused = !show.paused,
                        b'q' | 0x03 | 0x1d => return Ok(()),
                        _ => {}
                    }
                },
            },
            () = sleep_until(ticked + wait.min(TICK)) => {}
        }
        let now = Instant::now();
        if !show.paused && !over {
            show.advance(now.duration_since(ticked).mul_f64(speed), cast);
        }
        ticked = now;
    }
}

struct Show {
    screen: Screen,
    painter: Painter,
    at: Duration,
    next: usize,
    paused: bool,
    marker: String,
}

impl Show {
    fn advance(&mut self, by: Duration, cast: &Cast) {
        self.at = (self.at + by).min(cast.length());
        while let Some(event) = cast
            .events
            .get(self.next)
            .filter(|event| event.at <= self.at)
        {
            match &event.event {
                CastEvent::Output(bytes) => drop(self.screen.feed(bytes)),
                CastEvent::Resize(size) => self.screen.resize(*size),
                CastEvent::Marker(label) => self.marker.clone_from(label),
                CastEvent::Input(_) | CastEvent::Exit(_) => {}
            }
            self.next += 1;
        }
    }

    fn draw(&mut self, window: (u16, u16), cast: &Cast, title: &str) -> Vec<u8> {
        let mut words = vec![
            format!(" {title}"),
            format!("{} of {}", clock(self.at), clock(cast.length())),
        ];
        if self.next == cast.events.len() {
            words.push("the end".to_owned());
        } else if self.paused {
            words.push("held".to_owned());
        }
        if !self.marker.is_empty() {
            words.push(self.marker.clone());
        }
        words.push("space holds, q leaves".to_owned());
        let status = Status {
            text: words.join(" · "),
            ..Status::default()
        };
        self.painter.paint(window, &self.screen, &status)
    }
}

fn clock(time: Duration) -> String {
    format!("{}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}
