//! What the tracer knows of each thread.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::mpsc::Sender;

use crate::Abi;
use crate::capture::Call;
use crate::rules::Action;
use crate::sys::Tid;
use crate::sys::ptrace::Register;

/// A system call between its entry and its exit.
#[derive(Debug)]
pub(crate) struct InFlight {
    pub(crate) abi: Abi,
    pub(crate) number: u32,
    pub(crate) args: [u64; 6],
    pub(crate) ip: u64,
    pub(crate) sp: u64,
    pub(crate) entry_seq: u64,
    pub(crate) start_ns: u64,
    pub(crate) system_ns: u64,
    /// A record is wanted.
    pub(crate) record: bool,
    /// A rule wants it recorded, even where calls are only counted.
    pub(crate) reported: bool,
    /// A pending record has been written.
    pub(crate) announced: bool,
    /// The rule that acted, 0 for none, and what it did ([`deeds`](crate::record::deeds)).
    pub(crate) rule: u16,
    pub(crate) deeds: u16,
    /// What rules still have to do, or to decide.
    pub(crate) acts: Option<Box<Acts>>,
    /// 1 + number of the call that this `restart_syscall` resumes.
    pub(crate) resumes: u32,
    /// What was captured at entry; the first `planned` bytes by the plan.
    pub(crate) captures: Vec<u8>,
    pub(crate) planned: usize,
    pub(crate) correction: Correction,
}

impl InFlight {
    /// What is left of a call whose record is written now: what rules and the engine have still to do.
    pub(crate) fn take_rest(&mut self) -> Self {
        let correction = std::mem::replace(&mut self.correction, Correction::None);
        Self { captures: self.captures.clone(), correction, acts: self.acts.take(), record: false, ..*self }
    }

    /// Argument registers that are not what the program has put there, with what that was.
    pub(crate) fn changed_registers(&self) -> Vec<(Register, u64)> {
        let mut changed = self.acts.as_ref().map_or_else(Vec::new, |acts| acts.restore.clone());
        if let Correction::CloneFlags { register, flags } = self.correction {
            changed.push((register, flags));
        }
        changed
    }

    /// As the interpreters of plan and rules see it.
    pub(crate) fn call(&self, tid: Tid, task: Option<&Task>, result: Option<(i64, bool)>) -> Call<'_> {
        Call {
            pid: task.map_or(tid, |task| task.pid),
            tid,
            depth: task.map_or(0, |task| task.depth),
            abi: self.abi,
            number: self.number,
            args: &self.args,
            sp: self.sp,
            result,
        }
    }
}

/// What rules have to do to a call that is in flight.
#[derive(Debug, Default)]
pub(crate) struct Acts {
    /// Done at syscall-exit, in this order.
    pub(crate) exit: Vec<Action>,
    /// Rules that the outcome decides, by their indices.
    pub(crate) candidates: Vec<usize>,
    /// Rules that have counted this call.
    pub(crate) counted: Vec<u16>,
    /// Argument registers as they were.
    pub(crate) restore: Vec<(Register, u64)>,
    /// The call was not run, or another in its place.
    pub(crate) skipped: bool,
    /// The result of a call that is skipped.
    pub(crate) result: Option<i64>,
    /// Registers and memory are another program's now.
    pub(crate) executed: bool,
    /// Result and whether it is an error, once the exit has come.
    pub(crate) outcome: Option<(i64, bool)>,
}

/// What has to be put right at the exit of a call that was changed at its entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Correction {
    None,
    /// The pin was lifted so that the call sees the tracee's own affinity.
    PutPinBack,
    /// As above, and a success means that the program has placed this thread itself.
    Placed {
        whom: Tid,
    },
    /// `CLONE_UNTRACED` was taken out of the first argument, a register that held this.
    CloneFlags {
        register: Register,
        flags: u64,
    },
    /// The same, in `struct clone_args` at this address.
    CloneArgs {
        address: u64,
        flags: u64,
    },
    /// A success means that an io_uring exists, described by the `struct io_uring_params` at this address.
    IoUring {
        params: u64,
    },
    /// Filter mode: a success means that another filter stands before ours.
    OwnFilter,
}

/// One thread of the tree.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) pid: Tid,
    /// How many forks lie between the first process and this one.
    pub(crate) depth: u32,
    /// Not recorded: a child that is not followed, held because a filter sits on it.
    pub(crate) silent: bool,
    pub(crate) call: Option<InFlight>,
    /// A syscall-entry-stop was seen, so an exit without a call in flight is one we chose to ignore.
    pub(crate) entry_seen: bool,
    /// Filter mode: the exit of the present call is wanted.
    pub(crate) await_exit: bool,
    /// In group-stop, under `PTRACE_LISTEN`.
    pub(crate) listening: bool,
    /// Attached to while it ran, and not yet stopped.
    pub(crate) joining: bool,
    /// Let go at its next stop.
    pub(crate) unwanted: bool,
    /// Dropped with this, which whoever has asked for it hears.
    pub(crate) freed: Option<Sender<()>>,
    /// Argument registers that its parent's call was changed in, as the program had them: to be put back at its first stop.
    pub(crate) restore: Vec<(Register, u64)>,
    /// 1 + number of the call that was interrupted and may come back as `restart_syscall`.
    pub(crate) interrupted: u32,
    /// System time of the thread group at the last stop.
    pub(crate) system_ns: u64,
}

impl Task {
    pub(crate) fn new(pid: Tid, depth: u32, silent: bool) -> Self {
        Self {
            pid,
            depth,
            silent,
            call: None,
            entry_seen: false,
            await_exit: false,
            listening: false,
            joining: false,
            unwanted: false,
            freed: None,
            restore: Vec::new(),
            interrupted: 0,
            system_ns: 0,
        }
    }
}

/// Thread ids are small, dense and not under anybody's control who could gain from collisions.
#[derive(Debug, Default)]
pub(crate) struct TidHasher(u64);

impl Hasher for TidHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(31).wrapping_add(u64::from(*byte));
        }
    }
    fn write_i32(&mut self, tid: i32) {
        // Fibonacci hashing: the map takes its control bits from the top.
        self.0 = u64::from(tid.cast_unsigned()).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}

/// A map keyed by thread id.
pub(crate) type ByTid<T> = HashMap<Tid, T, BuildHasherDefault<TidHasher>>;
