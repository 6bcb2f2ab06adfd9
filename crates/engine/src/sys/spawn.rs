//! Starting a command so that not one instruction of it is missed.
//!
//! The child is cloned with our memory (`CLONE_VM`), not forked: copying the page tables of a 1 GB host takes 15 ms,
//! this takes 0.05. It runs beside us, on a stack of its own, with raw system calls only (see [`raw`]), and leaves our memory
//! by execve. Where user or group change it is forked instead, because a change of ids in a process that shares our
//! memory would make the whole host undumpable. Progress and failure travel through a mapping that both kinds share.

use std::ffi::{CStr, CString};
use std::io;
use std::os::fd::RawFd;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};

use nix::errno::Errno;

use super::raw::{self, syscall3, syscall4};
use super::{Tid, shared, signal, wait};

/// What the child does, all of it made before the clone.
#[derive(Debug)]
pub(crate) struct Program {
    /// Paths to execute; the first that is there and executable is taken.
    pub(crate) candidates: Vec<CString>,
    pub(crate) argv: Vec<CString>,
    pub(crate) envp: Vec<CString>,
    pub(crate) cwd: Option<CString>,
    pub(crate) uid: Option<u32>,
    pub(crate) gid: Option<u32>,
    /// Supplementary groups; without this, `gid` drops all of them.
    pub(crate) groups: Option<Vec<u32>>,
    /// What becomes descriptor 0, 1 and 2.
    pub(crate) stdio: [RawFd; 3],
    /// Descriptors of ours that it keeps, under the same numbers.
    pub(crate) kept: Vec<RawFd>,
    /// seccomp program; empty for none.
    pub(crate) filter: Vec<libc::sock_filter>,
}

/// Where a start failed. The numbers travel through shared memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(crate) enum Step {
    Stdio = 1,
    Chdir = 2,
    Setgid = 3,
    Setuid = 4,
    Exec = 5,
    /// The child was killed before it could say more.
    Died = 6,
    Setgroups = 7,
}

impl Step {
    fn from_word(word: u32) -> Self {
        [Self::Stdio, Self::Chdir, Self::Setgroups, Self::Setgid, Self::Setuid, Self::Exec]
            .into_iter()
            .find(|step| *step as u32 == word)
            .unwrap_or(Self::Died)
    }
}

/// What both sides see. Every word starts as zero and is written by one side only.
#[repr(C)]
#[derive(Debug)]
pub(super) struct Control {
    /// Child: set up, waiting. 1, or 2 when it failed.
    ready: AtomicU32,
    /// Tracer: seized, go on.
    go: AtomicU32,
    /// Child: the filter is in (1), or was refused (2) with `filter_errno`.
    filtered: AtomicU32,
    filter_errno: AtomicU32,
    /// Tracer: execute.
    execute: AtomicU32,
    failed_step: AtomicU32,
    failed_errno: AtomicU32,
}

/// Everything the child reads, at addresses that stay put until it has executed or ended.
#[derive(Debug)]
pub(super) struct Orders {
    control: *const Control,
    candidates: Vec<*const libc::c_char>,
    argv: Vec<*const libc::c_char>,
    envp: Vec<*const libc::c_char>,
    cwd: *const libc::c_char,
    ids: Option<Ids>,
    stdio: [RawFd; 3],
    kept: *const [RawFd],
    filter: libc::sock_fprog,
}

/// Whom the child runs as.
#[derive(Debug)]
struct Ids {
    uid: Option<u32>,
    gid: Option<u32>,
    groups: Option<*const [u32]>,
}

impl Ids {
    fn of(program: &Program) -> Option<Self> {
        let Program { uid, gid, groups, .. } = program;
        let groups = groups.as_deref().or(gid.map(|_| &[][..])).map(ptr::from_ref);
        (uid.is_some() || groups.is_some()).then_some(Self { uid: *uid, gid: *gid, groups })
    }
}

