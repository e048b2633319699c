//! What crosses a process boundary: subjects, messages on the broker, HTTP bodies.
