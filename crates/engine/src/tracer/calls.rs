//! Syscall-stops and seccomp-stops: from entry to exit to record.

use crate::capture::{Call, capture, put_name};
use crate::filter::{AUDIT_ARCH_I386, X32_BIT};
use crate::record::{GapReason, Head, Kind, SyscallRecord, THREAD_NAME, flags};
use crate::session::Follow;
use crate::sys::ptrace::{Register, SyscallInfo};
use crate::sys::{Tid, clock};
use crate::task::{Correction, InFlight};
use crate::tracee::{RequestError, Stopped};
use crate::{Abi, Mode};

use super::Tracer;
use super::rings::Submission;

/// What a stop at a system call says, whichever stop it is.
struct Entry {
    abi: Abi,
    number: u32,
    args: [u64; 6],
    ip: u64,
    sp: u64,
}

/// Calls that the engine itself has to see, by their x86_64 numbers; `filter` traces them always.
pub(crate) const ALWAYS_TRACED: [i64; 13] = [
    libc::SYS_execve,
    libc::SYS_execveat,
    libc::SYS_clone,
    libc::SYS_clone3,
    libc::SYS_fork,
    libc::SYS_vfork,
    libc::SYS_restart_syscall,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_seccomp,
    libc::SYS_prctl,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_setaffinity,
];

impl Tracer {
    /// Whether this is an entry, an exit or a seccomp-stop is what the kernel says it is, never a toggle: attach, restarts,
    /// exec, kill and signals all break parity.
    pub(super) fn syscall_stop(&mut self, tracee: Stopped) {
        match tracee.syscall_info() {
            Ok(SyscallInfo::Entry { arch, ip, sp, nr, args } | SyscallInfo::Seccomp { arch, ip, sp, nr, args }) => {
                let abi = abi_of(arch, nr);
                let args = if abi == Abi::I386 { args.map(|word| word & 0xffff_ffff) } else { args };
                self.entered(tracee, Entry { abi, number: nr as u32, args, ip, sp });
            }
            Ok(SyscallInfo::Exit { value, is_error, ip }) => self.left(tracee, value, is_error, ip),
            // It was killed after this stop was reported and has come to its PTRACE_EVENT_EXIT meanwhile.
            Ok(SyscallInfo::None) if is_exit_event(&tracee) => self.exiting(tracee),
            Ok(SyscallInfo::None) => {
                self.gap(GapReason::Resync, 0);
                self.go_on(tracee, 0);
            }
            // Died while stopped: its end is still to be reported.
            Err(RequestError::Gone) => {}
            Err(RequestError::Refused(errno)) => {
                self.gap(GapReason::Internal, errno as u32);
                self.go_on(tracee, 0);
            }
        }
    }

