//! Waiting for what this thread traces or has cloned, and for nothing else.

use nix::errno::Errno;

use super::Tid;

/// What wait4(2) reported: who, the raw status word, and the system time that the thread group has used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Report {
    pub(crate) tid: Tid,
    pub(crate) status: i32,
    pub(crate) system_ns: u64,
}

/// `__WNOTHREAD` keeps children of the host's other threads (libuv's, say) out of reach; `WUNTRACED` is for the
/// doorbell, which is no tracee. The status is decoded by us: nix refuses real-time signals after consuming the event.
const FLAGS: i32 = libc::__WALL | libc::__WNOTHREAD | libc::WUNTRACED;

/// Blocks until something is to be told.
///
/// # Errors
/// `ECHILD` when this thread has neither tracees nor children left.
pub(crate) fn wait_any() -> Result<Report, Errno> {
    loop {
        match wait4(-1, FLAGS) {
            Err(Errno::EINTR) => {}
            Ok(report) => return Ok(report),
            Err(errno) => return Err(errno),
        }
    }
}

/// As [`wait_any`], without blocking: `None` when nothing is to be told now.
pub(crate) fn poll_any() -> Result<Option<Report>, Errno> {
    wait4(-1, FLAGS | libc::WNOHANG).map(|report| (report.tid != 0).then_some(report))
}

/// Blocks until this one changes state.
pub(crate) fn wait_for(tid: Tid) -> Result<Report, Errno> {
    loop {
        match wait4(tid, libc::__WALL) {
            Err(Errno::EINTR) => {}
            Ok(report) => return Ok(report),
            Err(errno) => return Err(errno),
        }
    }
}

/// Reports this one's change of state, if there is one.
pub(crate) fn poll_for(tid: Tid) -> Result<Option<Report>, Errno> {
    wait4(tid, libc::__WALL | libc::WNOHANG).map(|report| (report.tid != 0).then_some(report))
}

fn wait4(tid: Tid, flags: i32) -> Result<Report, Errno> {
    let mut status = 0;
    // SAFETY: rusage is plain numbers, for which all zeroes are a value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both pointers are to locals that outlive the call.
    let found = unsafe { libc::wait4(tid, &raw mut status, flags, &raw mut usage) };
    let tid = Errno::result(found)?;
    let time = usage.ru_stime;
    let system_ns =
        (time.tv_sec as u64).wrapping_mul(1_000_000_000).wrapping_add((time.tv_usec as u64).wrapping_mul(1000));
    Ok(Report { tid, status, system_ns })
}
