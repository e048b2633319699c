//! How much of a worker a run takes.

use std::fmt;

use crate::ids::InvalidId;

/// Slots of a worker that a run occupies, 1 to 64.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slots(u8);

impl Slots {
    /// What a run takes that says nothing of it.
    pub const ONE: Self = Self(1);

    /// The most that one run may take.
    pub const MAX: u32 = 64;

    /// A number of slots.
    ///
    /// # Errors
    /// When it is not 1 to 64.
    pub fn new(count: u32) -> Result<Self, InvalidId> {
        match u8::try_from(count) {
            Ok(small) if (1..=Self::MAX).contains(&count) => Ok(Self(small)),
            _ => Err(InvalidId("number of slots", count.to_string())),
        }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0 as u32
    }
}

impl Default for Slots {
    fn default() -> Self {
        Self::ONE
    }
}

impl fmt::Display for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // W-03
    #[test]
    fn a_run_takes_1_to_64_slots() {
        for good in [1, 2, 64] {
            assert_eq!(Slots::new(good).map(Slots::get), Ok(good));
        }
        for bad in [0, 65, 256, 257, u32::MAX] {
            assert!(Slots::new(bad).is_err(), "{bad}");
        }
    }
}
