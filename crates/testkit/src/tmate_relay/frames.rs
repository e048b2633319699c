//! The words of tmate's protocol, version 6, that the relay hears and says.

use rmpv::Value;

/// What a host says.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum FromHost {
    /// Its protocol and its version.
    Header { protocol: i64, client: String },
    /// Where its panes are.
    Layout { panes: Vec<i64> },
    /// A pane's output.
    Output { pane: i64, bytes: Vec<u8> },
    /// A setting or a key of its configuration.
    Command(Vec<String>),
    /// A line of its own that failed.
    Failed(String),
    /// It has said what it had to say at first.
    Ready,
    /// It leaves.
    Finished,
    /// Anything else.
    Other(i64),
}

/// Takes the next whole message off the front of `buffer`; nothing when it is not there yet.
pub(super) fn take(buffer: &mut Vec<u8>) -> Option<FromHost> {
    let mut rest = buffer.as_slice();
    let value = match rmpv::decode::read_value(&mut rest) {
        Ok(value) => value,
        Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => return None,
        Err(error) => panic!("the client said what is no message: {error}"),
    };
    let taken = buffer.len() - rest.len();
    buffer.drain(..taken);
    Some(understand(&value))
}

fn understand(message: &Value) -> FromHost {
    let parts = list(message);
    let kind = parts.first().map_or(-1, number);
    let part = |n: usize| parts.get(n).unwrap_or(&Value::Nil);
    match kind {
        0 => FromHost::Header {
            protocol: number(part(1)),
            client: text(part(2)),
        },
        1 => FromHost::Layout {
            panes: panes(part(3)),
        },
        2 => FromHost::Output {
            pane: number(part(1)),
            bytes: bytes(part(2)),
        },
        4 => FromHost::Failed(text(part(2))),
        8 => FromHost::Finished,
        9 => FromHost::Ready,
        12 => FromHost::Command(parts[1..].iter().map(text).collect()),
        other => FromHost::Other(other),
    }
}

/// The panes of all windows: `[[index, name, [[id, width, height, x, y]…], active]…]`.
fn panes(windows: &Value) -> Vec<i64> {
    let of_window = |window: &Value| list(window).get(2).map(list).unwrap_or_default().to_vec();
    let panes = list(windows).iter().flat_map(of_window);
    panes
        .filter_map(|pane| list(&pane).first().map(number))
        .collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn number(value: &Value) -> i64 {
    value.as_i64().unwrap_or(-1)
}

fn text(value: &Value) -> String {
    String::from_utf8_lossy(&bytes(value)).into_owned()
}

fn bytes(value: &Value) -> Vec<u8> {
    match value {
        Value::String(text) => text.as_bytes().to_vec(),
        Value::Binary(bytes) => bytes.clone(),
        _ => Vec::new(),
    }
}

/// A line that the host shows to whoever looks at it, and logs.
pub(super) fn notify(line: &str) -> Vec<u8> {
    encode(vec![0.into(), line.into()])
}

/// The size of the host's panes.
pub(super) fn resize(columns: i64, rows: i64) -> Vec<u8> {
    encode(vec![2.into(), columns.into(), rows.into()])
}

/// One of the host's format variables.
pub(super) fn set_env(name: &str, value: &str) -> Vec<u8> {
    encode(vec![4.into(), name.into(), value.into()])
}

/// What `tmate wait tmate-ready` waits for.
pub(super) fn ready() -> Vec<u8> {
    encode(vec![5.into()])
}

/// What a viewer with the read-write link has typed; pane -1 is the active one.
pub(super) fn pane_key(pane: i64, key: i64) -> Vec<u8> {
    encode(vec![6.into(), pane.into(), key.into()])
}

fn encode(parts: Vec<Value>) -> Vec<u8> {
    let mut encoded = Vec::new();
    rmpv::encode::write_value(&mut encoded, &Value::Array(parts)).expect("memory takes it");
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_taken_when_it_is_whole() {
        let output = encode(vec![2.into(), 7.into(), Value::Binary(b"abc".to_vec())]);
        let mut buffer = Vec::new();
        for byte in &output[..output.len() - 1] {
            buffer.push(*byte);
            assert_eq!(take(&mut buffer), None);
        }
        buffer.extend([output[output.len() - 1], 0x91, 9]);
        let wanted = FromHost::Output {
            pane: 7,
            bytes: b"abc".to_vec(),
        };
        assert_eq!(take(&mut buffer), Some(wanted));
        assert_eq!(take(&mut buffer), Some(FromHost::Ready));
        assert!(buffer.is_empty());
    }
}