    fn entered(&mut self, tracee: Stopped, entry: Entry) {
        let tid = tracee.tid();
        let Entry { abi, number, args, ip, sp } = entry;
        let Some(task) = self.tasks.get_mut(&tid) else {
            return self.go_on(tracee, 0);
        };
        task.entry_seen = true;
        let (silent, system_ns) = (task.silent, task.system_ns);
        let resumes = std::mem::take(&mut task.interrupted);
        if let Some(lost) = task.call.take() {
            // A new entry while a call is in flight: its exit never came (rt_sigreturn over a seccomp-stop does this).
            self.close_unfinished(tid, lost);
        }
        let executes = is_native(abi, number, &[libc::SYS_execve, libc::SYS_execveat]);
        if !self.started && !executes {
            return self.go_on(tracee, 0);
        }
        let record = self.recording && !silent && self.plan.records(abi, number);
        let ruled = self.started && !silent && self.rules.concern(abi, number);
        let correction = if self.started { self.correct_entry(&tracee, abi, number, &args) } else { Correction::None };
        let submitted = self.submitted(&tracee, (abi, number), &args, record);
        let begins = executes && !self.started;
        if !record && !ruled && !begins && correction == Correction::None {
            return self.go_on(tracee, 0);
        }
        let mut captures = self.spare.pop().unwrap_or_default();
        captures.clear();
        let (pid, depth) = self.tasks.get(&tid).map_or((tid, 0), |task| (task.pid, task.depth));
        let call = Call { pid, tid, depth, abi, number, args: &args, sp, result: None };
        if (record || ruled)
            && let Some(plan) = self.plan.get(abi, number)
        {
            capture(&plan.nodes, &call, &[], &mut self.cache, &mut captures);
        }
        let planned = captures.len();
        if record && self.plan.names_threads {
            put_name((THREAD_NAME, 0), Some(tid), &mut captures);
        }
        captures.extend_from_slice(&submitted);
        let mut flight = InFlight {
            abi,
            number,
            args,
            ip,
            sp,
            entry_seq: self.next_seq(),
            start_ns: clock::monotonic_ns(),
            system_ns,
            record,
            reported: false,
            announced: false,
            rule: 0,
            deeds: 0,
            acts: None,
            resumes: if is_restart(abi, number) { resumes } else { 0 },
            captures,
            planned,
            correction,
        };
        if let Some(task) = self.tasks.get_mut(&tid) {
            task.await_exit = begins || flight.correction != Correction::None;
        }
        let rule = if ruled { self.rule_at_entry(&call, &mut flight) } else { None };
        if let Some(rule) = rule {
            return self.apply_at_entry(tracee, flight, &rule);
        }
        self.keep(tid, flight);
        self.go_on(tracee, 0);
    }

    fn left(&mut self, tracee: Stopped, value: i64, is_error: bool, ip: u64) {
        let tid = tracee.tid();
        let Some(task) = self.tasks.get_mut(&tid) else {
            return self.go_on(tracee, 0);
        };
        task.await_exit = false;
        let entry_seen = std::mem::replace(&mut task.entry_seen, true);
        match task.call.take() {
            Some(flight) => {
                if is_error && value == -516 {
                    // Interrupted once more, a restart still goes on with the first call.
                    task.interrupted = if flight.resumes > 0 { flight.resumes } else { flight.number.wrapping_add(1) };
                }
                if flight.acts.is_some() {
                    return self.apply_at_exit(tracee, flight, value, is_error);
                }
                self.complete(&tracee, flight, value, is_error);
            }
            None if !entry_seen && !self.policy.spawned => self.complete_unseen(&tracee, value, is_error, ip),
            None => {}
        }
        self.go_on(tracee, 0);
    }

    /// A call whose result is there, at its exit.
    pub(super) fn complete(&mut self, tracee: &Stopped, flight: InFlight, result: i64, is_error: bool) {
        let tid = tracee.tid();
        self.correct_exit(tracee, flight.correction, result, is_error);
        let now = clock::monotonic_ns();
        if let Some(counts) = &mut self.counts
            && flight.record
            && self.started
        {
            let task = self.tasks.get(&tid);
            let pid = task.map_or(tid, |task| task.pid);
            let system_ns = task.map_or(0, |task| task.system_ns.saturating_sub(flight.system_ns));
            let times = (now.saturating_sub(flight.start_ns), system_ns);
            counts.add((pid, flight.abi, flight.number), times, (result, is_error));
        }
        if (self.counts.is_none() || flight.reported) && flight.record && self.started && self.recording {
            let mut out = std::mem::take(&mut self.scratch);
            out.clear();
            if let Some(plan) = self.plan.get(flight.abi, flight.number) {
                let call = flight.call(tid, self.tasks.get(&tid), Some((result, is_error)));
                capture(&plan.nodes, &call, &flight.captures, &mut self.cache, &mut out);
            }
            let bits = if is_error { flags::IS_ERROR } else { 0 };
            self.write_call(tid, &flight, bits, result, now, &out);
            self.scratch = out;
        }
        self.spare.push(flight.captures);
    }

