//! Journeys through the built binary, a file each.
