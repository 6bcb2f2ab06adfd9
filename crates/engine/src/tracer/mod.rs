//! The event loop of a session: policy only. What a stop is called is decided in `stop`, what may be asked in
//! `tracee`, what bytes are copied in `capture`, how they are laid out in `record`.

mod acts;
mod calls;
mod leave;
mod rings;
mod start;
mod tree;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::time::Duration;

use nix::errno::Errno;

use crate::capture::{Cache, put_name};
use crate::conditions::Processes;
use crate::counts::Counts;
use crate::outbox::Outbox;
use crate::placement::Placement;
use crate::plan::Plan;
use crate::proc;
use crate::record::{
    GapReason, Head, Kind, PlainRecord, Record, SENDER_NAME, SessionRecord, SignalRecord, THREAD_NAME, VERSION,
};
use crate::rules::{Counters, Rules};
use crate::session::{Command, Follow, Unanswered};
use crate::stop::{Status, Stop};
use crate::sys::bell::Bell;
use crate::sys::spawn::Spawning;
use crate::sys::wait::{self, Report};
use crate::sys::{Tid, clock, signal};
use crate::task::{ByTid, Task};
use crate::tracee::{Request, RequestError, Stopped, Until};
use crate::{Abi, Backpressure, End, Ending, Mode, RuleUse};

use calls::is_exit_event;
pub(crate) use start::{Setup, Target, begin, step_of};

/// A consumer that waits is served when this many records are there …
const RECORDS_AT_ONCE: usize = 64;
/// … or this much time has passed since the first of them.
const FLUSH_NS: u64 = 10_000_000;
/// A consumer that is slower than the tracees gets larger chunks instead of more.
const CHUNK_BYTES: usize = 256 * 1024;
/// A child that was reported before its parent's fork event is held back for the event at most this long.
const PARK_NS: u64 = 10_000_000;

/// How the session was asked to run; see `Config` for what the words mean.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    pub(crate) follow: Follow,
    pub(crate) ending: Ending,
    pub(crate) backpressure: Backpressure,
    pub(crate) spawned: bool,
    pub(crate) handler_timeout: Duration,
    pub(crate) unanswered: Unanswered,
}

#[derive(Debug)]
pub(crate) struct Tracer {
    policy: Policy,
    mode: Mode,
    fallback: Option<Errno>,
    plan: Plan,
    rules: Rules,
    counters: Counters,
    processes: Processes,
    /// What each rule has done, by its id.
    uses: BTreeMap<u16, RuleUse>,
    /// Tracees that wait in a syscall-stop.
    held: ByTid<acts::Held>,
    outbox: Arc<Outbox>,
    mail: Receiver<Command>,
    bell: Option<Bell>,
    tasks: ByTid<Task>,
    /// Stopped children whose parents' fork events are still to come, with what they reported.
    early: ByTid<Stop>,
    early_until: Option<u64>,
    /// Processes that have ended, and that nobody but us may be left to reap.
    orphans: Vec<Tid>,
    orphans_until: Option<u64>,
    /// Children taken in without their fork event, which may still come.
    adopted: BTreeSet<Tid>,
    /// Threads that nobody wants traced.
    except: BTreeSet<Tid>,
    /// Who waits until everybody attached to has stopped once.
    awaiting_joined: Vec<Sender<()>>,
    reports: VecDeque<Report>,
    /// The command, or the first process attached to.
    first: Tid,
    /// The command between clone and execve; nothing is recorded before.
    spawning: Option<Spawning>,
    started: bool,
    recording: bool,
    /// Everybody is being let go.
    leaving: bool,
    /// Everybody was killed; nobody waits for room any more.
    killing: bool,
    chunk: Vec<u8>,
    chunk_records: usize,
    unflushed_since: Option<u64>,
    seq: u64,
    incomplete: u32,
    drain_until: Option<u64>,
    end: End,
    cache: Cache,
    spare: Vec<Vec<u8>>,
    scratch: Vec<u8>,
    counts: Option<Counts>,
    placement: Placement,
    rings: rings::Rings,
}

impl Tracer {
    /// Runs until nobody is left to wait for.
    fn run(&mut self) {
        loop {
            if self.reports.is_empty() {
                self.before_sleep();
                match wait::wait_any() {
                    Ok(report) => self.reports.push_back(report),
                    Err(_) => break,
                }
                // Somebody came after the last that we knew of.
                if !self.end.over
                    && let Some(bell) = &mut self.bell
                    && bell.is_down()
                    && bell.rehang().is_err()
                {
                    self.gap(GapReason::Internal, 0);
                }
            }
            // All that is to be told is collected before any of it is acted upon, so that one busy tracee can't
            // starve the others. With one tracee there is nothing to collect.
            if self.tasks.len() > 1 {
                while let Ok(Some(report)) = wait::poll_any() {
                    self.collect(report);
                }
            }
            while let Some(report) = self.reports.pop_front() {
                self.dispatch(report);
            }
            self.after_batch();
        }
        self.lose_the_rest();
        self.finish();
    }

