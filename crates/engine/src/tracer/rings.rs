//! io_uring: work that makes no system call of its own.
//!
//! What is submitted at io_uring_enter is read from the ring, so that a program which uses a ring for nothing but
//! `EPOLL_CTL` (libuv does) still has a complete trace. With `IORING_SETUP_SQPOLL` the kernel takes submissions without any
//! call, and a ring that can't be found or read says nothing: both leave a gap. Layouts are those of linux/io_uring.h.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::MetadataExt;

use crate::sys::{Tid, memory};

const SETUP_SQPOLL: u32 = 1 << 1;
const SETUP_SQE128: u32 = 1 << 10;
const SETUP_NO_MMAP: u32 = 1 << 14;
const SETUP_NO_SQARRAY: u32 = 1 << 16;
const ENTER_REGISTERED_RING: u64 = 1 << 4;
const OFFSET_OF_SQES: &str = "10000000";
const OP_NOP: u8 = 0;
const OP_EPOLL_CTL: u8 = 29;
/// No ring has more entries (`IORING_MAX_ENTRIES`).
const MOST_ENTRIES: u64 = 32768;

#[derive(Clone, Debug)]
struct Ring {
    /// Offsets in the submission ring: head, mask, index array.
    head: u64,
    mask: u64,
    array: Option<u64>,
    stride: u64,
    /// Addresses of the submission ring and of the entries, once they were found.
    mapped: Option<(u64, u64)>,
}

/// The rings of all processes, by process and descriptor.
#[derive(Debug, Default)]
pub(crate) struct Rings {
    rings: HashMap<(Tid, i32), Ring>,
}

/// Whether submissions can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Submission {
    /// Nothing but what shows elsewhere, or changes nothing.
    Harmless,
    /// An operation that replaces a system call.
    Hidden { opcode: u8 },
    /// Can't be read.
    Unknown,
}

impl Rings {
    /// io_uring_setup has succeeded. Returns what can be submitted without our seeing it.
    pub(crate) fn set_up(&mut self, pid: Tid, tid: Tid, params: u64, fd: i32) -> Submission {
        const PARAMS: usize = 120;
        let mut bytes = [0u8; PARAMS];
        if memory::read(tid, params, &mut bytes).1.is_some() {
            return Submission::Unknown;
        }
        let word = |offset: usize| {
            let four = bytes.get(offset..offset + 4).and_then(|four| <[u8; 4]>::try_from(four).ok());
            u32::from_le_bytes(four.unwrap_or_default())
        };
        let (entries, flags) = (word(0), word(8));
        // struct io_sqring_offsets starts at 40.
        let ring = Ring {
            head: u64::from(word(40)),
            mask: u64::from(entries).wrapping_sub(1),
            array: (flags & SETUP_NO_SQARRAY == 0).then(|| u64::from(word(64))),
            stride: if flags & SETUP_SQE128 == 0 { 64 } else { 128 },
            mapped: None,
        };
        self.rings.insert((pid, fd), ring);
        if flags & (SETUP_SQPOLL | SETUP_NO_MMAP) == 0 { Submission::Harmless } else { Submission::Unknown }
    }

    /// What an io_uring_enter is about to submit.
    pub(crate) fn entered(&mut self, pid: Tid, tid: Tid, args: &[u64; 6]) -> Submission {
        let [fd, to_submit, _, flags, ..] = *args;
        let to_submit = to_submit & 0xffff_ffff;
        if to_submit == 0 {
            return Submission::Harmless;
        }
        let fd = fd as i32;
        if flags & ENTER_REGISTERED_RING != 0 {
            return Submission::Unknown;
        }
        let Some(ring) = self.rings.get_mut(&(pid, fd)) else { return Submission::Unknown };
        if ring.mapped.is_none() {
            ring.mapped = find_mappings(tid, fd);
        }
        let Some((queue, entries)) = ring.mapped else { return Submission::Unknown };
        let word = |address: u64| {
            let mut four = [0u8; 4];
            memory::read(tid, address, &mut four).1.is_none().then(|| u64::from(u32::from_le_bytes(four)))
        };
        let Some(head) = word(queue.wrapping_add(ring.head)) else { return Submission::Unknown };
        for place in 0..to_submit.min(MOST_ENTRIES) {
            let slot = head.wrapping_add(place) & ring.mask;
            let index = match ring.array {
                None => slot,
                Some(array) => match word(queue.wrapping_add(array).wrapping_add(slot * 4)) {
                    Some(index) => index & ring.mask,
                    None => return Submission::Unknown,
                },
            };
            let mut opcode = [0u8];
            if memory::read(tid, entries.wrapping_add(index.wrapping_mul(ring.stride)), &mut opcode).1.is_some() {
                return Submission::Unknown;
            }
            let [opcode] = opcode;
            if opcode != OP_NOP && opcode != OP_EPOLL_CTL {
                return Submission::Hidden { opcode };
            }
        }
        Submission::Harmless
    }
}

/// Where the process has mapped the submission ring and the entries of this descriptor: every ring is an inode of its
/// own, which maps and descriptor share.
fn find_mappings(tid: Tid, fd: i32) -> Option<(u64, u64)> {
    let inode = fs::metadata(format!("/proc/{tid}/fd/{fd}")).ok()?.ino().to_string();
    let maps = fs::read_to_string(format!("/proc/{tid}/maps")).ok()?;
    let (mut queue, mut entries) = (None, None);
    for line in maps.lines() {
        let mut fields = line.split_ascii_whitespace();
        let range = fields.next()?;
        let (Some(_), Some(offset), Some(_), Some(number)) =
            (fields.next(), fields.next(), fields.next(), fields.next())
        else {
            continue;
        };
        if number != inode {
            continue;
        }
        let start = range.split('-').next().and_then(|start| u64::from_str_radix(start, 16).ok());
        if offset == OFFSET_OF_SQES {
            entries = start;
        } else if offset.bytes().all(|digit| digit == b'0') {
            queue = start;
        }
    }
    queue.zip(entries)
}
