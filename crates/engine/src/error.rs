//! What can go wrong, by what was asked, of whom, and the kernel's answer.

use nix::errno::Errno;

use crate::sys::Tid;

/// Why a session could not be started, or ended before its tracees did.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The command could not be started; nothing is left behind.
    #[error("{step} failed: {errno}")]
    Spawn {
        /// The step that failed.
        step: SpawnStep,
        /// The kernel's answer.
        errno: Errno,
    },
    /// There is no such process (any more).
    #[error("process {pid} does not exist")]
    Gone {
        /// Who was asked for.
        pid: Tid,
    },
    /// Somebody else traces the process already.
    #[error("process {pid} is already traced by process {tracer}")]
    AlreadyTraced {
        /// Who was asked for.
        pid: Tid,
        /// `TracerPid` of /proc/PID/status.
        tracer: Tid,
    },
    /// A process can't trace itself.
    #[error("process {pid} is this process")]
    Own {
        /// Who was asked for.
        pid: Tid,
    },
    /// A child of this process. The kernel takes any wait of ours for it, by whichever thread, as a wait for its
    /// ptrace-stops, so a host that reaps its children would steal them (wait4(2), `ptrace_reparented` in kernel/exit.c).
    #[error("process {pid} is a child of this process, whose waiting for it would take away its stops")]
    OwnChild {
        /// Who was asked for.
        pid: Tid,
    },
    /// The kernel refused a ptrace request.
    #[error("{operation} of {tid} was refused: {errno}")]
    Refused {
        /// The request as ptrace(2) spells it.
        operation: &'static str,
        /// Whom it concerned.
        tid: Tid,
        /// The kernel's answer.
        errno: Errno,
    },
    /// The capture plan or the rules can't be understood.
    #[error("malformed {what} at byte {offset}: {problem}")]
    Malformed {
        /// `plan` or `rules`.
        what: &'static str,
        /// Where reading stopped.
        offset: usize,
        /// What is wrong there.
        problem: &'static str,
    },
    /// A seccomp filter was demanded and can't be had.
    #[error("the seccomp filter could not be installed: {errno}")]
    Filter {
        /// The kernel's answer.
        errno: Errno,
    },
    /// The configuration asks for something that can't be.
    #[error("{0}")]
    Config(&'static str),
    /// A resource of the host ran out: threads, memory, processes.
    #[error("{operation}: {errno}")]
    Host {
        /// What was tried.
        operation: &'static str,
        /// The kernel's answer.
        errno: Errno,
    },
    /// The tracer thread came to a state that it should never be in.
    #[error("the tracer thread failed: {0}")]
    Internal(String),
}

/// The steps of a start, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SpawnStep {
    /// clone(2), or the child was killed before it could report.
    Clone,
    /// dup2(2) of one of the standard descriptors.
    Stdio,
    /// chdir(2).
    Chdir,
    /// setgroups(2) without a group to change to.
    Setgroups,
    /// setgroups(2), setresgid(2).
    Setgid,
    /// setresuid(2).
    Setuid,
    /// execve(2).
    Exec,
}

impl std::fmt::Display for SpawnStep {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Clone => "clone",
            Self::Stdio => "stdio",
            Self::Chdir => "chdir",
            Self::Setgroups => "setgroups",
            Self::Setgid => "setgid",
            Self::Setuid => "setuid",
            Self::Exec => "exec",
        })
    }
}
