//! Runs or attaches to Linux programs and records every system call of the whole process tree.
//!
//! ```
//! use std::ffi::CString;
//! use syscope_engine::{Config, Program, Session, Stdio, Target};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let word = |text: &str| CString::new(text);
//! let program = Program {
//!     candidates: vec![word("/bin/true")?],
//!     argv: vec![word("true")?],
//!     envp: Vec::new(),
//!     cwd: None,
//!     uid: None,
//!     gid: None,
//!     groups: None,
//!     stdio: [Stdio::Null; 3],
//!     kept: Vec::new(),
//! };
//! let (over, wait) = std::sync::mpsc::channel();
//! let wake = Box::new(move || drop(over.send(())));
//! let session = Session::start(Config::new(Target::Spawn(program)), wake)?;
//! while session.end().is_none() {
//!     wait.recv()?;
//! }
//! let bytes: usize = std::iter::from_fn(|| session.take()).map(|chunk| chunk.len()).sum();
//! assert_eq!(session.end().and_then(|end| end.exit_code), Some(0));
//! assert!(bytes > 0);
//! # Ok(())
//! # }
//! ```
//!
//! Read in this order: [`Session`] and its [`Config`]; `record` for what comes out; `plan` for what is copied; `tracer`
//! for the loop; `sys` for how the kernel is asked. The engine knows no system call's meaning beyond the few that make
//! the tree: what to copy and what to do at a call is told to it as bytes.

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
compile_error!("syscope-engine traces Linux on x86_64");

mod capture;
mod conditions;
mod counts;
mod daemon;
pub mod descriptor;
mod error;
mod filter;
mod outbox;
pub mod own;
mod paths;
mod placement;
mod plan;
mod proc;
mod processes;
pub mod record;
mod rules;
mod session;
mod stop;
mod sys;
mod task;
mod tracee;
mod tracer;
mod wire;

pub use daemon::{Place, allow_tracer, turn_into};
pub use error::{Error, SpawnStep};
pub use filter::Enforced;
pub use outbox::{Wake, unlinked_file};
pub use placement::PlacementPolicy;
pub use plan::Plan;
pub use rules::Rules;
pub use session::{Backpressure, Config, Ending, Follow, ModeRequest, Program, Session, Stdio, Target, Unanswered};
pub use sys::Tid;
pub use sys::clock::monotonic_ns;

/// How a system call was entered: a property of each call, not of its process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(u8)]
pub enum Abi {
    /// The `syscall` instruction in 64-bit mode.
    X86_64 = 0,
    /// `int 0x80` and `sysenter`, from 32-bit or 64-bit code.
    I386 = 1,
    /// x86_64 with bit 30 of the number set.
    X32 = 2,
}

/// How calls were intercepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[repr(u32)]
pub enum Mode {
    /// A seccomp filter stops the wanted calls.
    Filter = 1,
    /// Every call stops twice.
    #[default]
    Stops = 2,
}

/// How a run ended.
#[derive(Clone, Debug, Default)]
pub struct End {
    /// Exit status of the first process, if it exited.
    pub exit_code: Option<i32>,
    /// The signal that killed it, if one did.
    pub signal: Option<i32>,
    /// That signal dumped core.
    pub core_dumped: bool,
    /// How calls were intercepted.
    pub mode: Mode,
    /// Why a filter was wanted and not used.
    pub fallback: Option<nix::errno::Errno>,
    /// Bit n: [`record::GapReason`] n happened.
    pub incomplete: u32,
    /// The tracer itself failed.
    pub failure: Option<Error>,
    /// What each rule has done.
    pub rules: Vec<RuleUse>,
    /// Calls that no handler has decided in time.
    pub unanswered: u32,
    pub(crate) over: bool,
}

/// What a rule has done in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RuleUse {
    /// The rule's id.
    pub id: u16,
    /// How it was enforced.
    pub enforced: Enforced,
    /// Calls that it acted on; 0 where the kernel's filter answers by itself.
    pub acted: u64,
    /// Calls of which a condition could not be looked at.
    pub unread: u64,
}
