//! io_uring: work that makes no system call of its own.
//!
//! What is submitted at io_uring_enter is read from the ring, so that a program which uses a ring for nothing but
//! `EPOLL_CTL` (libuv does) still has a complete trace. With `IORING_SETUP_SQPOLL` the kernel takes submissions without any
//! call, and a ring that can't be found or read says nothing: both leave a gap. Layouts are those of linux/io_uring.h.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fs;
use std::ops::Range;
use std::os::unix::fs::MetadataExt;

use crate::proc;
use crate::record::{CaptureStatus, SUBMITTED, close_capture, open_capture, put_capture};
use crate::sys::{Tid, memory};

const SETUP_SQPOLL: u32 = 1 << 1;
const SETUP_SQE128: u32 = 1 << 10;
const SETUP_NO_MMAP: u32 = 1 << 14;
const SETUP_NO_SQARRAY: u32 = 1 << 16;
const SETUP_SQE_MIXED: u32 = 1 << 19;
const SETUP_SQ_REWIND: u32 = 1 << 20;
const ENTER_REGISTERED_RING: u64 = 1 << 4;
const OFFSET_OF_SQES: &str = "10000000";
const OP_NOP: u8 = 0;
const OP_EPOLL_CTL: u8 = 29;
const OP_NOP128: u8 = 63;
const OP_URING_CMD128: u8 = 64;
const ENTRY: u64 = 64;
/// No ring has more entries (`IORING_MAX_ENTRIES`).
const MOST_ENTRIES: u64 = 32768;
/// Most entries of one call that are copied; all are looked at.
const MOST_COPIED: usize = 64;

#[derive(Clone, Debug)]
struct Ring {
    /// Offsets in the submission ring: head, tail, index array.
    head: u64,
    tail: u64,
    array: Option<u64>,
    /// A power of two.
    entries: u64,
    stride: u64,
    /// Some operations take two entries.
    mixed: bool,
    /// Each call begins with the first entry, whatever head and tail are.
    rewinds: bool,
    /// Nobody has seen its set-up: see [`find_made`].
    guessed: bool,
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
        // Of a ring that had this descriptor before.
        self.rings.remove(&(pid, fd));
        let mut bytes = [0u8; PARAMS];
        if memory::read(tid, params, &mut bytes).1.is_some() {
            return Submission::Unknown;
        }
        let word = |offset: usize| {
            let four = bytes.get(offset..offset + 4).and_then(|four| <[u8; 4]>::try_from(four).ok());
            u32::from_le_bytes(four.unwrap_or_default())
        };
        let (entries, flags) = (word(0), word(8));
        if flags & (SETUP_SQPOLL | SETUP_NO_MMAP) != 0 {
            return Submission::Unknown;
        }
        // struct io_sqring_offsets starts at 40.
        let ring = Ring {
            head: u64::from(word(40)),
            tail: u64::from(word(44)),
            array: (flags & SETUP_NO_SQARRAY == 0).then(|| u64::from(word(64))),
            entries: u64::from(entries),
            stride: if flags & SETUP_SQE128 == 0 { ENTRY } else { 2 * ENTRY },
            mixed: flags & SETUP_SQE_MIXED != 0,
            rewinds: flags & SETUP_SQ_REWIND != 0,
            guessed: false,
            mapped: None,
        };
        self.rings.insert((pid, fd), ring);
        Submission::Harmless
    }

    /// What an io_uring_enter is about to submit. Where they are wanted, the entries are appended to `copies` as one
    /// capture, of which each is a child; there is none where the ring can't be found.
    pub(crate) fn entered(&mut self, pid: Tid, tid: Tid, args: &[u64; 6], copies: Option<&mut Vec<u8>>) -> Submission {
        let [fd, to_submit, _, flags, ..] = *args;
        let to_submit = to_submit & 0xffff_ffff;
        if to_submit == 0 {
            if let Some(copies) = copies {
                put_capture(SUBMITTED, 0, CaptureStatus::Ok, 0, &[], copies);
            }
            return Submission::Harmless;
        }
        let fd = fd as i32;
        if flags & ENTER_REGISTERED_RING != 0 {
            return Submission::Unknown;
        }
        if let Entry::Vacant(unknown) = self.rings.entry((pid, fd)) {
            let Some(made) = find_made(tid, fd) else { return Submission::Unknown };
            unknown.insert(made);
        }
        let Some(ring) = self.rings.get_mut(&(pid, fd)) else { return Submission::Unknown };
        if ring.mapped.is_none() {
            ring.mapped = find_mappings(tid, fd).map(|(queue, entries)| (queue.start, entries.start));
        }
        let Some((queue, entries)) = ring.mapped else { return Submission::Unknown };
        Queue { ring, tid, queue, entries }.look_through(to_submit, copies)
    }
}