impl Orders {
    /// They point into the program, which has to stay as it is for as long as they are used.
    pub(super) fn of(program: &mut Program, control: *const Control) -> Result<Self, Errno> {
        Ok(Self {
            control,
            candidates: pointers(&program.candidates),
            argv: pointers(&program.argv),
            envp: pointers(&program.envp),
            cwd: program.cwd.as_deref().map_or(ptr::null(), CStr::as_ptr),
            ids: Ids::of(program),
            stdio: program.stdio,
            kept: ptr::from_ref(program.kept.as_slice()),
            filter: libc::sock_fprog {
                len: u16::try_from(program.filter.len()).map_err(|_| Errno::E2BIG)?,
                filter: program.filter.as_mut_ptr(),
            },
        })
    }
}

/// A child between clone and execve. Dropping it kills and reaps it, unless it has executed.
#[derive(Debug)]
pub(crate) struct Spawning {
    pid: Tid,
    region: shared::Region,
    // The child reads these until it executes.
    _program: Box<Program>,
    _orders: Box<Orders>,
    over: bool,
}

impl Spawning {
    /// Clones the child and waits until it has done all it can do untraced.
    pub(crate) fn start(program: Program) -> Result<Self, (Step, Errno)> {
        const STACK: usize = 64 * 1024;
        let failed = |error: io::Error| (Step::Died, Errno::from_raw(error.raw_os_error().unwrap_or(libc::EAGAIN)));
        let mut program = Box::new(program);
        let region = shared::Region::new(STACK).map_err(failed)?;
        let control = region.start().cast();
        let orders = Box::new(Orders::of(&mut program, control).map_err(|errno| (Step::Died, errno))?);
        let flags = if orders.ids.is_some() { 0 } else { libc::CLONE_VM };
        let argument = ptr::from_ref::<Orders>(&orders).cast_mut().cast();
        // SAFETY: the stack is a mapping of its own; `prepare` reads only the orders and the control words, which this
        // struct keeps until the child has executed or was reaped, and uses no thread-local storage. All signals are
        // blocked in this thread, so none of the host's handlers runs in the child.
        let pid = unsafe { libc::clone(prepare, region.end().cast(), flags, argument) };
        if pid < 0 {
            return Err(failed(io::Error::last_os_error()));
        }
        let mut spawning = Self { pid, region, _program: program, _orders: orders, over: false };
        let ready = spawning.await_word(|control| &control.ready);
        if ready == 1 { Ok(spawning) } else { Err(spawning.failure()) }
    }

    pub(crate) fn pid(&self) -> Tid {
        self.pid
    }

    /// Lets the seized child install its filter; says how that went. `Ok(())` also where there is none.
    pub(crate) fn install_filter(&mut self) -> Result<(), Errno> {
        let control = self.control();
        control.go.store(1, Ordering::Release);
        shared::futex_wake(&control.go);
        match self.await_word(|control| &control.filtered) {
            1 => Ok(()),
            _ => Err(Errno::from_raw(self.control().filter_errno.load(Ordering::Acquire) as i32)),
        }
    }

    /// Lets the child execute. It reports through its ptrace-stops from here on.
    pub(crate) fn execute(&self) {
        let control = self.control();
        control.execute.store(1, Ordering::Release);
        shared::futex_wake(&control.execute);
    }

    /// The child runs another program now and no longer needs what was shared with it.
    pub(crate) fn executed(mut self) {
        self.over = true;
    }

    /// The child has ended and was reaped by the caller; why it failed.
    pub(crate) fn reaped(mut self) -> (Step, Errno) {
        self.over = true;
        self.told()
    }

    /// Ends a child that reported a failure, and says which.
    fn failure(self) -> (Step, Errno) {
        let told = self.told();
        drop(self);
        told
    }

    fn told(&self) -> (Step, Errno) {
        let control = self.control();
        let step = Step::from_word(control.failed_step.load(Ordering::Acquire));
        (step, Errno::from_raw(control.failed_errno.load(Ordering::Acquire) as i32))
    }

    fn control(&self) -> &Control {
        // SAFETY: the region starts with a page-aligned, zero-filled Control and lives as long as self; its words are
        // atomics, so the other side may write them meanwhile.
        unsafe { &*self.region.start().cast::<Control>() }
    }

    fn await_word(&mut self, word: impl Fn(&Control) -> &AtomicU32) -> u32 {
        let pid = self.pid;
        let mut dead = false;
        let value = shared::await_change(word(self.control()), 0, || {
            // Only a death ends the wait; a ptrace-stop can't happen before the caller has asked for one.
            if let Ok(Some(report)) = wait::poll_for(pid) {
                dead = !libc::WIFSTOPPED(report.status);
                if !dead {
                    let _ = super::ptrace::resume(pid, 0);
                }
            }
            dead
        });
        self.over |= dead;
        value
    }
}

