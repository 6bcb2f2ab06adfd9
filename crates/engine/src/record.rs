//! The binary records that the engine writes. The same bytes cross to the consumer, spill to disk and make a trace
//! file.
//!
//! Every record starts with [`Head`], is little-endian, and is a multiple of 8 bytes long, so that a reader can walk over
//! kinds it does not know. `examples/layout.rs` writes the offsets below as TypeScript.

use std::mem::{offset_of, size_of};

/// Version of everything on this page; in the first record of a session.
pub const VERSION: u32 = 1;

/// What a record tells. The numbers are part of the format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Kind {
    /// First record: version, mode and the two clocks at one instant.
    Session = 1,
    /// A system call that is over.
    Syscall = 2,
    /// A system call still in flight when records were handed over; its completion follows as another record.
    Pending = 3,
    /// A signal-delivery-stop.
    Signal = 4,
    /// A new process or thread.
    Fork = 5,
    /// A program was executed.
    Exec = 6,
    /// A thread ended.
    Exit = 7,
    /// Group-stop.
    Stop = 8,
    /// The end of a group-stop.
    Continue = 9,
    /// Attached to a process.
    Attach = 10,
    /// Let a process go.
    Detach = 11,
    /// A thread group's leader was replaced by another thread's execve.
    Superseded = 12,
    /// Something was not seen.
    Gap = 13,
    /// A process still there at the end of the run.
    Leaked = 14,
    /// Last record.
    End = 15,
}

/// Start of every record.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Head {
    /// Bytes of the whole record.
    pub size: u32,
    /// A [`Kind`].
    pub kind: u8,
    /// Bits of [`flags`].
    pub flags: u8,
    /// An [`Abi`](crate::Abi).
    pub abi: u8,
    /// 0.
    pub reserved: u8,
    /// Thread group.
    pub pid: u32,
    /// Thread.
    pub tid: u32,
    /// Place in the session's order of events.
    pub seq: u64,
    /// `CLOCK_MONOTONIC`.
    pub time_ns: u64,
}

/// [`Kind::Session`].
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct SessionRecord {
    /// Start of every record.
    pub head: Head,
    /// [`VERSION`].
    pub version: u32,
    /// A [`Mode`](crate::Mode) as a number: 1 filter, 2 stops.
    pub mode: u32,
    /// `CLOCK_MONOTONIC` at the instant of …
    pub monotonic_ns: u64,
    /// … `CLOCK_REALTIME`.
    pub realtime_ns: u64,
    /// 0.
    pub reserved: u64,
}

/// [`Kind::Syscall`] and [`Kind::Pending`]; captures follow.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct SyscallRecord {
    /// `seq` is the completion's place, `time_ns` its time; both the entry's in a pending record.
    pub head: Head,
    /// The entry's place in the order of events.
    pub entry_seq: u64,
    /// The entry's time.
    pub start_ns: u64,
    /// Number within the ABI (x32 with bit 30), as the tracee asked for it.
    pub nr: u32,
    /// The rule that acted, 0 for none.
    pub rule: u16,
    /// Bits of [`deeds`].
    pub deeds: u16,
    /// Argument registers at entry; 32-bit ABIs zero-extended.
    pub args: [u64; 6],
    /// Result as the kernel returned it: `-errno` for errors, restart codes included.
    pub result: i64,
    /// Instruction pointer at entry.
    pub ip: u64,
    /// 1 + number of the call that a `restart_syscall` resumes; 0 for none or unknown.
    pub resumes: u32,
    /// System time that the thread group used during the call, as wait4(2) tells it; capped.
    pub system_ns: u32,
}

/// [`Kind::Signal`]; where names of threads are wanted, captures follow: [`THREAD_NAME`], and [`SENDER_NAME`].
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct SignalRecord {
    /// Start of every record.
    pub head: Head,
    /// Signal number.
    pub signal: u32,
    /// 0.
    pub reserved: u32,
    /// `siginfo_t`; zero unless [`flags::SIGINFO`].
    pub info: [u8; 128],
}

/// [`Kind::Fork`].
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ForkRecord {
    /// The parent.
    pub head: Head,
    /// The new thread's group; equal to `head.pid` for a thread.
    pub child_pid: u32,
    /// The new thread.
    pub child_tid: u32,
    /// 1 fork, 2 vfork, 3 clone.
    pub how: u32,
    /// 0.
    pub reserved: u32,
}

/// [`Kind::Exec`]; one capture with the program's path follows.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct ExecRecord {
    /// Start of every record.
    pub head: Head,
    /// The thread id that the executing thread had before.
    pub former_tid: u32,
    /// 0.
    pub reserved: u32,
}

/// The kinds with two plain numbers: exit (status, signal), stop (signal), attach (threads), superseded (by whom),
/// gap (reason, detail), end (mask of gap reasons).
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct PlainRecord {
    /// Start of every record.
    pub head: Head,
    /// First number.
    pub first: u32,
    /// Second number.
    pub second: u32,
}

