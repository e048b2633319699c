//! For tests only: a private broker, a private database, builders, the scripted model endpoint.
