//! A host by itself: real processes, real signals.

#![cfg(test)]

mod agents;
mod asks;
mod bench;
mod calls;
mod ends;
mod flood;
mod frozen;
mod grants;
mod holds;
mod messages;
mod recorded;
mod seen;
mod survival;
mod terminals;
mod typing;
mod viewer;
mod watching;