/// Whether an operation replaces a system call.
fn hides(opcode: u8) -> bool {
    !matches!(opcode, OP_NOP | OP_NOP128 | OP_EPOLL_CTL)
}

/// A ring's submissions at one stop.
struct Queue<'a> {
    ring: &'a Ring,
    tid: Tid,
    /// Addresses of the ring and of the entries.
    queue: u64,
    entries: u64,
}

impl Queue<'_> {
    fn look_through(&self, to_submit: u64, copies: Option<&mut Vec<u8>>) -> Submission {
        let Some(copies) = copies else {
            return self.look(to_submit, |_| false);
        };
        let at = open_capture(SUBMITTED, 0, copies);
        let mut room = MOST_COPIED;
        let mut status = CaptureStatus::Ok;
        let submission = self.look(to_submit, |entry| {
            match room.checked_sub(1) {
                Some(rest) => {
                    room = rest;
                    put_capture(0, 0, CaptureStatus::Ok, 0, entry, copies);
                }
                None => status = CaptureStatus::Truncated,
            }
            status == CaptureStatus::Ok
        });
        if submission == Submission::Unknown {
            status = CaptureStatus::Fault;
        }
        close_capture(at, 0, status, 0, copies);
        submission
    }

    /// Hands over each entry; goes on behind the first operation that hides something only as long as it is asked to.
    fn look(&self, to_submit: u64, mut each: impl FnMut(&[u8]) -> bool) -> Submission {
        let Some((first, waiting)) = self.waiting() else { return Submission::Unknown };
        let end = to_submit.min(waiting).min(MOST_ENTRIES);
        let mut found = Submission::Harmless;
        if self.ring.guessed {
            // With fewer than are submitted it would be one that rewinds.
            if waiting < to_submit {
                return Submission::Unknown;
            }
            // An array of zeroes, where there is one after all, leads here.
            let mut entry = [0u8; 2 * ENTRY as usize];
            if self.ring.array.is_none() && (self.entry(0, 1, &mut entry).is_none() || hides(entry[0])) {
                return Submission::Unknown;
            }
        }
        let mut place = 0;
        while place < end {
            let mut entry = [0u8; 2 * ENTRY as usize];
            let Some(length) = self.entry(first.wrapping_add(place), end - place, &mut entry) else {
                return Submission::Unknown;
            };
            place += length.div_ceil(self.ring.stride).max(1);
            let goes_on = each(entry.get(..length as usize).unwrap_or_default());
            let [opcode, ..] = entry;
            if found == Submission::Harmless && hides(opcode) {
                found = Submission::Hidden { opcode };
            }
            if found != Submission::Harmless && !goes_on {
                break;
            }
        }
        found
    }

    /// Where the kernel begins, and how many entries it finds from there on.
    fn waiting(&self) -> Option<(u64, u64)> {
        if self.ring.rewinds {
            return Some((0, self.ring.entries));
        }
        let (head, tail) = (self.word(self.ring.head)?, self.word(self.ring.tail)?);
        Some((head, (tail.wrapping_sub(head) & 0xffff_ffff).min(self.ring.entries)))
    }

    /// Copies the entry at a place of the ring, and says how long it is. `left`: how many there are, with it.
    fn entry(&self, place: u64, left: u64, into: &mut [u8; 2 * ENTRY as usize]) -> Option<u64> {
        let mask = self.ring.entries.wrapping_sub(1);
        let slot = place & mask;
        let index = match self.ring.array {
            None => slot,
            Some(array) => self.word(array.wrapping_add(slot * 4))? & mask,
        };
        let address = self.entries.wrapping_add(index.wrapping_mul(self.ring.stride));
        let stride = self.ring.stride as usize;
        self.read(address, into.get_mut(..stride)?)?;
        let [opcode, ..] = *into;
        // The kernel refuses one whose second half would lie elsewhere or be missing.
        let is_long = self.ring.mixed && matches!(opcode, OP_NOP128 | OP_URING_CMD128) && left > 1 && index < mask;
        if !is_long {
            return Some(self.ring.stride);
        }
        self.read(address.wrapping_add(ENTRY), into.get_mut(stride..)?)?;
        Some(2 * ENTRY)
    }

    fn word(&self, offset: u64) -> Option<u64> {
        let mut four = [0u8; 4];
        self.read(self.queue.wrapping_add(offset), &mut four)?;
        Some(u64::from(u32::from_le_bytes(four)))
    }

    fn read(&self, address: u64, into: &mut [u8]) -> Option<()> {
        memory::read(self.tid, address, into).1.is_none().then_some(())
    }
}

