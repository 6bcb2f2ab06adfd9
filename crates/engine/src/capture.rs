//! Interpreting the capture plan at a stop: plan + stopped tracee -> bytes.

use nix::errno::Errno;

use crate::Abi;
use crate::descriptor::{Sockets, pid_wish, process_of, put_descriptor};
use crate::plan::{FdsIn, Node, Op, Owner, Source, Value, When};
use crate::proc::{self, Counted};
use crate::record::{CaptureStatus, close_capture, open_capture, put_capture};
use crate::sys::{Tid, memory};

/// Most bytes that one call's captures may take together; a plan asks for far less.
const MAX_CALL_BYTES: usize = 4 << 20;
const CAPTURE_HEAD: usize = size_of::<crate::record::CaptureHead>();

/// What the interpreter knows of a call.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Call<'a> {
    pub(crate) pid: Tid,
    pub(crate) tid: Tid,
    /// How many forks lie between the first process and this one.
    pub(crate) depth: u32,
    pub(crate) abi: Abi,
    pub(crate) number: u32,
    pub(crate) args: &'a [u64; 6],
    /// Stack pointer at entry.
    pub(crate) sp: u64,
    /// `None` at entry.
    pub(crate) result: Option<(i64, bool)>,
}

impl Call<'_> {
    /// A value that needs no read of tracee memory.
    pub(crate) fn constant_value(&self, value: Value, entry_captures: &[u8]) -> Option<u64> {
        let word = match value.source {
            Source::Constant(word) => word,
            Source::Argument(index) => *self.args.get(usize::from(index))?,
            Source::Result => self.result?.0.cast_unsigned(),
            Source::Entry(key, offset) => field(find_entry_capture(entry_captures, key)?, offset, value.width)?,
            Source::Stack(offset) => self.sp.checked_add(u64::from(offset))?,
            Source::Process => u64::from(self.pid.cast_unsigned()),
            Source::Thread => u64::from(self.tid.cast_unsigned()),
            Source::Depth => u64::from(self.depth),
            Source::Field(_) | Source::OuterField(_) | Source::Deref(..) | Source::Absent => {
                return None;
            }
        };
        Some(value.cut(word))
    }

    fn pointer_width(&self) -> usize {
        if self.abi == Abi::X86_64 { 8 } else { 4 }
    }
}

/// What is kept between copies.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    pub(crate) pages: PageCache,
    pub(crate) sockets: Sockets,
}

/// Pages read at the current stop. Other threads may change memory as soon as the tracee runs, so the cache is
/// emptied at every stop.
#[derive(Debug, Default)]
pub(crate) struct PageCache {
    pages: Vec<(u64, Vec<u8>)>,
    used: usize,
    /// A read was refused, not merely impossible.
    pub(crate) refused: bool,
}

const CACHED_PAGES: usize = 8;

impl PageCache {
    pub(crate) fn forget(&mut self) {
        self.used = 0;
    }

    /// The readable rest of the page that `address` lies on.
    fn rest_of_page(&mut self, tid: Tid, address: u64) -> Result<&[u8], Errno> {
        let base = address & !(memory::PAGE - 1);
        let offset = (address - base) as usize;
        let found = self.pages.iter().take(self.used).position(|(at, _)| *at == base);
        let index = match found {
            Some(index) => index,
            None => self.load(tid, base)?,
        };
        let page = self.pages.get(index).map_or(&[][..], |(_, bytes)| bytes.as_slice());
        page.get(offset..).ok_or(Errno::EFAULT)
    }

    fn load(&mut self, tid: Tid, base: u64) -> Result<usize, Errno> {
        let index = if self.used < CACHED_PAGES { self.used } else { 0 };
        if index == self.pages.len() {
            self.pages.push((0, vec![0; memory::PAGE as usize]));
        }
        let Some((at, bytes)) = self.pages.get_mut(index) else {
            return Err(Errno::EFAULT);
        };
        *at = u64::MAX;
        match memory::read(tid, base, bytes) {
            (_, None) => {}
            (_, Some(errno)) => {
                self.refused |= errno == Errno::EPERM;
                return Err(errno);
            }
        }
        *at = base;
        self.used = self.used.max(index + 1);
        Ok(index)
    }