    /// A tracee stops a second time without having been resumed only when it was killed: the earlier stop is over.
    fn collect(&mut self, report: Report) {
        if libc::WIFSTOPPED(report.status) {
            self.reports.retain(|old| old.tid != report.tid || !libc::WIFSTOPPED(old.status));
        }
        self.reports.push_back(report);
    }

    fn before_sleep(&mut self) {
        if self.tasks.is_empty() && self.early.is_empty() {
            if self.leaving {
                self.finish();
            }
            // Whatever is still to come (a child whose parent died inside fork, a detached child's end) comes by wait4
            // alone; without the bell, it says when there is nothing left.
            if let Some(bell) = &mut self.bell {
                bell.take_down();
            }
            return;
        }
        let flush =
            self.unflushed_since.filter(|_| self.outbox.is_consuming()).map(|since| since.saturating_add(FLUSH_NS));
        let placement = self.placement.deadline(self.tasks.len());
        let deadline = [flush, self.drain_until, self.early_until, placement, self.held_until(), self.orphans_until]
            .into_iter()
            .flatten()
            .min();
        if let (Some(bell), Some(deadline)) = (&self.bell, deadline) {
            bell.wake_at(deadline);
        }
    }

    fn after_batch(&mut self) {
        let now = clock::monotonic_ns();
        if self.drain_until.is_some_and(|until| now >= until) {
            self.drain_until = None;
            self.end_the_leaked();
        }
        if self.early_until.is_some_and(|until| now >= until) {
            self.adopt_early();
        }
        self.release_due(now);
        self.reap_orphans(now);
        if !self.awaiting_joined.is_empty() && !self.tasks.values().any(|task| task.joining) {
            self.awaiting_joined.clear();
        }
        if self.placement.is_due(now) && !self.tasks.is_empty() {
            let tracees: Vec<Tid> = self.tasks.keys().copied().collect();
            self.placement.tick(now, &tracees);
        }
        self.flush_if_due(now);
        if self.policy.backpressure == Backpressure::Wait && !self.killing && !self.leaving {
            self.outbox.wait_for_room();
            self.read_mail();
        }
    }

    fn dispatch(&mut self, report: Report) {
        if self.bell.as_ref().is_some_and(|bell| bell.pid() == report.tid) {
            return self.bell_rang(report.status);
        }
        match Status::decode(report.status) {
            Status::Exited { code } => self.ended(report.tid, code, None),
            Status::Killed { signal, core_dumped } => self.ended(report.tid, 0, Some((signal, core_dumped))),
            Status::Continued => {}
            Status::Stopped(stop) => {
                self.cache.pages.forget();
                self.processes.next_stop();
                if let Some(task) = self.tasks.get_mut(&report.tid) {
                    task.system_ns = report.system_ns;
                }
                self.stopped(Stopped::reported(report.tid), stop);
            }
        }
    }

    fn bell_rang(&mut self, status: i32) {
        if libc::WIFSTOPPED(status) {
            if let Some(bell) = &self.bell {
                bell.answer();
            }
        } else if let Some(bell) = &mut self.bell
            && bell.rehang().is_err()
        {
            self.gap(GapReason::Internal, 0);
        }
        self.read_mail();
    }

    fn read_mail(&mut self) {
        while let Ok(command) = self.mail.try_recv() {
            self.outbox.mail_read();
            match command {
                Command::Kill { signal, tree } => self.kill(signal, tree),
                Command::Detach => self.leave(),
                Command::StopRecording => self.stop_recording(),
                Command::Abandon => self.abandon(),
                Command::Flush => self.flush(),
                Command::Answer(reply) => drop(reply.send(())),
                Command::Exempt { tid, starts_processes, freed } => self.exempt(tid, starts_processes, freed),
                Command::AwaitJoined(joined) => self.awaiting_joined.push(joined),
                Command::Decide { question, actions } => self.decided(question, &actions),
            }
        }
    }