/// Whether a process has a ring already of which the kernel takes submissions without any call. Without a look at its descriptors
/// nobody would know.
pub(super) fn has_polled(pid: Tid) -> bool {
    let directory = proc::directory(pid);
    fs::read_dir(format!("{directory}/fd")).into_iter().flatten().flatten().any(|entry| {
        fs::read_link(entry.path()).is_ok_and(|link| link.as_os_str() == "anon_inode:[io_uring]")
            && fs::read_to_string(format!("{directory}/fdinfo/{}", entry.file_name().display()))
                .is_ok_and(|info| is_polled(&info))
    })
}

/// By the line `SqThread`, which has −1 for a ring without a thread in the kernel (io_uring/fdinfo.c).
fn is_polled(info: &str) -> bool {
    let thread = info.lines().find_map(|line| line.strip_prefix("SqThread:"));
    thread.is_none_or(|number| number.trim() != "-1")
}

/// Where the process has mapped the submission ring and the entries of this descriptor: every ring is an inode of its
/// own, which maps and descriptor share.
fn find_mappings(tid: Tid, fd: i32) -> Option<(Range<u64>, Range<u64>)> {
    let inode = fs::metadata(format!("{}/fd/{fd}", proc::directory(tid))).ok()?.ino().to_string();
    let maps = fs::read_to_string(format!("{}/maps", proc::directory(tid))).ok()?;
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
        let (start, end) = range.split_once('-')?;
        let range = u64::from_str_radix(start, 16).ok()?..u64::from_str_radix(end, 16).ok()?;
        if offset == OFFSET_OF_SQES {
            entries = Some(range);
        } else if offset.bytes().all(|digit| digit == b'0') {
            queue = Some(range);
        }
    }
    queue.zip(entries)
}

