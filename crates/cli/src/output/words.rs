//! Small things as people say them: ages, durations, sizes, outcomes.

use baton_domain::Activity;
use chrono::TimeDelta;
use serde_json::Value;

/// `12 s`, `3 min`, `2 h`, `5 d`.
pub(crate) fn age(delta: TimeDelta) -> String {
    let seconds = delta.num_seconds().max(0);
    match seconds {
        0..=59 => format!("{seconds} s"),
        60..=3_599 => format!("{} min", seconds / 60),
        3_600..=86_399 => format!("{} h", seconds / 3_600),
        _ => format!("{} d", seconds / 86_400),
    }
}

/// How a held run gets on.
pub(crate) fn activity(activity: Activity) -> String {
    activity.as_str().replace('_', " ")
}

/// `: ` and the note with which somebody wished something; nothing without one.
pub(super) fn note(data: &Value) -> String {
    match data.get("note").and_then(Value::as_str) {
        Some(note) => format!(": {note}"),
        None => String::new(),
    }
}

/// `340 ms`, `12.3 s`, `4 min 5 s`.
pub(crate) fn duration(milliseconds: u64) -> String {
    match milliseconds {
        0..=999 => format!("{milliseconds} ms"),
        1_000..=59_999 => format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100),
        _ => format!(
            "{} min {} s",
            milliseconds / 60_000,
            milliseconds % 60_000 / 1_000
        ),
    }
}

/// The first line of a text, cut after so many characters.
pub(crate) fn cut(text: &str, most: usize) -> String {
    let line = text.trim().lines().next().unwrap_or_default();
    let is_whole = line == text.trim() && line.chars().count() <= most;
    let line: String = line.chars().take(most).collect();
    if is_whole { line } else { format!("{line}…") }
}

/// `512 B`, `1.5 KiB`, `3.0 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1_024 {
        return format!("{bytes} B");
    }
    let mut unit = 0;
    let mut scale = 1_024_u64;
    while bytes / scale >= 1_024 && unit + 1 < units.len() {
        scale *= 1_024;
        unit += 1;
    }
    format!(
        "{}.{} {}",
        bytes / scale,
        bytes % scale * 10 / scale,
        units[unit]
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!(age(TimeDelta::seconds(-3)), "0 s");
        assert_eq!(age(TimeDelta::seconds(61)), "1 min");
        assert_eq!(age(TimeDelta::days(3)), "3 d");
        assert_eq!(
            (cut(" a\n", 3), cut("a\nb", 3)),
            ("a".to_owned(), "a…".to_owned())
        );
        assert_eq!(cut("äöü!", 3), "äöü…");
        assert_eq!(duration(999), "999 ms");
        assert_eq!(duration(12_345), "12.3 s");
        assert_eq!(duration(245_000), "4 min 5 s");
        assert_eq!(size(1_023), "1023 B");
        assert_eq!(size(1_536), "1.5 KiB");
        assert_eq!(size(5 << 40), "5.0 TiB");
        assert_eq!(size(u64::MAX), "16777215.9 TiB");
    }
}
