//! Tracing the process that one is in.
//!
//! A thread cannot trace its own process, so a helper does: a small program (`main.rs`) that this process starts, that attaches to it
//! and lets it go again. Both talk over a socket pair (`wire`), of which this process needs to do nothing while its threads are
//! stopped: records go to a file that both have open. [`Tracing`] is this process's side.

mod host;
mod turns;
pub mod wire;

pub use host::{Stage, Tracing, Wanted};