    /// Appends bytes up to (not with) the first NUL, at most `max`. One page at a time, because what lies behind the
    /// NUL need not be readable.
    fn c_string(&mut self, tid: Tid, address: u64, max: usize, out: &mut Vec<u8>) -> CaptureStatus {
        let mut taken = 0;
        while taken < max {
            let Some(at) = address.checked_add(taken as u64) else {
                return CaptureStatus::Fault;
            };
            let bytes = match self.rest_of_page(tid, at) {
                Ok(bytes) => bytes,
                Err(errno) => return status_of(errno),
            };
            let bytes = bytes.get(..max - taken).unwrap_or(bytes);
            if let Some(end) = bytes.iter().position(|byte| *byte == 0) {
                out.extend_from_slice(bytes.get(..end).unwrap_or_default());
                return CaptureStatus::Ok;
            }
            out.extend_from_slice(bytes);
            taken += bytes.len();
        }
        // Exactly `max` bytes and then the NUL is no truncation.
        let next = address
            .checked_add(taken as u64)
            .and_then(|at| self.rest_of_page(tid, at).ok().and_then(|rest| rest.first().copied()));
        if next == Some(0) { CaptureStatus::Ok } else { CaptureStatus::Truncated }
    }

    /// Appends `length` bytes, or as many as can be read.
    fn bytes(&mut self, tid: Tid, address: u64, length: usize, out: &mut Vec<u8>) -> CaptureStatus {
        const SMALL: usize = 256;
        // Nothing is read, so no address is wrong.
        if length == 0 {
            return CaptureStatus::Ok;
        }
        let offset = (address % memory::PAGE) as usize;
        if length <= SMALL && offset + length <= memory::PAGE as usize {
            return match self.rest_of_page(tid, address) {
                Ok(bytes) => {
                    out.extend_from_slice(bytes.get(..length).unwrap_or(bytes));
                    CaptureStatus::Ok
                }
                Err(errno) => status_of(errno),
            };
        }
        let start = out.len();
        out.resize(start + length, 0);
        let (copied, ended) = memory::read(tid, address, out.get_mut(start..).unwrap_or_default());
        out.truncate(start + copied);
        self.refused |= ended == Some(Errno::EPERM);
        ended.map_or(CaptureStatus::Ok, status_of)
    }

    fn word(&mut self, tid: Tid, address: u64, width: u8) -> Option<u64> {
        let mut bytes = Vec::with_capacity(8);
        let status = self.bytes(tid, address, usize::from(width), &mut bytes);
        if status == CaptureStatus::Ok { field(&bytes, 0, width) } else { None }
    }
}

fn status_of(errno: Errno) -> CaptureStatus {
    if errno == Errno::EFAULT || errno == Errno::EIO || errno == Errno::ESRCH {
        CaptureStatus::Fault
    } else {
        CaptureStatus::Refused
    }
}

/// Runs the nodes of one call for one stop, appending captures to `out`. `entry` holds what the entry-stop captured.
pub(crate) fn capture(nodes: &[Node], call: &Call<'_>, entry: &[u8], cache: &mut Cache, out: &mut Vec<u8>) {
    let due = |when: When| match (when, call.result) {
        (When::Entry, None) | (When::Exit, Some(_)) => true,
        (When::ExitIfOk, Some((_, is_error))) => !is_error,
        (When::ExitIfFailed, Some((_, is_error))) => is_error,
        (When::Entry, Some(_)) | (When::Exit | When::ExitIfOk | When::ExitIfFailed, None) => false,
    };
    let mut run = Run { call, entry, cache, budget: None, start: out.len() };
    for node in nodes.iter().filter(|node| due(node.when)) {
        run.node(node, Frame { bytes: &[], outer: &[] }, out);
    }
}

