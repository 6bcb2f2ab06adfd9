//! CPU affinity of single threads.

use std::mem::size_of;

use nix::errno::Errno;

use super::Tid;

/// A set of CPUs as the kernel's byte mask, as wide as this kernel makes it.
pub(crate) type CpuMask = Vec<u8>;

/// Widest mask asked for: 8192 CPUs, the kernel's own limit for x86_64.
const MASK_BYTES: usize = 1024;

pub(crate) fn affinity(tid: Tid) -> Result<CpuMask, Errno> {
    let mut mask = vec![0u8; MASK_BYTES];
    // SAFETY: the kernel writes at most the given number of bytes into the vector.
    let filled = unsafe { libc::syscall(libc::SYS_sched_getaffinity, tid, mask.len(), mask.as_mut_ptr()) };
    let filled = Errno::result(filled)? as usize;
    mask.truncate(filled);
    Ok(mask)
}

pub(crate) fn set_affinity(tid: Tid, mask: &[u8]) -> Result<(), Errno> {
    // SAFETY: the kernel reads `mask.len()` bytes from the slice.
    let result = unsafe { libc::syscall(libc::SYS_sched_setaffinity, tid, mask.len(), mask.as_ptr()) };
    Errno::result(result).map(drop)
}

/// A mask of the same width with one CPU in it.
pub(crate) fn only(cpu: usize, like: &[u8]) -> CpuMask {
    let mut mask = vec![0u8; like.len().max(size_of::<u64>())];
    if let Some(byte) = mask.get_mut(cpu / 8) {
        *byte = 1 << (cpu % 8);
    }
    mask
}

pub(crate) fn has(mask: &[u8], cpu: usize) -> bool {
    mask.get(cpu / 8).is_some_and(|byte| byte & (1 << (cpu % 8)) != 0)
}

/// The CPU that the calling thread runs on now.
pub(crate) fn current_cpu() -> usize {
    // SAFETY: sched_getcpu(3) takes nothing.
    usize::try_from(unsafe { libc::sched_getcpu() }).unwrap_or(0)
}
