//! Turning this process into a program, and starting one that is nobody's child.

use std::ptr;

use nix::errno::Errno;

use super::raw::{self, syscall3, syscall6};
use super::spawn::{Orders, Program, Step, turn_into};
use super::{Tid, wait};

/// Where a process that nobody waits for stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In our process group.
    Group,
    /// In a process group of its own.
    OwnGroup,
    /// In a session of its own.
    OwnSession,
}

/// Who may trace this process, as far as Yama is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tracers {
    Ancestors,
    One(Tid),
    Anybody,
}

/// Turns the calling process into the program, all of whose other threads die in that. Returns where it failed.
pub(crate) fn become_program(mut program: Program) -> (Step, Errno) {
    match Orders::of(&mut program, ptr::null()) {
        Ok(orders) => {
            let (step, errno) = turn_into(&orders);
            (step, Errno::from_raw(errno as i32))
        }
        Err(errno) => (Step::Died, errno),
    }
}

/// Starts the program as a child of whoever adopts orphans here. Why it could not be executed is written to its
/// descriptor 0, as one byte.
pub(crate) fn start_orphan(mut program: Program, place: Place) -> Result<(), Errno> {
    let orders = Orders::of(&mut program, ptr::null())?;
    if let Some(child) = fork()? {
        // Where SIGCHLD is ignored nothing is left to wait for.
        let Ok(report) = wait::wait_for(child) else { return Ok(()) };
        return match libc::WEXITSTATUS(report.status) {
            0 => Ok(()),
            errno => Err(Errno::from_raw(errno)),
        };
    }
    // From here on in a copy of this process that has one thread: no allocation, no lock.
    match fork() {
        Ok(None) => {}
        Ok(Some(_)) => raw::exit_group(0),
        Err(errno) => raw::exit_group(errno as i32),
    }
    match place {
        Place::Group => {}
        // SAFETY: numbers only. It leads neither a group nor a session, so nothing can be in the way.
        Place::OwnGroup => drop(unsafe { syscall3(libc::SYS_setpgid, 0, 0, 0) }),
        // SAFETY: as above.
        Place::OwnSession => drop(unsafe { syscall3(libc::SYS_setsid, 0, 0, 0) }),
    }
    let (step, errno) = turn_into(&orders);
    // Before that descriptor 0 may still be somebody else's.
    if step == Step::Exec {
        let byte = errno as u8;
        // SAFETY: one byte of this stack.
        unsafe { syscall3(libc::SYS_write, 0, &raw const byte as usize, 1) };
    }
    raw::exit_group(127)
}

/// Under Yama only its ancestors may trace a process, unless it allows others. Other kernels do not know the request.
pub(crate) fn let_trace(tracers: Tracers) {
    let whom = match tracers {
        Tracers::Ancestors => 0,
        Tracers::One(pid) => pid as usize,
        Tracers::Anybody => usize::MAX,
    };
    // SAFETY: numbers only.
    unsafe { syscall3(libc::SYS_prctl, libc::PR_SET_PTRACER as usize, whom, 0) };
}

/// `None` in the child. Not fork(3), which would run the handlers of the host's libraries.
fn fork() -> Result<Option<Tid>, Errno> {
    // SAFETY: no shared memory and no stack of its own: the child is a copy of this thread.
    let child = unsafe { syscall6(libc::SYS_clone, libc::SIGCHLD as usize, 0, 0, 0, 0, 0) };
    match child {
        0 => Ok(None),
        1.. => Ok(Some(child as Tid)),
        _ => Err(Errno::from_raw(child.wrapping_neg() as i32)),
    }
}
