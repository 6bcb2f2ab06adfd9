//! Wait statuses, decoded totally: whatever the kernel says has a name here.

/// What a wait status says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Exited { code: i32 },
    Killed { signal: i32, core_dumped: bool },
    Stopped(Stop),
    Continued,
}

/// The kinds of ptrace-stop, as ptrace(2) names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Syscall-entry-stop or syscall-exit-stop: `PTRACE_GET_SYSCALL_INFO` says which.
    Syscall,
    /// `PTRACE_EVENT_SECCOMP`.
    Seccomp,
    /// Signal-delivery-stop. Any number: real-time signals too.
    Signal {
        signal: i32,
    },
    /// Group-stop: the thread group was stopped by this signal.
    Group {
        signal: i32,
    },
    /// `PTRACE_EVENT_STOP` without a stop signal: a new tracee's first stop, the answer to `PTRACE_INTERRUPT`, or the end of
    /// a group-stop.
    Trap,
    Fork,
    Vfork,
    Clone,
    VforkDone,
    Exec,
    /// `PTRACE_EVENT_EXIT`.
    Exiting,
    UnknownEvent {
        event: i32,
    },
}

/// `PTRACE_O_TRACESYSGOOD` sets this bit in the signal of syscall-stops.
const SYSCALL_TRAP: i32 = libc::SIGTRAP | 0x80;

impl Status {
    pub(crate) fn decode(status: i32) -> Self {
        if libc::WIFEXITED(status) {
            return Self::Exited { code: libc::WEXITSTATUS(status) };
        }
        if libc::WIFCONTINUED(status) {
            return Self::Continued;
        }
        if !libc::WIFSTOPPED(status) {
            return Self::Killed { signal: libc::WTERMSIG(status), core_dumped: libc::WCOREDUMP(status) };
        }
        let signal = (status >> 8) & 0xff;
        Self::Stopped(match status >> 16 {
            0 if signal == SYSCALL_TRAP => Stop::Syscall,
            0 => Stop::Signal { signal },
            libc::PTRACE_EVENT_FORK => Stop::Fork,
            libc::PTRACE_EVENT_VFORK => Stop::Vfork,
            libc::PTRACE_EVENT_CLONE => Stop::Clone,
            libc::PTRACE_EVENT_VFORK_DONE => Stop::VforkDone,
            libc::PTRACE_EVENT_EXEC => Stop::Exec,
            libc::PTRACE_EVENT_EXIT => Stop::Exiting,
            libc::PTRACE_EVENT_SECCOMP => Stop::Seccomp,
            libc::PTRACE_EVENT_STOP => match signal {
                libc::SIGSTOP | libc::SIGTSTP | libc::SIGTTIN | libc::SIGTTOU => Stop::Group { signal },
                _ => Stop::Trap,
            },
            event => Stop::UnknownEvent { event },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stopped(event: i32, signal: i32) -> i32 {
        event << 16 | signal << 8 | 0x7f
    }

    #[test]
    fn real_time_signals_are_signal_delivery_stops() {
        for signal in 1..=64 {
            let decoded = Status::decode(stopped(0, signal));
            assert_eq!(decoded, Status::Stopped(Stop::Signal { signal }));
        }
    }

    #[test]
    fn a_real_sigtrap_is_no_syscall_stop() {
        assert_eq!(Status::decode(stopped(0, libc::SIGTRAP)), Status::Stopped(Stop::Signal { signal: libc::SIGTRAP }));
        assert_eq!(Status::decode(stopped(0, SYSCALL_TRAP)), Status::Stopped(Stop::Syscall));
    }

    #[test]
    fn group_stops_are_told_from_traps() {
        let event = libc::PTRACE_EVENT_STOP;
        for signal in [libc::SIGSTOP, libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU] {
            assert_eq!(Status::decode(stopped(event, signal)), Status::Stopped(Stop::Group { signal }));
        }
        assert_eq!(Status::decode(stopped(event, libc::SIGTRAP)), Status::Stopped(Stop::Trap));
    }

    #[test]
    fn any_status_word_decodes() {
        // All low halves, with every event number around the known ones, and some bits far above.
        for high in (0..200).chain([0x7fff, -1]) {
            for low in 0..=0xffff {
                let _ = Status::decode(high << 16 | low);
            }
        }
    }
}
