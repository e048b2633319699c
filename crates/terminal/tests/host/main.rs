//! A host by itself: real processes, real signals.

#![cfg(test)]

mod agents;
mod bench;
mod ends;
mod frozen;
mod grants;
mod recorded;
mod survival;
mod terminals;
mod typing;
mod viewer;
mod watching;