/// A ring whose set-up nobody has seen, since it was made before we came. Its size is told by the kernel; where things are in it
/// (`struct io_rings`, linux/io_uring_types.h) is one of two, with and without a cache line for each number. Known is only what
/// looks as libuv's does, for sure: entries of 64 bytes, and an index array in which each stands for itself, or none.
fn find_made(tid: Tid, fd: i32) -> Option<Ring> {
    const PAGE: u64 = 4096;
    const KINDS: [(u64, u64); 2] = [(4, 16), (64, 256)];
    let info = fs::read_to_string(format!("{}/fdinfo/{fd}", proc::directory(tid))).ok()?;
    let number = |name| {
        let text = info.lines().find_map(|line| line.strip_prefix(name))?.trim();
        u64::from_str_radix(text.strip_prefix("0x")?, 16).ok()
    };
    let (last, last_result) = (number("SqMask:")?, number("CqMask:")?);
    let (entries, results) = (last.checked_add(1)?, last_result.checked_add(1)?);
    let (queue, table) = find_mappings(tid, fd)?;
    // In fewer pages than one, entries of 128 bytes would be as long.
    if is_polled(&info) || entries > MOST_ENTRIES || entries * ENTRY < PAGE {
        return None;
    }
    if table.end - table.start != (entries * ENTRY).next_multiple_of(PAGE) {
        return None;
    }
    let words = |offset: u64, count: u64| {
        let mut bytes = vec![0; usize::try_from(count * 4).ok()?];
        memory::read(tid, queue.start.checked_add(offset)?, &mut bytes).1.is_none().then_some(())?;
        Some(
            bytes.chunks_exact(4).filter_map(|four| four.first_chunk()).map(|four| u32::from_le_bytes(*four)).collect(),
        )
    };
    let numbers: Vec<u64> = vec![last, last_result, entries, results];
    let is_so = |found: Option<Vec<u32>>, wanted: &mut dyn Iterator<Item = u64>| {
        found.is_some_and(|found| found.into_iter().map(u64::from).eq(wanted))
    };
    let (tail, masks) = KINDS.into_iter().find(|(_, masks)| is_so(words(*masks, 4), &mut numbers.iter().copied()))?;
    // Eight words from the masks on, then results of 16 bytes, then the array; each at a cache line of its own.
    let array = ((masks + 32).next_multiple_of(64) + 16 * results).next_multiple_of(64);
    // A ring without one has no place for it, or nothing in the rest of its last page.
    let is_inside = queue.start + array + 4 * entries <= queue.end;
    let has_array = is_inside && is_so(words(array, entries), &mut (0..entries));
    let has_none = !is_inside || is_so(words(array, entries), &mut (0..entries).map(|_| 0));
    if !has_array && !has_none {
        return None;
    }
    let array = has_array.then_some(array);
    let mapped = Some((queue.start, table.start));
    Some(Ring { head: 0, tail, array, entries, stride: ENTRY, mixed: true, rewinds: false, guessed: true, mapped })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::find_entry_capture;

    /// A ring in our own memory: head, tail, and no index array.
    struct Made {
        queue: [u32; 2],
        entries: Vec<u8>,
    }

    /// What a call submits, and operation and length of each entry that was copied.
    fn submit(ring: Ring, made: &Made, to_submit: u64) -> (Submission, Vec<(u8, u32)>) {
        let us = std::process::id().cast_signed();
        let mapped = Some((made.queue.as_ptr() as u64, made.entries.as_ptr() as u64));
        let mut rings = Rings::default();
        rings.rings.insert((us, 3), Ring { mapped, ..ring });
        let args = [3, to_submit, 0, 0, 0, 0];
        let mut copies = Vec::new();
        let submission = rings.entered(us, us, &args, Some(&mut copies));
        assert_eq!(rings.entered(us, us, &args, None), submission, "whether entries are copied or not");
        assert!(find_entry_capture(&copies, SUBMITTED).is_some());
        let mut found = Vec::new();
        let mut children = &copies[16..];
        while let [a, b, c, d, e, f, g, h, ..] = *children {
            found.push((children[16], u32::from_le_bytes([e, f, g, h])));
            children = &children[u32::from_le_bytes([a, b, c, d]) as usize..];
        }
        (submission, found)
    }

    fn ring() -> Ring {
        Ring {
            head: 0,
            tail: 4,
            array: None,
            entries: 4,
            stride: 64,
            mixed: false,
            rewinds: false,
            guessed: false,
            mapped: None,
        }
    }

    fn made(head: u32, tail: u32, operations: [u8; 4]) -> Made {
        let mut entries = vec![0; 4 * 64];
        for (entry, operation) in entries.chunks_exact_mut(64).zip(operations) {
            entry[0] = operation;
        }
        Made { queue: [head, tail], entries }
    }

    #[test]
    fn what_is_waiting_and_no_more_is_submitted() {
        let ops = made(u32::MAX, 1, [OP_EPOLL_CTL, 18, 18, OP_NOP]);
        assert_eq!(submit(ring(), &ops, 4), (Submission::Harmless, vec![(OP_NOP, 64), (OP_EPOLL_CTL, 64)]));
        assert_eq!(submit(ring(), &ops, 1), (Submission::Harmless, vec![(OP_NOP, 64)]));
        assert_eq!(submit(ring(), &ops, 0), (Submission::Harmless, vec![]));
        let hidden = made(0, 3, [OP_NOP, 18, 22, 0]);
        let wanted = vec![(OP_NOP, 64), (18, 64), (22, 64)];
        assert_eq!(submit(ring(), &hidden, u64::MAX), (Submission::Hidden { opcode: 18 }, wanted));
        let empty = Ring { entries: 0, ..ring() };
        assert_eq!(submit(empty, &hidden, 3), (Submission::Harmless, vec![]));
    }

    #[test]
    fn a_ring_that_rewinds_begins_with_its_first_entry() {
        let ops = made(2, 2, [OP_NOP, OP_EPOLL_CTL, 18, 18]);
        let ring = Ring { rewinds: true, ..ring() };
        assert_eq!(submit(ring, &ops, 2), (Submission::Harmless, vec![(OP_NOP, 64), (OP_EPOLL_CTL, 64)]));
    }

    #[test]
    fn a_long_operation_takes_two_entries_of_a_mixed_ring() {
        let mixed = || Ring { mixed: true, ..ring() };
        // The second half is no operation.
        let ops = made(0, 3, [OP_NOP128, 18, OP_EPOLL_CTL, 0]);
        assert_eq!(submit(mixed(), &ops, 3), (Submission::Harmless, vec![(OP_NOP128, 128), (OP_EPOLL_CTL, 64)]));
        assert_eq!(submit(ring(), &ops, 3).0, Submission::Hidden { opcode: 18 });
        assert_eq!(submit(mixed(), &ops, 1), (Submission::Harmless, vec![(OP_NOP128, 64)]));
        let at_the_end = made(3, 5, [OP_NOP, 18, 18, OP_NOP128]);
        assert_eq!(submit(mixed(), &at_the_end, 2), (Submission::Harmless, vec![(OP_NOP128, 64), (OP_NOP, 64)]));
        let large = Ring { stride: 128, entries: 2, ..ring() };
        assert_eq!(submit(large, &ops, 2), (Submission::Harmless, vec![(OP_NOP128, 128), (OP_EPOLL_CTL, 128)]));
    }

    #[test]
    fn many_entries_are_copied_up_to_a_limit_and_all_are_looked_at() {
        let mut many = Made { queue: [0, 100], entries: vec![0; 128 * 64] };
        many.entries[80 * 64] = 18;
        let ring = Ring { entries: 128, ..ring() };
        let (submission, copied) = submit(ring, &many, 100);
        assert_eq!((submission, copied.len()), (Submission::Hidden { opcode: 18 }, MOST_COPIED));
    }
}