    /// Attached inside a call: its exit is all that was seen. Number and arguments are what the registers still hold.
    fn complete_unseen(&mut self, tracee: &Stopped, value: i64, is_error: bool, ip: u64) {
        let Ok(registers) = tracee.registers() else {
            return;
        };
        let number = registers.orig_rax as u32;
        if !self.is_recording(tracee.tid()) || !self.plan.records(Abi::X86_64, number) || self.counts.is_some() {
            return;
        }
        let flight = InFlight {
            abi: Abi::X86_64,
            number,
            args: [registers.rdi, registers.rsi, registers.rdx, registers.r10, registers.r8, registers.r9],
            ip,
            sp: registers.rsp,
            entry_seq: self.next_seq(),
            start_ns: clock::monotonic_ns(),
            system_ns: u64::MAX,
            record: true,
            reported: false,
            announced: false,
            rule: 0,
            deeds: 0,
            acts: None,
            resumes: 0,
            captures: Vec::new(),
            planned: 0,
            correction: Correction::None,
        };
        let bits = flags::ENTRY_UNSEEN | if is_error { flags::IS_ERROR } else { 0 };
        let now = flight.start_ns;
        self.write_call(tracee.tid(), &flight, bits, value, now, &[]);
    }

    /// A call that will have no result: its thread ended, or was let go, inside it.
    pub(super) fn close_unfinished(&mut self, tid: Tid, flight: InFlight) {
        if flight.record && self.started && self.recording {
            let now = clock::monotonic_ns();
            if let Some(counts) = &mut self.counts {
                let pid = self.tasks.get(&tid).map_or(tid, |task| task.pid);
                counts.add_unfinished((pid, flight.abi, flight.number));
            }
            if self.counts.is_none() || flight.reported {
                self.write_call(tid, &flight, flags::UNFINISHED, 0, now, &[]);
            }
        }
        self.spare.push(flight.captures);
    }

    fn write_call(&mut self, tid: Tid, flight: &InFlight, bits: u8, result: i64, now: u64, exit: &[u8]) {
        let bits = bits
            | if flight.announced { flags::ANNOUNCED } else { 0 }
            | if flight.rule > 0 { flags::INJECTED } else { 0 };
        let seq = self.next_seq();
        let head = self.call_head(Kind::Syscall, bits, tid, flight, (seq, now));
        // The captures of entry and exit are neighbours in the record: put together in the entry's buffer order.
        let used = self.tasks.get(&tid).map_or(0, |task| task.system_ns.saturating_sub(flight.system_ns));
        let record = record_of(head, flight, result, u32::try_from(used).unwrap_or(u32::MAX));
        let captured = flight.captures.len() + exit.len();
        if exit.is_empty() {
            record.put_with(&flight.captures, &mut self.chunk);
        } else {
            let mut both = self.spare.pop().unwrap_or_default();
            both.clear();
            both.reserve(captured);
            both.extend_from_slice(&flight.captures);
            both.extend_from_slice(exit);
            record.put_with(&both, &mut self.chunk);
            self.spare.push(both);
        }
        self.wrote(|| now);
    }

    /// Writes a pending record for every call in flight that has none yet.
    pub(super) fn announce_pending(&mut self) {
        if self.counts.is_some() || !self.started || !self.recording {
            return;
        }
        let waiting = self.tasks.iter().filter_map(|(tid, task)| {
            let call = task.call.as_ref()?;
            (call.record && !call.announced && !task.silent).then_some((call.entry_seq, *tid))
        });
        let mut waiting: Vec<(u64, Tid)> = waiting.collect();
        waiting.sort_unstable();
        for (_, tid) in waiting {
            let Some(mut flight) = self.tasks.get_mut(&tid).and_then(|task| task.call.take()) else {
                continue;
            };
            let place = (flight.entry_seq, flight.start_ns);
            let head =
                self.call_head(Kind::Pending, if flight.rule > 0 { flags::INJECTED } else { 0 }, tid, &flight, place);
            record_of(head, &flight, 0, 0).put_with(&flight.captures, &mut self.chunk);
            flight.announced = true;
            if let Some(task) = self.tasks.get_mut(&tid) {
                task.call = Some(flight);
            }
        }
    }