/// The bytes that `Field` and `OuterField` refer to.
#[derive(Clone, Copy)]
struct Frame<'a> {
    bytes: &'a [u8],
    outer: &'a [u8],
}

/// How much one copy is about, in bytes.
#[derive(Clone, Copy)]
struct Amounts {
    wanted: u64,
    copied: u64,
    /// Size of the elements that children belong to; `None` where they belong to the whole.
    element: Option<usize>,
}

struct Run<'a> {
    call: &'a Call<'a>,
    entry: &'a [u8],
    cache: &'a mut Cache,
    /// What is left for the elements of an array that share a total.
    budget: Option<u64>,
    start: usize,
}

impl Run<'_> {
    fn phase(&self) -> u8 {
        u8::from(self.call.result.is_some())
    }

    fn value(&mut self, value: Value, frame: Frame<'_>) -> Option<u64> {
        let word = match value.source {
            Source::Field(offset) => field(frame.bytes, offset, value.width)?,
            Source::OuterField(offset) => field(frame.outer, offset, value.width)?,
            Source::Deref(index, offset) => {
                let pointer = *self.call.args.get(usize::from(index))?;
                let at = pointer.checked_add(u64::from(offset)).filter(|_| pointer != 0)?;
                self.cache.pages.word(self.call.tid, at, value.width)?
            }
            Source::Constant(_)
            | Source::Argument(_)
            | Source::Result
            | Source::Entry(..)
            | Source::Stack(_)
            | Source::Process
            | Source::Thread
            | Source::Depth
            | Source::Absent => {
                return self.call.constant_value(value, self.entry);
            }
        };
        Some(value.cut(word))
    }

    /// A length or count: a negative number of a signed type is nothing.
    fn amount(&mut self, value: Value, frame: Frame<'_>) -> Option<u64> {
        let word = self.value(value, frame)?;
        Some(if value.signed && word.cast_signed() < 0 { 0 } else { word })
    }

    fn node(&mut self, node: &Node, frame: Frame<'_>, out: &mut Vec<u8>) {
        if out.len() - self.start > MAX_CALL_BYTES {
            return;
        }
        match &node.op {
            Op::CString { pointer, max } => self.c_string(node.key, *pointer, *max, frame, out),
            Op::Bytes { pointer, length, scale, limit, max } => {
                let lengths = (*length, *scale, *limit, *max);
                self.bytes(node, *pointer, lengths, frame, out);
            }
            Op::Array { pointer, count, budget, stride, max_count } => {
                let total = self.value(*budget, frame);
                let before = std::mem::replace(&mut self.budget, total);
                self.array(node, *pointer, (*count, *stride, *max_count), frame, out);
                self.budget = before;
            }
            Op::Strings { pointer, max_count, max_length } => {
                self.strings(node.key, *pointer, (*max_count, *max_length), frame, out);
            }
            Op::Switch { on, cases, otherwise } => {
                let word = self.value(*on, frame);
                let chosen =
                    word.and_then(|word| cases.iter().find(|case| word & case.mask == case.equals & case.mask));
                for node in chosen.map_or(otherwise, |case| &case.nodes) {
                    self.node(node, frame, out);
                }
            }
            Op::FdPath { fd, wishes, owner } => {
                let fd = self.value(*fd, frame).map(|word| word as i32);
                match self.owner(*owner, frame) {
                    Some(owner) => self.descriptor(node.key, (owner, fd), *wishes, out),
                    None => put_capture(node.key, self.phase(), CaptureStatus::Null, 0, &[], out),
                }
            }
            Op::Fds { end, list, wishes } => {
                let fds = self.amount(*end, frame).map_or(Vec::new(), |end| fds_in(*list, frame.bytes, end));
                for fd in fds {
                    if out.len() - self.start > MAX_CALL_BYTES {
                        return;
                    }
                    self.descriptor(node.key, (self.call.tid, Some(fd)), *wishes, out);
                }
            }
            Op::Process { number, counted, wishes } => {
                let number = self.value(*number, frame).map(|word| word as Tid);
                self.process(node.key, (number, *counted), *wishes, out);
            }
        }
    }

    /// The address to read at, or what to say instead.
    fn address(&mut self, pointer: Value, frame: Frame<'_>) -> Result<u64, CaptureStatus> {
        match self.value(pointer, frame) {
            None => Err(CaptureStatus::Fault),
            Some(0) => Err(CaptureStatus::Null),
            Some(address) => Ok(address),
        }
    }

    fn c_string(&mut self, key: u8, pointer: Value, max: u32, frame: Frame<'_>, out: &mut Vec<u8>) {
        let phase = self.phase();
        match self.address(pointer, frame) {
            Err(status) => put_capture(key, phase, status, 0, &[], out),
            Ok(address) => self.c_string_at(key, address, max, out),
        }
    }

    fn c_string_at(&mut self, key: u8, address: u64, max: u32, out: &mut Vec<u8>) {
        let at = open_capture(key, self.phase(), out);
        let status = self.cache.pages.c_string(self.call.tid, address, max as usize, out);
        close_capture(at, out.len() - at - CAPTURE_HEAD, status, 0, out);
    }

    fn bytes(
        &mut self,
        node: &Node,
        pointer: Value,
        lengths: (Value, u32, Value, u32),
        frame: Frame<'_>,
        out: &mut Vec<u8>,
    ) {
        let phase = self.phase();
        let (length, scale, limit, max) = lengths;
        let address = match self.address(pointer, frame) {
            Ok(address) => address,
            Err(status) => return put_capture(node.key, phase, status, 0, &[], out),
        };
        let Some(length) = self.amount(length, frame) else {
            return put_capture(node.key, phase, CaptureStatus::Fault, 0, &[], out);
        };
        let mut wanted = length.saturating_mul(u64::from(scale));
        if let Some(limit) = self.amount(limit, frame) {
            wanted = wanted.min(limit);
        }
        if let Some(rest) = &mut self.budget {
            wanted = wanted.min(*rest);
            *rest -= wanted;
        }
        let amounts = Amounts { wanted, copied: wanted.min(u64::from(max)), element: None };
        self.copy(node, address, amounts, frame, out);
    }

    fn array(&mut self, node: &Node, pointer: Value, shape: (Value, u32, u32), frame: Frame<'_>, out: &mut Vec<u8>) {
        let phase = self.phase();
        let (count, stride, max_count) = shape;
        let address = match self.address(pointer, frame) {
            Ok(address) => address,
            Err(status) => return put_capture(node.key, phase, status, 0, &[], out),
        };
        let Some(count) = self.amount(count, frame) else {
            return put_capture(node.key, phase, CaptureStatus::Fault, 0, &[], out);
        };
        let wanted = count.saturating_mul(u64::from(stride));
        let copied =
            count.min(u64::from(max_count)).saturating_mul(u64::from(stride)).min(u64::from(crate::plan::MAX_BYTES));
        self.copy(node, address, Amounts { wanted, copied, element: Some(stride as usize) }, frame, out);
    }

    /// Copies bytes and then what the pointers in them point to: in all of them as one, or element by element.
    fn copy(&mut self, node: &Node, address: u64, amounts: Amounts, frame: Frame<'_>, out: &mut Vec<u8>) {
        let Amounts { wanted, copied, element } = amounts;
        let at = open_capture(node.key, self.phase(), out);
        let mut status = self.cache.pages.bytes(self.call.tid, address, copied as usize, out);
        if status == CaptureStatus::Ok && copied < wanted {
            status = CaptureStatus::Truncated;
        }
        let own = out.len() - at - CAPTURE_HEAD;
        out.resize(out.len().next_multiple_of(8), 0);
        if !node.children.is_empty() {
            let bytes = out.get(at + CAPTURE_HEAD..at + CAPTURE_HEAD + own).unwrap_or_default().to_vec();
            match element {
                None => self.children(node, Frame { bytes: &bytes, outer: frame.bytes }, out),
                Some(stride) => {
                    for element in bytes.chunks_exact(stride) {
                        self.children(node, Frame { bytes: element, outer: frame.bytes }, out);
                    }
                }
            }
        }
        close_capture(at, own, status, u32::try_from(wanted).unwrap_or(u32::MAX), out);
    }

    fn children(&mut self, node: &Node, frame: Frame<'_>, out: &mut Vec<u8>) {
        for child in &node.children {
            self.node(child, frame, out);
        }
    }

    fn strings(&mut self, key: u8, pointer: Value, limits: (u32, u32), frame: Frame<'_>, out: &mut Vec<u8>) {
        let (max_count, max_length) = limits;
        let phase = self.phase();
        let address = match self.address(pointer, frame) {
            Ok(address) => address,
            Err(status) => return put_capture(key, phase, status, 0, &[], out),
        };
        let width = self.call.pointer_width();
        let mut pointers = Vec::new();
        let mut status = CaptureStatus::Truncated;
        for index in 0..u64::from(max_count) {
            let at = address.checked_add(index * width as u64);
            match at.and_then(|at| self.cache.pages.word(self.call.tid, at, width as u8)) {
                None => {
                    status = CaptureStatus::Fault;
                    break;
                }
                Some(0) => {
                    status = CaptureStatus::Ok;
                    break;
                }
                Some(pointer) => pointers.push(pointer),
            }
        }
        let at = open_capture(key, phase, out);
        for pointer in &pointers {
            out.extend_from_slice(pointer.to_le_bytes().get(..width).unwrap_or_default());
        }
        let own = out.len() - at - CAPTURE_HEAD;
        out.resize(out.len().next_multiple_of(8), 0);
        for pointer in pointers {
            if out.len() - self.start > MAX_CALL_BYTES {
                status = CaptureStatus::Truncated;
                break;
            }
            self.c_string_at(0, pointer, max_length, out);
        }
        close_capture(at, own, status, 0, out);
    }

    fn descriptor(&mut self, key: u8, whose: (Tid, Option<i32>), wishes: u8, out: &mut Vec<u8>) {
        put_descriptor((key, self.phase()), whose, wishes, &mut self.cache.sockets, out);
    }

    fn owner(&mut self, owner: Owner, frame: Frame<'_>) -> Option<Tid> {
        match owner {
            Owner::Caller => Some(self.call.tid),
            Owner::Process(process) => {
                let process = self.value(process, frame)? as Tid;
                (process > 0 && proc::counts_as_we_do(self.call.tid)).then_some(process)
            }
            Owner::Pidfd(fd) => {
                let fd = self.value(fd, frame)? as i32;
                process_of(self.call.tid, fd).filter(|process| *process > 0)
            }
        }
    }

    fn process(&mut self, key: u8, whom: (Option<Tid>, Counted), wishes: u8, out: &mut Vec<u8>) {
        let phase = self.phase();
        let (number, counted) = match whom {
            (Some(number), counted) if number > 0 => (number, counted),
            // kill(2) and waitpid(2) mean a group by that; -1 is everybody.
            (Some(number), Counted::Process) if number < -1 => (number.wrapping_neg(), Counted::Group),
            _ => return put_capture(key, phase, CaptureStatus::Null, 0, &[], out),
        };
        let ours = proc::our_number(self.call.tid, number, counted);
        let has_name = wishes & pid_wish::NAME != 0 && matches!(counted, Counted::Thread | Counted::Process);
        let name = ours.filter(|_| has_name).and_then(proc::name);
        let status = if has_name && name.is_none() { CaptureStatus::Fault } else { CaptureStatus::Ok };
        let name = name.unwrap_or_default();
        let at = open_capture(key, phase, out);
        out.extend_from_slice(&name);
        out.resize(out.len().next_multiple_of(8), 0);
        if let Some(ours) = ours.filter(|ours| wishes & pid_wish::OUR_NUMBER != 0 && *ours != number) {
            put_capture(0, phase, CaptureStatus::Ok, 0, &ours.to_le_bytes(), out);
        }
        close_capture(at, name.len(), status, 0, out);
    }
}