    /// Somebody stopped. Every path from here resumes it, lets it go, or parks it.
    fn stopped(&mut self, tracee: Stopped, stop: Stop) {
        self.no_longer_held(tracee.tid());
        if self.leaving || self.tasks.get(&tracee.tid()).is_some_and(|task| task.unwanted) {
            return self.let_go(tracee, stop);
        }
        if self.killing {
            // Born while everybody was being killed: nobody had it on the list.
            let _ = signal::kill(tracee.tid(), libc::SIGKILL);
        }
        if !self.tasks.contains_key(&tracee.tid()) {
            return self.stranger(tracee, stop);
        }
        if self.tasks.get(&tracee.tid()).is_some_and(|task| task.joining) {
            self.joined(&tracee);
        }
        match stop {
            // Killed since that stop was reported, and already at its last one.
            Stop::Signal { .. } | Stop::Group { .. } if is_exit_event(&tracee) => self.exiting(tracee),
            Stop::Syscall | Stop::Seccomp => self.syscall_stop(tracee),
            Stop::Signal { signal } => self.signal_delivery(tracee, signal),
            Stop::Group { signal } => self.group_stop(tracee, signal),
            Stop::Trap => self.trap(tracee),
            Stop::Fork => self.forked(tracee, 1),
            Stop::Vfork => self.forked(tracee, 2),
            Stop::Clone => self.forked(tracee, 3),
            Stop::Exec => self.executed(tracee),
            Stop::Exiting => self.exiting(tracee),
            Stop::VforkDone | Stop::UnknownEvent { .. } => self.go_on(tracee, 0),
        }
    }

    fn signal_delivery(&mut self, tracee: Stopped, signal: i32) {
        if self.is_recording(tracee.tid()) {
            let info = tracee.signal_info();
            let flags = if info.is_ok() { crate::record::flags::SIGINFO } else { 0 };
            let head = self.head(Kind::Signal, flags, tracee.tid());
            let info = info.unwrap_or([0; 128]);
            let names = if self.plan.names_threads { names_at_signal(tracee.tid(), &info) } else { Vec::new() };
            SignalRecord { head, signal: signal.cast_unsigned(), reserved: 0, info }.put_with(&names, &mut self.chunk);
            self.wrote(clock::monotonic_ns);
        }
        self.go_on(tracee, signal);
    }

    fn group_stop(&mut self, tracee: Stopped, signal: i32) {
        let tid = tracee.tid();
        // A stop that finds the tracee in a group-stop already (an interrupt, a new thread of a stopped group) is no news.
        let news = self.tasks.get_mut(&tid).is_some_and(|task| !std::mem::replace(&mut task.listening, true));
        if news && self.is_recording(tid) {
            self.plain(Kind::Stop, tid, signal.cast_unsigned(), 0);
        }
        self.settle(tracee.tid(), tracee.listen());
    }

    /// A first stop, an answer to `PTRACE_INTERRUPT`, or the end of a group-stop.
    fn trap(&mut self, tracee: Stopped) {
        let tid = tracee.tid();
        let resumed = self.tasks.get_mut(&tid).is_some_and(|task| std::mem::replace(&mut task.listening, false));
        self.put_registers_back(&tracee);
        if resumed && self.is_recording(tid) {
            self.plain(Kind::Continue, tid, 0, 0);
        }
        self.go_on(tracee, 0);
    }

    /// Of a child that has come out of a call whose registers were changed.
    fn put_registers_back(&mut self, tracee: &Stopped) {
        let task = self.tasks.get_mut(&tracee.tid());
        for (register, value) in task.map(|task| std::mem::take(&mut task.restore)).unwrap_or_default() {
            let _ = tracee.write_register(register, value);
        }
    }

    /// Resumes, to the next stop that anybody wants.
    fn go_on(&mut self, tracee: Stopped, signal: i32) {
        let tid = tracee.tid();
        let until = match self.tasks.get(&tid) {
            Some(task) if task.await_exit => Until::NextSyscallStop,
            Some(task) if self.mode == Mode::Filter || task.silent || !self.wants_calls() => Until::NextEvent,
            Some(_) | None => Until::NextSyscallStop,
        };
        let asked = tracee.resume(until, signal);
        self.settle(tid, asked);
    }

    /// A tracee that is gone will be reported dead; one that refuses is an error of ours.
    fn settle(&mut self, tid: Tid, asked: Request<()>) {
        match asked {
            Ok(()) | Err(RequestError::Gone) => {}
            Err(RequestError::Refused(errno)) => {
                self.gap(GapReason::Internal, errno as u32);
                let _ = signal::kill(tid, libc::SIGKILL);
            }
        }
    }

    fn wants_calls(&self) -> bool {
        self.recording || self.rules.any()
    }

    fn is_recording(&self, tid: Tid) -> bool {
        self.recording && self.started && self.tasks.get(&tid).is_some_and(|task| !task.silent)
    }

    // Records.

