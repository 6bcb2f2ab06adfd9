//! Reading and writing a tracee's memory.

use nix::errno::Errno;
use nix::sys::uio::{RemoteIoVec, process_vm_readv, process_vm_writev};
use nix::unistd::Pid;
use std::io::{IoSlice, IoSliceMut};

use super::{Tid, ptrace};

pub(crate) const PAGE: u64 = 4096;
/// As many pages as one request is split into; longer copies take several requests.
const PAGES_AT_ONCE: usize = 64;

/// Copies from `address` on into `into`, as far as memory can be read; the number of bytes copied comes first, then why it
/// ended early, if it did.
///
/// A transfer that meets an unmapped page fails whole within one remote vector element, so the range is split at page
/// boundaries: what lies before the bad page is always had.
pub(crate) fn read(tid: Tid, address: u64, into: &mut [u8]) -> (usize, Option<Errno>) {
    let mut done = 0;
    while done < into.len() {
        let Some(at) = address.checked_add(done as u64) else {
            return (done, Some(Errno::EFAULT));
        };
        let Some(rest) = into.get_mut(done..) else {
            break;
        };
        let mut remote = Vec::with_capacity(PAGES_AT_ONCE.min(rest.len() / PAGE as usize + 2));
        let wanted = split_at_pages(at, rest.len(), &mut remote);
        let Some(rest) = rest.get_mut(..wanted) else {
            break;
        };
        match process_vm_readv(Pid::from_raw(tid), &mut [IoSliceMut::new(rest)], &remote) {
            Ok(0) => return (done, Some(Errno::EFAULT)),
            Ok(copied) => {
                done += copied;
                if copied < wanted {
                    return (done, Some(Errno::EFAULT));
                }
            }
            Err(Errno::EFAULT) => return (done, Some(Errno::EFAULT)),
            // Refused by a container's seccomp filter, by an undumpable tracee, or missing from the kernel.
            Err(errno @ (Errno::EPERM | Errno::ENOSYS)) => {
                let (copied, ended) = peek(tid, at, rest);
                return (
                    done + copied,
                    ended.map(|why| if why == Errno::EFAULT && (copied > 0 || may_read(tid)) { why } else { errno }),
                );
            }
            Err(errno) => return (done, Some(errno)),
        }
    }
    (done, None)
}

fn split_at_pages(address: u64, length: usize, into: &mut Vec<RemoteIoVec>) -> usize {
    let mut covered = 0;
    while covered < length && into.len() < PAGES_AT_ONCE {
        let Some(base) = address.checked_add(covered as u64) else {
            break;
        };
        let len = ((PAGE - base % PAGE) as usize).min(length - covered);
        into.push(RemoteIoVec { base: base as usize, len });
        covered += len;
    }
    covered
}

/// `PTRACE_PEEKDATA` gives one answer for memory that is not there and for memory that we may not read (an undumpable
/// tracee, a tracer without privileges). Where a tracee executes there is memory.
fn may_read(tid: Tid) -> bool {
    ptrace::registers(tid).is_ok_and(|registers| ptrace::peek(tid, registers.rip & !7).is_ok())
}

/// Word by word through ptrace, which may read what process_vm_readv(2) may not.
fn peek(tid: Tid, address: u64, into: &mut [u8]) -> (usize, Option<Errno>) {
    let mut done = 0;
    while done < into.len() {
        let Some(at) = address.checked_add(done as u64) else {
            return (done, Some(Errno::EFAULT));
        };
        let aligned = at & !7;
        let skip = (at - aligned) as usize;
        let word = match ptrace::peek(tid, aligned) {
            Ok(word) => word.to_le_bytes(),
            Err(Errno::EIO | Errno::EFAULT) => return (done, Some(Errno::EFAULT)),
            Err(errno) => return (done, Some(errno)),
        };
        for (target, byte) in into.iter_mut().skip(done).zip(word.iter().skip(skip)) {
            *target = *byte;
            done += 1;
        }
    }
    (done, None)
}

/// Writes `bytes` from `address` on. As in [`read`], the number of bytes written comes first, then why it ended early, if it did.
///
/// Where the tracee may only read, and most strings of a program are constants, ptrace may write, word by word: what other threads
/// do to the rest of a word meanwhile is lost, so it is not used elsewhere.
pub(crate) fn write(tid: Tid, address: u64, bytes: &[u8]) -> (usize, Option<Errno>) {
    let mut remote = Vec::new();
    let covered = split_at_pages(address, bytes.len(), &mut remote);
    let local = IoSlice::new(bytes.get(..covered).unwrap_or(bytes));
    let mut done = process_vm_writev(Pid::from_raw(tid), &[local], &remote).unwrap_or(0);
    while done < bytes.len() {
        let Some(at) = address.checked_add(done as u64) else { return (done, Some(Errno::EFAULT)) };
        let aligned = at & !7;
        let mut word = match ptrace::peek(tid, aligned) {
            Ok(word) => word.to_le_bytes(),
            Err(errno) => return (done, Some(errno)),
        };
        let mut next = done;
        for (target, byte) in word.iter_mut().skip((at - aligned) as usize).zip(bytes.iter().skip(done)) {
            *target = *byte;
            next += 1;
        }
        if let Err(errno) = ptrace::poke(tid, aligned, u64::from_le_bytes(word)) {
            return (done, Some(errno));
        }
        done = next;
    }
    (done, None)
}