/// Appends what a thread calls itself.
pub(crate) fn put_name((key, phase): (u8, u8), thread: Option<Tid>, out: &mut Vec<u8>) {
    match thread.filter(|thread| *thread > 0).map(proc::name) {
        None => put_capture(key, phase, CaptureStatus::Null, 0, &[], out),
        Some(None) => put_capture(key, phase, CaptureStatus::Fault, 0, &[], out),
        Some(Some(name)) => put_capture(key, phase, CaptureStatus::Ok, 0, &name, out),
    }
}

/// Most descriptors of one list.
const MAX_FDS: usize = 1024;

/// The descriptors that bytes hold, up to `end`.
fn fds_in(list: FdsIn, bytes: &[u8], end: u64) -> Vec<i32> {
    let end = usize::try_from(end).unwrap_or(usize::MAX);
    match list {
        FdsIn::Bits => {
            let is_set = |bit: usize| bytes.get(bit / 8).is_some_and(|byte| byte & (1 << (bit % 8)) != 0);
            let end = end.min(bytes.len() * 8);
            (0..end).filter(|bit| is_set(*bit)).take(MAX_FDS).map(|bit| bit as i32).collect()
        }
        FdsIn::Messages => fds_in_messages(bytes.get(..end.min(bytes.len())).unwrap_or_default()),
    }
}