    pub(super) fn call_head(&self, kind: Kind, bits: u8, tid: Tid, flight: &InFlight, place: (u64, u64)) -> Head {
        let pid = self.tasks.get(&tid).map_or(tid, |task| task.pid);
        let (seq, time_ns) = place;
        Head {
            size: 0,
            kind: kind as u8,
            flags: bits,
            abi: flight.abi as u8,
            reserved: 0,
            pid: pid.cast_unsigned(),
            tid: tid.cast_unsigned(),
            seq,
            time_ns,
        }
    }

    // What the engine itself has to put right around some calls.

    fn correct_entry(&mut self, tracee: &Stopped, abi: Abi, number: u32, args: &[u64; 6]) -> Correction {
        const CLONE_UNTRACED: u64 = 0x0080_0000;
        const CLONE_OF_I386: i64 = 120;
        let [first, second, ..] = *args;
        // A child that escapes takes the filter along, under which its calls fail, and is missing from the record.
        let keep_children = self.policy.follow != Follow::Nobody || self.mode == Mode::Filter;
        let clone_flags = match (abi, i64::from(number)) {
            (Abi::X86_64, libc::SYS_clone) => Some(Register::Rdi),
            (Abi::I386, CLONE_OF_I386) => Some(Register::Rbx),
            (Abi::X86_64 | Abi::I386 | Abi::X32, _) => None,
        };
        if let Some(register) = clone_flags {
            if first & CLONE_UNTRACED == 0 || !keep_children {
                return Correction::None;
            }
            return match tracee.write_register(register, first & !CLONE_UNTRACED) {
                Ok(()) => Correction::CloneFlags { register, flags: first },
                Err(_) => Correction::None,
            };
        }
        // clone3 has the same number and layout for both; the other calls are corrected in 64-bit code only.
        if abi != Abi::X86_64 && (abi, i64::from(number)) != (Abi::I386, libc::SYS_clone3) {
            return Correction::None;
        }
        match i64::from(number) {
            libc::SYS_clone3 if keep_children => match tracee.peek(first) {
                Ok(clone_flags) if clone_flags & CLONE_UNTRACED != 0 => {
                    match tracee.poke(first, clone_flags & !CLONE_UNTRACED) {
                        Ok(()) => Correction::CloneArgs { address: first, flags: clone_flags },
                        Err(_) => Correction::None,
                    }
                }
                Ok(_) | Err(_) => Correction::None,
            },
            libc::SYS_seccomp if self.mode == Mode::Filter && first <= u64::from(libc::SECCOMP_SET_MODE_FILTER) => {
                Correction::OwnFilter
            }
            libc::SYS_prctl if self.mode == Mode::Filter && first as i32 == libc::PR_SET_SECCOMP => {
                Correction::OwnFilter
            }
            libc::SYS_io_uring_setup => Correction::IoUring { params: second },
            // Also while nobody is pinned: who places itself is not to be pinned later.
            libc::SYS_sched_getaffinity | libc::SYS_sched_setaffinity if self.placement.wants_pin() => {
                let whom = first as i32;
                let whom = if whom == 0 { tracee.tid() } else { whom };
                if !self.tasks.contains_key(&whom) {
                    return Correction::None;
                }
                self.placement.lift(whom);
                if i64::from(number) == libc::SYS_sched_setaffinity {
                    Correction::Placed { whom }
                } else {
                    Correction::PutPinBack
                }
            }
            _ => Correction::None,
        }
    }