/// Start of a capture; its bytes, padded to 8, and its children follow.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct CaptureHead {
    /// Header, padded bytes and children together.
    pub total: u32,
    /// Bytes copied.
    pub length: u32,
    /// Which capture of the plan this is.
    pub key: u8,
    /// 0 entry, 1 exit.
    pub phase: u8,
    /// A [`CaptureStatus`].
    pub status: u8,
    /// 0.
    pub reserved: u8,
    /// Bytes that the call meant before any limit; 0 where unknown.
    pub wanted: u32,
}

/// [`CaptureHead::key`] of what io_uring_enter submits: each entry is a child. Arguments end with 5, and this is found as
/// a seventh would be.
pub const SUBMITTED: u8 = 6;

/// [`CaptureHead::key`] of what the calling thread calls itself.
pub const THREAD_NAME: u8 = 48;

/// The same of what may be the sender of a signal: whose number is where `si_pid` lies.
pub const SENDER_NAME: u8 = 49;

/// [`CaptureHead::key`] of the program that made a call on which a rule acted: the link of its executable.
pub const RULE_PROGRAM: u8 = 50;

/// The same of its arguments, as proc_pid_cmdline(5) has them: each with a NUL behind it.
pub const RULE_ARGV: u8 = 51;

/// How a copy from tracee memory went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum CaptureStatus {
    /// All of it.
    Ok = 0,
    /// The pointer is NULL.
    Null = 1,
    /// Unreadable from the end of the bytes on.
    Fault = 2,
    /// A limit cut it.
    Truncated = 3,
    /// The kernel does not let us read this process.
    Refused = 4,
}

/// Bits of [`Head::flags`].
pub mod flags {
    /// A call that failed.
    pub const IS_ERROR: u8 = 1;
    /// A call without a result: its thread ended, or was let go, inside it.
    pub const UNFINISHED: u8 = 2;
    /// A call whose entry was not seen.
    pub const ENTRY_UNSEEN: u8 = 4;
    /// A rule acted on this call.
    pub const INJECTED: u8 = 8;
    /// A pending record of this call went before.
    pub const ANNOUNCED: u8 = 16;
    /// Signal: the siginfo is there.
    pub const SIGINFO: u8 = 1;
    /// Exit: killed by a signal.
    pub const SIGNALED: u8 = 1;
    /// Exit: core dumped.
    pub const CORE_DUMPED: u8 = 2;
}

/// What a rule did to a call: bits of [`SyscallRecord::deeds`].
pub mod deeds {
    /// Made its result.
    pub const RESULT: u16 = 1;
    /// Changed argument registers, or memory that they point to.
    pub const ARGUMENTS: u16 = 2;
    /// Made it wait, before or after it ran.
    pub const DELAYED: u16 = 4;
    /// Sent a signal.
    pub const SIGNAL: u16 = 8;
    /// Asked a handler.
    pub const ASKED: u16 = 16;
    /// The handler did not answer in time.
    pub const UNANSWERED: u16 = 32;
    /// Could not do all of it.
    pub const FAILED: u16 = 64;
    /// Killed all processes.
    pub const KILLED: u16 = 128;
    /// Ended the tracing.
    pub const STOPPED: u16 = 256;
    /// Made the result of a call that had run, and had succeeded.
    pub const DONE: u16 = 512;
}

/// Why something was not seen. Bit `1 << n` of the end record's mask stands for reason n.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum GapReason {
    /// Operations went through an io_uring, which make no system calls; the detail is the first opcode, or all ones.
    IoUring = 1,
    /// A tracee was lost without a report of its end.
    LostTracee = 2,
    /// A child that nobody could attach to.
    UntracedChild = 3,
    /// Tracee memory that may not be read.
    DeniedRead = 4,
    /// A state that should not be.
    Internal = 5,
    /// Tracees were let go before their end.
    Detached = 6,
    /// Entry and exit of a call did not meet.
    Resync = 7,
    /// Recording was stopped on request.
    RecordingStopped = 8,
    /// A tracee put a seccomp filter of its own before ours, which may answer calls that we then never see.
    OwnFilter = 9,
    /// A condition of a rule could not be looked at, so that the rule may have missed a call; the detail is the rule's id.
    RuleUnread = 10,
    /// A rule could not do what it asks for; the detail is the rule's id.
    RuleFailed = 11,
}

const _: () = {
    assert!(size_of::<Head>() == 32 && offset_of!(Head, seq) == 16 && offset_of!(Head, time_ns) == 24);
    assert!(size_of::<SessionRecord>() == 64 && offset_of!(SessionRecord, monotonic_ns) == 40);
    assert!(size_of::<SyscallRecord>() == 128 && offset_of!(SyscallRecord, args) == 56);
    assert!(offset_of!(SyscallRecord, result) == 104 && offset_of!(SyscallRecord, resumes) == 120);
    assert!(size_of::<SignalRecord>() == 168 && size_of::<ForkRecord>() == 48 && size_of::<ExecRecord>() == 40);
    assert!(size_of::<PlainRecord>() == 40 && size_of::<CaptureHead>() == 16);
};

