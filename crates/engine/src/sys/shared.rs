//! Words and stacks that the tracer shares with the processes it clones.

use std::io;
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use super::raw;

/// A mapping shared with every process cloned after it was made, whether or not that process shares our memory.
///
/// The lowest page stays inaccessible, so that a stack that grows down from [`Region::end`] faults instead of
/// overwriting its neighbour.
#[derive(Debug)]
pub(crate) struct Region {
    base: *mut u8,
    size: usize,
}

// SAFETY: a Region is an address range; who may touch what inside it is the business of the types built on it.
unsafe impl Send for Region {}
// SAFETY: as above; the Region itself is never written to.
unsafe impl Sync for Region {}

const PAGE: usize = 4096;

impl Region {
    pub(crate) fn new(usable: usize) -> io::Result<Self> {
        let size = usable.next_multiple_of(PAGE) + PAGE;
        // SAFETY: a fresh anonymous mapping at an address of the kernel's choosing overlaps nothing.
        let base = unsafe {
            libc::mmap(
                ptr::null_mut(),
                size,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_SHARED | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        if base == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        let region = Self { base: base.cast(), size };
        // SAFETY: the first page lies inside the mapping that was just made and nobody uses it yet.
        if unsafe { libc::mprotect(base, PAGE, libc::PROT_NONE) } != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(region)
    }

    /// First usable byte; page-aligned, zero-filled.
    pub(crate) fn start(&self) -> *mut u8 {
        self.base.wrapping_add(PAGE)
    }

    /// One past the last byte; page-aligned, where a stack begins.
    pub(crate) fn end(&self) -> *mut u8 {
        self.base.wrapping_add(self.size)
    }
}

impl Drop for Region {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours alone; whoever ran on it has ended or executed another program (see the owners).
        unsafe { libc::munmap(self.base.cast(), self.size) };
    }
}

/// Sleeps while `word` holds `expected`, at most until `deadline_ns` (`CLOCK_MONOTONIC`) where one is given.
///
/// May return early; the caller looks at the word again. Safe to call in a process that shares our memory.
pub(crate) fn futex_wait(word: &AtomicU32, expected: u32, deadline_ns: Option<u64>) {
    const NS: u64 = 1_000_000_000;
    const MATCH_ANY: usize = 0xffff_ffff;
    let time = deadline_ns.map(|at| [(at / NS) as i64, (at % NS) as i64]);
    let time = time.as_ref().map_or(ptr::null(), ptr::from_ref);
    // SAFETY: the word outlives the call and the timespec, if any, lives on this stack; the kernel only reads both.
    unsafe {
        raw::syscall6(
            libc::SYS_futex,
            ptr::from_ref(word) as usize,
            libc::FUTEX_WAIT_BITSET as usize,
            expected as usize,
            time as usize,
            0,
            MATCH_ANY,
        );
    }
}

/// Wakes everybody who sleeps on `word`.
pub(crate) fn futex_wake(word: &AtomicU32) {
    // SAFETY: FUTEX_WAKE uses the address as a key and dereferences nothing.
    unsafe {
        raw::syscall3(libc::SYS_futex, ptr::from_ref(word) as usize, libc::FUTEX_WAKE as usize, i32::MAX as usize)
    };
}

/// Waits until `word` differs from `from`, calling `given_up` every half millisecond to ask whether there is still hope.
///
/// Short, because the other side's wake-up is a system call too, which a filter may hold up until we attend to it.
pub(crate) fn await_change(word: &AtomicU32, from: u32, mut given_up: impl FnMut() -> bool) -> u32 {
    const LOOK_AGAIN: Duration = Duration::from_micros(500);
    loop {
        let now = word.load(Ordering::Acquire);
        if now != from {
            return now;
        }
        let deadline = super::clock::monotonic_ns().saturating_add(LOOK_AGAIN.as_nanos() as u64);
        futex_wait(word, from, Some(deadline));
        if word.load(Ordering::Acquire) == from && given_up() {
            return from;
        }
    }
}
