//! The doorbell: how anybody wakes a thread that sleeps in wait4(2).
//!
//! ptrace-stops can be collected by wait4(2) only, so the tracer thread has to sleep there, and everything else that
//! it must hear of has to look like a child that changed state. The doorbell is such a child: it shares our memory,
//! sleeps on a futex, and stops itself with SIGSTOP when somebody rang or when the deadline has passed. wait4 reports
//! the stop; SIGCONT re-arms the bell. No signal handler, no polling, and no window in which a ring is lost:
//! a ringer sets a word first, and the bell looks at that word before it sleeps.

use std::io;
use std::ptr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use super::{Tid, raw, shared, signal, wait};

/// `deadline_ns` when there is none.
const NEVER: u64 = 0;
/// The pid of a bell that does not hang.
const NOBODY: Tid = -1;

#[derive(Debug)]
struct Wire {
    /// Futex word; changes with every ring and every new deadline.
    turns: AtomicU32,
    /// 1 from a ring until the tracer thread has answered it.
    rung: AtomicU32,
    deadline_ns: AtomicU64,
    /// The stack of the bell, in the same mapping's neighbourhood for as long as the bell runs.
    stack: shared::Region,
    host: Tid,
}

/// Rings from any thread. Cheap while an earlier ring is unanswered.
#[derive(Clone, Debug)]
pub(crate) struct Ringer {
    wire: Arc<Wire>,
}

impl Ringer {
    pub(crate) fn ring(&self) {
        if self.wire.rung.swap(1, Ordering::AcqRel) == 0 {
            self.wire.turn();
        }
    }
}

impl Wire {
    fn turn(&self) {
        self.turns.fetch_add(1, Ordering::AcqRel);
        shared::futex_wake(&self.turns);
    }
}

/// The bell itself, owned by the thread that waits.
#[derive(Debug)]
pub(crate) struct Bell {
    wire: Arc<Wire>,
    pid: Tid,
}

impl Bell {
    /// Hangs a bell for the calling thread.
    pub(crate) fn hang() -> io::Result<Self> {
        const STACK: usize = 16 * 1024;
        let wire = Arc::new(Wire {
            turns: AtomicU32::new(0),
            rung: AtomicU32::new(0),
            deadline_ns: AtomicU64::new(NEVER),
            stack: shared::Region::new(STACK)?,
            // SAFETY: getpid(2) takes nothing and can't fail.
            host: unsafe { libc::getpid() },
        });
        let pid = start(&wire)?;
        Ok(Self { wire, pid })
    }

    pub(crate) fn pid(&self) -> Tid {
        self.pid
    }

    pub(crate) fn ringer(&self) -> Ringer {
        Ringer { wire: Arc::clone(&self.wire) }
    }

    /// Asks to be woken at `deadline_ns` (`CLOCK_MONOTONIC`) unless an earlier time is already set.
    pub(crate) fn wake_at(&self, deadline_ns: u64) {
        let set = self.wire.deadline_ns.load(Ordering::Acquire);
        if set == NEVER || deadline_ns < set {
            self.wire.deadline_ns.store(deadline_ns.max(1), Ordering::Release);
            self.wire.turn();
        }
    }

    /// Re-arms the bell after its stop was reported. Whoever rings from here on is heard by another stop, so the
    /// caller looks at its mail after this.
    pub(crate) fn answer(&self) {
        self.wire.deadline_ns.store(NEVER, Ordering::Release);
        self.wire.rung.store(0, Ordering::Release);
        if !self.is_down() {
            let _ = signal::kill(self.pid, libc::SIGCONT);
        }
    }

    /// Hangs another bell in place of one that somebody killed; ringers keep working.
    pub(crate) fn rehang(&mut self) -> io::Result<()> {
        // What is cloned inherits the mask, and no handler of the host may run in it.
        signal::block_all_in_this_thread();
        let hung = start(&self.wire);
        signal::block_all_but_sigchld_in_this_thread();
        self.pid = NOBODY;
        self.pid = hung?;
        // Whoever rang while no bell hung is heard now.
        self.wire.turn();
        Ok(())
    }

