//! What a run is: ids, specification, states and the steps between them. No IO and no clock of its own.
