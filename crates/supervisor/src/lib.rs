//! Role: keeps promises that have time in them: leases, retries, dead letters.