    fn next_seq(&mut self) -> u64 {
        self.seq += 1;
        self.seq
    }

    fn head(&mut self, kind: Kind, flags: u8, tid: Tid) -> Head {
        let pid = self.tasks.get(&tid).map_or(tid, |task| task.pid);
        Head {
            size: 0,
            kind: kind as u8,
            flags,
            abi: Abi::X86_64 as u8,
            reserved: 0,
            pid: pid.cast_unsigned(),
            tid: tid.cast_unsigned(),
            seq: self.next_seq(),
            time_ns: clock::monotonic_ns(),
        }
    }

    fn plain(&mut self, kind: Kind, tid: Tid, first: u32, second: u32) {
        let head = self.head(kind, 0, tid);
        self.write(&PlainRecord { head, first, second });
    }

    fn gap(&mut self, reason: GapReason, detail: u32) {
        self.incomplete |= 1 << reason as u32;
        self.plain(Kind::Gap, self.first, reason as u32, detail);
    }

    fn write(&mut self, record: &impl Record) {
        record.put(&mut self.chunk);
        self.wrote(clock::monotonic_ns);
    }

    fn wrote(&mut self, now: impl Fn() -> u64) {
        self.chunk_records += 1;
        if self.unflushed_since.is_none() {
            self.unflushed_since = Some(now());
        }
    }

    fn flush_if_due(&mut self, now: u64) {
        let due = self.outbox.is_consuming() && {
            let late = self.unflushed_since.is_some_and(|since| now.saturating_sub(since) >= FLUSH_NS);
            // A consumer that is behind gets fewer and larger chunks.
            late || self.chunk_records >= RECORDS_AT_ONCE && self.outbox.is_empty()
        };
        if due || self.chunk.len() >= CHUNK_BYTES {
            self.flush();
        }
    }

    /// Hands over what there is. Every call in flight is announced first, so that a chunk explains itself.
    fn flush(&mut self) {
        signal::quiet_sigchld();
        self.announce_pending();
        self.unflushed_since = None;
        self.chunk_records = 0;
        if self.chunk.is_empty() {
            return;
        }
        let capacity = if self.outbox.is_consuming() { RECORDS_AT_ONCE * 256 } else { CHUNK_BYTES + CHUNK_BYTES / 8 };
        let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(capacity));
        let spill = self.policy.backpressure == Backpressure::Spill || self.killing;
        self.outbox.push(chunk, spill);
    }

    fn write_session(&mut self) {
        let mut head = self.head(Kind::Session, 0, self.first);
        head.pid = self.first.cast_unsigned();
        let record = SessionRecord {
            head,
            version: VERSION,
            mode: self.mode as u32,
            monotonic_ns: clock::monotonic_ns(),
            realtime_ns: clock::realtime_ns(),
            reserved: 0,
        };
        self.write(&record);
    }

    /// The run is over for whoever waits for it. Happens once.
    fn finish(&mut self) {
        if std::mem::replace(&mut self.end.over, true) {
            return;
        }
        if self.cache.pages.refused {
            self.gap(GapReason::DeniedRead, 0);
        }
        self.plain(Kind::End, self.first, self.incomplete, 0);
        self.flush();
        if let Some(counts) = &self.counts {
            self.outbox.set_counts(counts.encode());
        }
        self.placement.let_go(std::iter::empty());
        self.end.incomplete = self.incomplete;
        self.end.mode = self.mode;
        self.end.fallback = self.fallback;
        self.end.rules = self.uses.values().copied().collect();
        self.outbox.finish(self.end.clone());
        // Whoever waits for an answer hears that there is none.
        self.awaiting_joined.clear();
        self.mail = std::sync::mpsc::channel().1;
    }
}

impl Drop for Tracer {
    /// After a panic, those whose stop was reported already would never report anything again.
    fn drop(&mut self) {
        // Those that were attached to go on when this thread has ended.
        if std::thread::panicking() && self.policy.spawned {
            for tid in self.tasks.keys().chain(self.early.keys()) {
                let _ = signal::kill(*tid, libc::SIGKILL);
            }
        }
    }
}

/// Captures of what the receiver of a signal calls itself, and of what its sender does, if it has one.
fn names_at_signal(tid: Tid, info: &[u8; 128]) -> Vec<u8> {
    const SI_PID: usize = 16;
    let mut names = Vec::new();
    put_name((THREAD_NAME, 0), Some(tid), &mut names);
    let sender = info.get(SI_PID..).and_then(|rest| rest.first_chunk()).map(|word| i32::from_le_bytes(*word));
    put_name((SENDER_NAME, 0), sender.filter(|_| proc::counts_as_we_do(tid)), &mut names);
    names
}
