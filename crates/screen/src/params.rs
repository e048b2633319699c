//! The parameters of a control sequence.

/// The most parameters that are read; further ones are dropped.
pub(crate) const MAX_PARAMS: usize = 32;

/// A control sequence's parts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Params {
    /// `<`, `=`, `>` or `?` before the parameters.
    pub(crate) prefix: Option<u8>,
    /// What stands between parameters and final.
    pub(crate) intermediates: Vec<u8>,
    groups: Vec<Vec<u16>>,
}

impl Params {
    /// Reads them; `None` when they are malformed.
    pub(crate) fn read(body: &[u8]) -> Option<Self> {
        let (prefix, body) = match body.split_first() {
            Some((first @ b'<'..=b'?', rest)) => (Some(*first), rest),
            _ => (None, body),
        };
        let end = body
            .iter()
            .position(|byte| *byte < 0x30)
            .unwrap_or(body.len());
        let (numbers, intermediates) = body.split_at(end);
        if intermediates.iter().any(|byte| *byte >= 0x30) || numbers.iter().any(|byte| *byte > b';')
        {
            return None;
        }
        let groups = if numbers.is_empty() {
            Vec::new()
        } else {
            let groups = numbers.split(|byte| *byte == b';').take(MAX_PARAMS);
            groups.map(group).collect()
        };
        Some(Self {
            prefix,
            intermediates: intermediates.to_vec(),
            groups,
        })
    }

    /// Every parameter with its sub-parameters; each has at least one number.
    pub(crate) fn groups(&self) -> &[Vec<u16>] {
        &self.groups
    }

    /// The n-th parameter; 0 when it is absent.
    pub(crate) fn get(&self, n: usize) -> u16 {
        self.groups.get(n).map_or(0, |group| group[0])
    }

    /// The n-th parameter as a count: 1 when absent or zero, and no more than a screen can use.
    pub(crate) fn count(&self, n: usize) -> u16 {
        self.get(n).clamp(1, 400)
    }
}

fn group(text: &[u8]) -> Vec<u16> {
    let parts = text.split(|byte| *byte == b':').take(MAX_PARAMS);
    parts.map(number).collect()
}

fn number(digits: &[u8]) -> u16 {
    digits.iter().fold(0_u16, |sum, digit| {
        sum.saturating_mul(10)
            .saturating_add(u16::from(digit - b'0'))
    })
}
