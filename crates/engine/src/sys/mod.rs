//! Every unsafe operation of the engine, one small function per kernel request. Policy lives elsewhere.
#![expect(unsafe_code, reason = "the one place where the kernel is asked by pointer and register")]

pub(crate) mod bell;
pub(crate) mod clock;
pub(crate) mod daemon;
pub(crate) mod descriptor;
pub(crate) mod memory;
pub(crate) mod path;
pub(crate) mod placement;
pub(crate) mod ptrace;
pub(crate) mod raw;
pub(crate) mod shared;
pub(crate) mod signal;
pub(crate) mod socket;
pub(crate) mod spawn;
pub(crate) mod wait;

/// Thread id as the kernel counts it; a thread group's id is its first thread's.
pub type Tid = i32;
