//! `baton checkpoint` and `baton need-operator` as agents call them: real processes before a real
//! host.

#![cfg(test)]

mod agent;
mod asking;
mod ends;
mod hooks;
mod scripts;
