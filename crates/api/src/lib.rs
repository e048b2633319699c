//! Role: the front door. HTTP, server-sent events, artifacts, the embedded dashboard.