impl Drop for Spawning {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let _ = signal::kill(self.pid, libc::SIGKILL);
        while let Ok(report) = wait::wait_for(self.pid) {
            if !libc::WIFSTOPPED(report.status) {
                break;
            }
            // Its PTRACE_EVENT_EXIT, or a stop that it was in when it was killed.
            let _ = super::ptrace::resume(self.pid, 0);
        }
    }
}

fn pointers(strings: &[CString]) -> Vec<*const libc::c_char> {
    strings.iter().map(|string| string.as_ptr()).chain([ptr::null()]).collect()
}

// From here on: the child. No allocation, no panic, no errno.

extern "C" fn prepare(argument: *mut libc::c_void) -> i32 {
    // SAFETY: `start` passed its Orders, which stay alive until this process has executed or was reaped.
    let orders = unsafe { &*argument.cast::<Orders>() };
    // SAFETY: the control words outlive this process's use of them, as the orders do.
    let control = unsafe { &*orders.control };
    if let Err((step, errno)) = set_up(orders) {
        fail(control, step, errno);
    }
    announce(&control.ready, 1);
    hold(&control.go);
    if orders.filter.len == 0 {
        announce(&control.filtered, 1);
    } else if let Err(errno) = install_filter(&orders.filter) {
        control.filter_errno.store(errno as u32, Ordering::Release);
        announce(&control.filtered, 2);
    } else {
        announce(&control.filtered, 1);
    }
    hold(&control.execute);
    if let Some(ids) = &orders.ids
        && let Err((step, errno)) = change_ids(ids)
    {
        fail(control, step, errno);
    }
    unblock_signals();
    let errno = execute(orders);
    fail(control, Step::Exec, errno);
}

/// All of it without a stop in between, in the process that is to become the program. Returns only on failure.
pub(super) fn turn_into(orders: &Orders) -> Failed {
    let ready = set_up(orders).and_then(|()| orders.ids.as_ref().map_or(Ok(()), change_ids));
    if let Err(failed) = ready {
        return failed;
    }
    unblock_signals();
    (Step::Exec, execute(orders))
}

pub(super) type Failed = (Step, isize);

fn set_up(orders: &Orders) -> Result<(), Failed> {
    default_dispositions();
    if !orders.cwd.is_null() {
        // SAFETY: a NUL-terminated string made before the clone.
        let done = unsafe { syscall3(libc::SYS_chdir, orders.cwd as usize, 0, 0) };
        check(done, Step::Chdir)?;
    }
    // Sources move out of the way of the targets first.
    const ABOVE_STDIO: usize = 3;
    let mut moved = [0isize; 3];
    for (source, slot) in orders.stdio.iter().zip(moved.iter_mut()) {
        // SAFETY: descriptor numbers only.
        let copy = unsafe { syscall3(libc::SYS_fcntl, *source as usize, libc::F_DUPFD_CLOEXEC as usize, ABOVE_STDIO) };
        *slot = check(copy, Step::Stdio)?;
    }
    for (target, source) in moved.iter().enumerate() {
        // SAFETY: descriptor numbers only; the copy at `target` loses close-on-exec.
        let done = unsafe { syscall3(libc::SYS_dup2, *source as usize, target, 0) };
        check(done, Step::Stdio)?;
    }
    // SAFETY: the list was made before the clone and is not changed until this process has executed or was reaped.
    for fd in unsafe { &*orders.kept } {
        // SAFETY: descriptor numbers only; this table is a copy, so the host's descriptor stays close-on-exec.
        let done = unsafe { syscall3(libc::SYS_fcntl, *fd as usize, libc::F_SETFD as usize, 0) };
        check(done, Step::Stdio)?;
    }
    Ok(())
}

