//! Role: the only writer of run data. Takes batches from the broker, folds them, keeps them.