    fn correct_exit(&mut self, tracee: &Stopped, correction: Correction, result: i64, is_error: bool) {
        match correction {
            Correction::None => {}
            Correction::PutPinBack => self.put_pins_back(),
            Correction::Placed { .. } if is_error => self.put_pins_back(),
            Correction::Placed { whom } => {
                let others: Vec<Tid> = self.tasks.keys().copied().filter(|other| *other != whom).collect();
                self.placement.surrender(others.into_iter());
            }
            Correction::CloneFlags { register, flags } => drop(tracee.write_register(register, flags)),
            Correction::CloneArgs { address, flags } => drop(tracee.poke(address, flags)),
            Correction::IoUring { .. } | Correction::OwnFilter if is_error => {}
            Correction::OwnFilter => self.gap(GapReason::OwnFilter, tracee.tid().cast_unsigned()),
            Correction::IoUring { params } => {
                let pid = self.tasks.get(&tracee.tid()).map_or(0, |task| task.pid);
                let submission = self.rings.set_up(pid, tracee.tid(), params, result as i32);
                self.ring_gap(submission);
            }
        }
    }

    /// What a call submits to a ring, as a capture where it is recorded.
    fn submitted(&mut self, tracee: &Stopped, call: (Abi, u32), args: &[u64; 6], record: bool) -> Vec<u8> {
        let mut copies = Vec::new();
        if self.started && is_native(call.0, call.1, &[libc::SYS_io_uring_enter]) {
            let pid = self.tasks.get(&tracee.tid()).map_or(0, |task| task.pid);
            let submission = self.rings.entered(pid, tracee.tid(), args, record.then_some(&mut copies));
            self.ring_gap(submission);
        }
        copies
    }

    /// One gap says it: what else goes through rings adds nothing.
    pub(super) fn ring_gap(&mut self, submission: Submission) {
        let detail = match submission {
            Submission::Harmless => return,
            Submission::Hidden { opcode } => u32::from(opcode),
            Submission::Unknown => u32::MAX,
        };
        if self.incomplete & 1 << GapReason::IoUring as u32 == 0 {
            self.gap(GapReason::IoUring, detail);
        }
    }

    fn put_pins_back(&mut self) {
        for tid in self.tasks.keys() {
            self.placement.put_back(*tid);
        }
    }
}

pub(super) fn record_of(head: Head, flight: &InFlight, result: i64, system_ns: u32) -> SyscallRecord {
    SyscallRecord {
        head,
        entry_seq: flight.entry_seq,
        start_ns: flight.start_ns,
        nr: flight.number,
        rule: flight.rule,
        deeds: flight.deeds,
        args: flight.args,
        result,
        ip: flight.ip,
        resumes: flight.resumes,
        system_ns,
    }
}

fn abi_of(arch: u32, nr: u64) -> Abi {
    // Number -1 has all bits set and is no x32 call; a filter's SECCOMP_RET_ERRNO leaves it behind.
    if arch == AUDIT_ARCH_I386 {
        Abi::I386
    } else if nr as u32 & X32_BIT != 0 && nr as u32 != u32::MAX {
        Abi::X32
    } else {
        Abi::X86_64
    }
}

/// Whether the stop that the tracee is in, whatever was reported, is its last.
pub(super) fn is_exit_event(tracee: &Stopped) -> bool {
    const SI_SIGNO: std::ops::Range<usize> = 0..4;
    const SI_CODE: std::ops::Range<usize> = 8..12;
    let code = libc::SIGTRAP | libc::PTRACE_EVENT_EXIT << 8;
    tracee.signal_info().is_ok_and(|info| {
        info.get(SI_SIGNO) == Some(&libc::SIGTRAP.to_le_bytes()) && info.get(SI_CODE) == Some(&code.to_le_bytes())
    })
}

/// Whether the call goes on with one that was interrupted.
fn is_restart(abi: Abi, number: u32) -> bool {
    const RESTART_OF_I386: u32 = 0;
    match abi {
        Abi::X86_64 | Abi::X32 => number & !X32_BIT == libc::SYS_restart_syscall as u32,
        Abi::I386 => number == RESTART_OF_I386,
    }
}

fn is_native(abi: Abi, number: u32, calls: &[i64]) -> bool {
    abi == Abi::X86_64 && calls.contains(&i64::from(number))
}