/// Appends fields in order; the structs above say which order that is.
pub(crate) trait Put {
    fn put_u32(&mut self, value: u32);
    fn put_u64(&mut self, value: u64);
    fn pad_to_8(&mut self);
}

impl Put for Vec<u8> {
    fn put_u32(&mut self, value: u32) {
        self.extend_from_slice(&value.to_le_bytes());
    }
    fn put_u64(&mut self, value: u64) {
        self.extend_from_slice(&value.to_le_bytes());
    }
    fn pad_to_8(&mut self) {
        self.resize(self.len().next_multiple_of(8), 0);
    }
}

impl Head {
    fn put(self, out: &mut Vec<u8>) {
        out.put_u32(self.size);
        out.extend_from_slice(&[self.kind, self.flags, self.abi, 0]);
        out.put_u32(self.pid);
        out.put_u32(self.tid);
        out.put_u64(self.seq);
        out.put_u64(self.time_ns);
    }

    fn sized<T>(self, more: usize) -> Self {
        Self { size: u32::try_from(size_of::<T>() + more).unwrap_or(u32::MAX), ..self }
    }
}

/// A record that can be appended to a chunk.
pub(crate) trait Record {
    fn put(&self, out: &mut Vec<u8>);
}

impl Record for SessionRecord {
    fn put(&self, out: &mut Vec<u8>) {
        self.head.sized::<Self>(0).put(out);
        out.put_u32(self.version);
        out.put_u32(self.mode);
        out.put_u64(self.monotonic_ns);
        out.put_u64(self.realtime_ns);
        out.put_u64(0);
    }
}

impl SyscallRecord {
    /// Appends the record and its captures, which are whole captures already.
    pub(crate) fn put_with(&self, captures: &[u8], out: &mut Vec<u8>) {
        out.reserve(size_of::<Self>() + captures.len());
        self.head.sized::<Self>(captures.len()).put(out);
        out.put_u64(self.entry_seq);
        out.put_u64(self.start_ns);
        out.put_u32(self.nr);
        out.put_u32(u32::from(self.rule) | u32::from(self.deeds) << 16);
        for word in self.args {
            out.put_u64(word);
        }
        out.put_u64(self.result.cast_unsigned());
        out.put_u64(self.ip);
        out.put_u32(self.resumes);
        out.put_u32(self.system_ns);
        out.extend_from_slice(captures);
    }
}

impl SignalRecord {
    /// Appends the record and its captures.
    pub(crate) fn put_with(&self, captures: &[u8], out: &mut Vec<u8>) {
        self.head.sized::<Self>(captures.len()).put(out);
        out.put_u32(self.signal);
        out.put_u32(0);
        out.extend_from_slice(&self.info);
        out.extend_from_slice(captures);
    }
}

impl Record for ForkRecord {
    fn put(&self, out: &mut Vec<u8>) {
        self.head.sized::<Self>(0).put(out);
        out.put_u32(self.child_pid);
        out.put_u32(self.child_tid);
        out.put_u32(self.how);
        out.put_u32(0);
    }
}

impl ExecRecord {
    /// Appends the record and the capture of the program's path.
    pub(crate) fn put_with(&self, captures: &[u8], out: &mut Vec<u8>) {
        self.head.sized::<Self>(captures.len()).put(out);
        out.put_u32(self.former_tid);
        out.put_u32(0);
        out.extend_from_slice(captures);
    }
}

impl Record for PlainRecord {
    fn put(&self, out: &mut Vec<u8>) {
        self.head.sized::<Self>(0).put(out);
        out.put_u32(self.first);
        out.put_u32(self.second);
    }
}

/// Appends a capture without children. [`open_capture`] and [`close_capture`] are for the others.
pub(crate) fn put_capture(key: u8, phase: u8, status: CaptureStatus, wanted: u32, bytes: &[u8], out: &mut Vec<u8>) {
    let at = open_capture(key, phase, out);
    out.extend_from_slice(bytes);
    close_capture(at, bytes.len(), status, wanted, out);
}

/// Starts a capture: appends its header, to be completed by [`close_capture`].
pub(crate) fn open_capture(key: u8, phase: u8, out: &mut Vec<u8>) -> usize {
    let at = out.len();
    out.put_u64(0);
    out.extend_from_slice(&[key, phase, 0, 0]);
    out.put_u32(0);
    at
}

/// Completes the capture that was opened at `at`, of whose content the first `length` bytes are its own.
pub(crate) fn close_capture(at: usize, length: usize, status: CaptureStatus, wanted: u32, out: &mut Vec<u8>) {
    out.pad_to_8();
    let total = u32::try_from(out.len() - at).unwrap_or(u32::MAX).to_le_bytes();
    let length = u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes();
    let Some(head) = out.get_mut(at..at + size_of::<CaptureHead>()) else {
        return;
    };
    let words = [(0, total), (4, length), (12, wanted.to_le_bytes())];
    for (offset, word) in words {
        if let Some(place) = head.get_mut(offset..offset + 4) {
            place.copy_from_slice(&word);
        }
    }
    if let Some(place) = head.get_mut(offset_of!(CaptureHead, status)) {
        *place = status as u8;
    }
}