/// What all messages of the kind SCM_RIGHTS carry.
fn fds_in_messages(mut bytes: &[u8]) -> Vec<i32> {
    const HEAD: usize = 16;
    let mut fds = Vec::new();
    while let (Some(length), Some(level), Some(kind)) = (field(bytes, 0, 8), field(bytes, 8, 4), field(bytes, 12, 4)) {
        let length = usize::try_from(length).unwrap_or(usize::MAX).min(bytes.len());
        if level == libc::SOL_SOCKET as u64 && kind == libc::SCM_RIGHTS as u64 {
            let words = bytes.get(HEAD..length).unwrap_or_default().chunks_exact(4);
            let words = words.filter_map(|word| Some(i32::from_le_bytes(*word.first_chunk()?)));
            fds.extend(words.take(MAX_FDS - fds.len()));
        }
        if length < HEAD {
            break;
        }
        bytes = bytes.get(length.next_multiple_of(8)..).unwrap_or_default();
    }
    fds
}

/// A little-endian number inside bytes.
fn field(bytes: &[u8], offset: u32, width: u8) -> Option<u64> {
    let start = offset as usize;
    let bytes = bytes.get(start..start.checked_add(usize::from(width))?)?;
    let mut word = [0u8; 8];
    for (target, byte) in word.iter_mut().zip(bytes) {
        *target = *byte;
    }
    Some(u64::from_le_bytes(word))
}

/// The bytes of a top-level capture by its key.
pub(crate) fn find_entry_capture(captures: &[u8], key: u8) -> Option<&[u8]> {
    let mut at = 0usize;
    loop {
        let head = captures.get(at..at.checked_add(CAPTURE_HEAD)?)?;
        let total = field(head, 0, 4)? as usize;
        let length = field(head, 4, 4)? as usize;
        if head.get(8) == Some(&key) {
            return captures.get(at + CAPTURE_HEAD..(at + CAPTURE_HEAD).checked_add(length)?);
        }
        at = at.checked_add(total.max(CAPTURE_HEAD))?;
    }
}