/// What the host ignores (libuv: SIGPIPE) or handles is default again; execve would keep ignored signals ignored.
fn default_dispositions() {
    const SIGNALS: usize = 64;
    const SET_BYTES: usize = 8;
    // struct kernel_sigaction, all zero: SIG_DFL, no flags, no restorer, empty mask.
    let default = [0u64; 4];
    for number in 1..=SIGNALS {
        // SAFETY: the struct has the kernel's layout; SIGKILL and SIGSTOP are refused, which is right.
        unsafe { syscall4(libc::SYS_rt_sigaction, number, default.as_ptr() as usize, 0, SET_BYTES) };
    }
}

fn unblock_signals() {
    const SET_BYTES: usize = 8;
    let none = 0u64;
    // SAFETY: an empty set of the kernel's size.
    unsafe { syscall4(libc::SYS_rt_sigprocmask, libc::SIG_SETMASK as usize, &raw const none as usize, 0, SET_BYTES) };
}

/// Without no_new_privs first, because it would break set-user-ID programs in the tree; with it where the kernel insists.
fn install_filter(program: &libc::sock_fprog) -> Result<(), isize> {
    let install = || {
        let flags = libc::SECCOMP_FILTER_FLAG_SPEC_ALLOW as usize;
        // SAFETY: the program and its instructions were made before the clone and are only read.
        unsafe {
            syscall3(libc::SYS_seccomp, libc::SECCOMP_SET_MODE_FILTER as usize, flags, ptr::from_ref(program) as usize)
        }
    };
    let first = install();
    if first != -(libc::EACCES as isize) {
        return if first < 0 { Err(first.wrapping_neg()) } else { Ok(()) };
    }
    // SAFETY: numbers only.
    unsafe { raw::syscall6(libc::SYS_prctl, libc::PR_SET_NO_NEW_PRIVS as usize, 1, 0, 0, 0, 0) };
    let second = install();
    if second < 0 { Err(second.wrapping_neg()) } else { Ok(()) }
}

fn change_ids(ids: &Ids) -> Result<(), Failed> {
    if let Some(groups) = ids.groups {
        // SAFETY: the list is a part of the program, which was made before the clone and is only read.
        let done = unsafe { syscall3(libc::SYS_setgroups, groups.len(), groups.cast::<u32>() as usize, 0) };
        check(done, if ids.gid.is_some() { Step::Setgid } else { Step::Setgroups })?;
    }
    if let Some(gid) = ids.gid {
        let gid = gid as usize;
        // SAFETY: numbers only.
        let done = unsafe { syscall3(libc::SYS_setresgid, gid, gid, gid) };
        check(done, Step::Setgid)?;
    }
    if let Some(uid) = ids.uid {
        let uid = uid as usize;
        // SAFETY: numbers only.
        let done = unsafe { syscall3(libc::SYS_setresuid, uid, uid, uid) };
        check(done, Step::Setuid)?;
    }
    Ok(())
}

/// Tries the candidates as execvp(3) does: a file that is not there, or may not be executed, gives way to the next.
fn execute(orders: &Orders) -> isize {
    let mut denied = false;
    let mut last = libc::ENOENT as isize;
    for candidate in &orders.candidates {
        if candidate.is_null() {
            break;
        }
        let (argv, envp) = (orders.argv.as_ptr() as usize, orders.envp.as_ptr() as usize);
        // SAFETY: NUL-terminated strings in NULL-terminated arrays, made before the clone. Returns only on failure.
        last = unsafe { syscall3(libc::SYS_execve, *candidate as usize, argv, envp) }.wrapping_neg();
        match last as i32 {
            libc::EACCES => denied = true,
            libc::ENOENT | libc::ENOTDIR => {}
            _ => return last,
        }
    }
    if denied { libc::EACCES as isize } else { last }
}

fn check(result: isize, step: Step) -> Result<isize, Failed> {
    if result < 0 { Err((step, result.wrapping_neg())) } else { Ok(result) }
}

fn announce(word: &AtomicU32, value: u32) {
    word.store(value, Ordering::Release);
    shared::futex_wake(word);
}

fn hold(word: &AtomicU32) {
    while word.load(Ordering::Acquire) == 0 {
        shared::futex_wait(word, 0, None);
    }
}

fn fail(control: &Control, step: Step, errno: isize) -> ! {
    control.failed_step.store(step as u32, Ordering::Release);
    control.failed_errno.store(errno as u32, Ordering::Release);
    announce(&control.ready, 2);
    raw::exit_group(127)
}
