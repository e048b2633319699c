//! Role: does the work. Claims runs, runs agents, reports. Never touches Postgres.
