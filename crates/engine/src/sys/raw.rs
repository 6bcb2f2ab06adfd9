//! System calls for code that shares this process's memory without being one of its threads.
//!
//! A `clone(CLONE_VM)` child runs with the tracer thread's thread pointer, so `errno`, stack protectors and anything
//! else in thread-local storage belong to somebody else. These wrappers touch none of it: the kernel's raw result
//! (`-errno` on failure) comes back in a register.

use std::arch::asm;

/// # Safety
/// The arguments must be right for the call, as with syscall(2).
#[inline]
pub(crate) unsafe fn syscall6(number: i64, a: usize, b: usize, c: usize, d: usize, e: usize, f: usize) -> isize {
    let result: isize;
    // SAFETY: the x86_64 convention; rcx and r11 are clobbered by the instruction, memory is assumed touched.
    unsafe {
        asm!("syscall", inlateout("rax") number as isize => result, in("rdi") a, in("rsi") b, in("rdx") c,
             in("r10") d, in("r8") e, in("r9") f, lateout("rcx") _, lateout("r11") _, options(nostack));
    }
    result
}

/// # Safety
/// As [`syscall6`].
#[inline]
pub(crate) unsafe fn syscall4(number: i64, a: usize, b: usize, c: usize, d: usize) -> isize {
    // SAFETY: the caller's promise; unused arguments are ignored by the kernel.
    unsafe { syscall6(number, a, b, c, d, 0, 0) }
}

/// # Safety
/// As [`syscall6`].
#[inline]
pub(crate) unsafe fn syscall3(number: i64, a: usize, b: usize, c: usize) -> isize {
    // SAFETY: the caller's promise.
    unsafe { syscall6(number, a, b, c, 0, 0, 0) }
}

/// Ends the calling process at once. Never returns.
pub(crate) fn exit_group(status: i32) -> ! {
    loop {
        // SAFETY: exit_group has no preconditions; it ends only the caller's own thread group.
        unsafe { syscall3(libc::SYS_exit_group, status as usize, 0, 0) };
    }
}
