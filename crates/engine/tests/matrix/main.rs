//! Hazards of tracing, each on a tracee made for it, by stops and by a filter. ARCHITECTURE.md has the table.
#![cfg(test)]
#![expect(clippy::wildcard_enum_match_arm, reason = "a test looks for some kinds of records among all")]

mod acts;
mod attach;
mod calls;
mod descriptors;
mod filter;
mod host;
mod memory;
mod places;
mod session;
mod start;
mod stops;
#[path = "../support/mod.rs"]
mod support;
mod threads;
mod tree;
mod wire;
