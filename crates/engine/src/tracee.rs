//! A tracee in a ptrace-stop: the only state in which it may be asked for anything.

use std::marker::PhantomData;

use nix::errno::Errno;

use crate::sys::Tid;
use crate::sys::ptrace::{self, Register, SyscallInfo};

/// How a request to a stopped tracee can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RequestError {
    /// It died while stopped (SIGKILL, another thread's exit_group or execve): no fault, its end is still to be reported.
    Gone,
    Refused(Errno),
}

impl From<Errno> for RequestError {
    fn from(errno: Errno) -> Self {
        if errno == Errno::ESRCH { Self::Gone } else { Self::Refused(errno) }
    }
}

pub(crate) type Request<T> = Result<T, RequestError>;

/// A tracee in a ptrace-stop.
///
/// Not `Clone`: resuming consumes it. Not `Send`: the kernel accepts requests from the thread that attached only.
#[must_use = "a stopped tracee that is dropped stays stopped"]
#[derive(Debug)]
pub(crate) struct Stopped {
    tid: Tid,
    tracer_thread: PhantomData<*const ()>,
}

/// How a tracee goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Until {
    /// `PTRACE_SYSCALL`.
    NextSyscallStop,
    /// `PTRACE_CONT`: signals, events and the filter stop it.
    NextEvent,
}

impl Stopped {
    /// To be called once for each stop that wait4(2) reported.
    pub(crate) fn reported(tid: Tid) -> Self {
        Self { tid, tracer_thread: PhantomData }
    }

    pub(crate) fn tid(&self) -> Tid {
        self.tid
    }

    /// Goes on, with `signal` delivered (0: none).
    pub(crate) fn resume(self, until: Until, signal: i32) -> Request<()> {
        let asked = match until {
            Until::NextSyscallStop => ptrace::resume_to_syscall(self.tid, signal),
            Until::NextEvent => ptrace::resume(self.tid, signal),
        };
        Ok(asked?)
    }

    /// Stays in its group-stop, without us in the way.
    pub(crate) fn listen(self) -> Request<()> {
        Ok(ptrace::listen(self.tid)?)
    }

    /// Goes on untraced, with `signal` delivered (0: none).
    pub(crate) fn detach(self, signal: i32) -> Request<()> {
        Ok(ptrace::detach(self.tid, signal)?)
    }

    pub(crate) fn syscall_info(&self) -> Request<SyscallInfo> {
        Ok(ptrace::syscall_info(self.tid)?)
    }

    pub(crate) fn event_message(&self) -> Request<u64> {
        Ok(ptrace::event_message(self.tid)?)
    }

    pub(crate) fn signal_info(&self) -> Request<[u8; 128]> {
        Ok(ptrace::signal_info(self.tid)?)
    }

    pub(crate) fn registers(&self) -> Request<libc::user_regs_struct> {
        Ok(ptrace::registers(self.tid)?)
    }

    pub(crate) fn read_register(&self, register: Register) -> Request<u64> {
        Ok(ptrace::read_register(self.tid, register)?)
    }

    pub(crate) fn write_register(&self, register: Register, value: u64) -> Request<()> {
        Ok(ptrace::write_register(self.tid, register, value)?)
    }

    pub(crate) fn peek(&self, address: u64) -> Request<u64> {
        Ok(ptrace::peek(self.tid, address)?)
    }

    pub(crate) fn poke(&self, address: u64, value: u64) -> Request<()> {
        Ok(ptrace::poke(self.tid, address, value)?)
    }
}
