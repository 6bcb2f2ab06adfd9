//! Signals of the host process: masks of our threads, the SIGCHLD rule, and sending.

use std::mem::MaybeUninit;
use std::ptr;

use nix::errno::Errno;

use super::Tid;

/// Blocks every signal in the calling thread, so that the host's handlers run on the host's own threads.
pub(crate) fn block_all_in_this_thread() {
    mask_this_thread(|_| {});
}

/// As [`block_all_in_this_thread`], without SIGCHLD.
///
/// Every ptrace-stop sends SIGCHLD to the tracer thread. Where the host has no handler, the kernel drops it on the spot,
/// but only if the thread does not block it; otherwise it is queued and wakes another thread of the host, at every
/// stop, to find that there is nothing to do.
pub(crate) fn block_all_but_sigchld_in_this_thread() {
    mask_this_thread(|set| {
        // SAFETY: an initialised set and a signal that exists.
        unsafe { libc::sigdelset(set, libc::SIGCHLD) };
    });
}

fn mask_this_thread(change: impl Fn(*mut libc::sigset_t)) {
    let mut set = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigfillset initialises the whole set.
    unsafe { libc::sigfillset(set.as_mut_ptr()) };
    change(set.as_mut_ptr());
    // SAFETY: the set was initialised above; changing this thread's mask concerns nobody else.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, set.as_ptr(), ptr::null_mut()) };
}

/// Keeps the host's SIGCHLD handler from running at every ptrace-stop, by `SA_NOCLDSTOP` on a handler that is
/// installed. The action is never written while it is `SIG_DFL` or `SIG_IGN`: a host such as libuv installs and removes
/// its handler with its first and last child, and would lose child exits for ever if it were put back under its feet.
pub(crate) fn quiet_sigchld() {
    let mut action = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: asks for the current action only; the kernel fills the struct.
    if unsafe { libc::sigaction(libc::SIGCHLD, ptr::null(), action.as_mut_ptr()) } != 0 {
        return;
    }
    // SAFETY: zeroed is a valid sigaction, and it was filled by a call that succeeded.
    let mut action = unsafe { action.assume_init() };
    let installed = action.sa_sigaction != libc::SIG_DFL && action.sa_sigaction != libc::SIG_IGN;
    if installed && action.sa_flags & libc::SA_NOCLDSTOP == 0 {
        action.sa_flags |= libc::SA_NOCLDSTOP;
        // SAFETY: the same handler with one flag more.
        unsafe { libc::sigaction(libc::SIGCHLD, &raw const action, ptr::null_mut()) };
    }
}

/// tgkill(2): to one thread.
pub(crate) fn tgkill(pid: Tid, tid: Tid, signal: i32) -> Result<(), Errno> {
    // SAFETY: tgkill(2) takes no pointers.
    Errno::result(unsafe { libc::syscall(libc::SYS_tgkill, pid, tid, signal) }).map(drop)
}

/// kill(2). Signal 0 asks whether the process is there.
pub(crate) fn kill(pid: Tid, signal: i32) -> Result<(), Errno> {
    // SAFETY: kill(2) takes no pointers.
    Errno::result(unsafe { libc::kill(pid, signal) }).map(drop)
}