    /// Takes the bell down, reaping it. Ringers that remain ring in vain.
    pub(crate) fn take_down(&mut self) {
        if self.is_down() {
            return;
        }
        // The bell runs on memory of ours: it has to be gone before the last Arc is.
        let _ = signal::kill(self.pid, libc::SIGKILL);
        while let Ok(report) = wait::wait_for(self.pid) {
            if libc::WIFEXITED(report.status) || libc::WIFSIGNALED(report.status) {
                break;
            }
        }
        self.pid = NOBODY;
    }

    pub(crate) fn is_down(&self) -> bool {
        self.pid == NOBODY
    }
}

impl Drop for Bell {
    fn drop(&mut self) {
        self.take_down();
    }
}

fn start(wire: &Arc<Wire>) -> io::Result<Tid> {
    // CLONE_FILES: the bell shares our descriptors instead of holding copies of them open. No termination signal.
    const FLAGS: i32 = libc::CLONE_VM | libc::CLONE_FILES | libc::CLONE_FS;
    let argument = ptr::from_ref::<Wire>(wire).cast_mut().cast();
    // SAFETY: the stack is a mapping of its own that only this child uses; `keep_watch` touches nothing but the wire
    // (which outlives the child, see Drop) and makes raw system calls only. All signals are blocked in the tracer thread and so
    // in the child, hence no handler of the host runs there.
    let pid = unsafe { libc::clone(keep_watch, wire.stack.end().cast(), FLAGS, argument) };
    if pid < 0 { Err(io::Error::last_os_error()) } else { Ok(pid) }
}

extern "C" fn keep_watch(argument: *mut libc::c_void) -> i32 {
    // SAFETY: the argument is the Wire that `start` passed, alive until this process has been reaped.
    let wire = unsafe { &*argument.cast::<Wire>() };
    leave_the_terminal_and_die_with_the_tracer(wire.host);
    loop {
        let turns = wire.turns.load(Ordering::Acquire);
        if wire.rung.load(Ordering::Acquire) == 0 {
            let deadline = wire.deadline_ns.load(Ordering::Acquire);
            if deadline == NEVER {
                shared::futex_wait(&wire.turns, turns, None);
                continue;
            }
            if now_ns() < deadline {
                shared::futex_wait(&wire.turns, turns, Some(deadline));
                continue;
            }
        }
        stop_self();
    }
}

/// Its own session: no terminal signals, no part in the host's job control. SIGKILL when the tracer thread ends.
fn leave_the_terminal_and_die_with_the_tracer(host: Tid) {
    // SAFETY: setsid(2) takes nothing.
    unsafe { raw::syscall3(libc::SYS_setsid, 0, 0, 0) };
    // SAFETY: PR_SET_PDEATHSIG takes a number.
    unsafe { raw::syscall3(libc::SYS_prctl, libc::PR_SET_PDEATHSIG as usize, libc::SIGKILL as usize, 0) };
    // SAFETY: getppid(2) takes nothing.
    let parent = unsafe { raw::syscall3(libc::SYS_getppid, 0, 0, 0) };
    if parent != host as isize {
        // The host died before the line above could take effect.
        raw::exit_group(0);
    }
}

fn stop_self() {
    // SAFETY: getpid(2) takes nothing.
    let own = unsafe { raw::syscall3(libc::SYS_getpid, 0, 0, 0) };
    // SAFETY: kill(2) to ourselves; execution goes on here after SIGCONT.
    unsafe { raw::syscall3(libc::SYS_kill, own as usize, libc::SIGSTOP as usize, 0) };
}

/// `CLOCK_MONOTONIC` by system call: the vDSO reads thread-local storage on no architecture of ours, yet nothing says so.
fn now_ns() -> u64 {
    let mut time = [0i64; 2];
    // SAFETY: two i64 are what struct timespec is on x86_64.
    unsafe { raw::syscall3(libc::SYS_clock_gettime, libc::CLOCK_MONOTONIC as usize, time.as_mut_ptr() as usize, 0) };
    let [seconds, nanoseconds] = time;
    (seconds as u64).wrapping_mul(1_000_000_000).wrapping_add(nanoseconds as u64)
}
