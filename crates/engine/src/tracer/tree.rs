//! The process tree: forks, executions, ends, and tracees nobody has told us of.

use std::fs;

use nix::errno::Errno;

use crate::proc;
use crate::record::{CaptureStatus, ExecRecord, ForkRecord, GapReason, Kind, flags, put_capture};
use crate::session::Follow;
use crate::stop::Stop;
use crate::sys::{Tid, clock, signal, wait};
use crate::task::{InFlight, Task};
use crate::tracee::Stopped;
use crate::{Ending, Mode};

use super::calls::is_exit_event;
use super::{PARK_NS, Tracer};

impl Tracer {
    pub(super) fn forked(&mut self, parent: Stopped, how: u32) {
        const CLONE: u32 = 3;
        let tid = parent.tid();
        let Some(message) = message_of(&parent) else {
            return self.exiting(parent);
        };
        let child = message as Tid;
        let parent_pid = self.tasks.get(&tid).map_or(tid, |task| task.pid);
        let is_thread = how == CLONE && proc::is_thread_of(parent_pid, child);
        let child_pid = if is_thread { parent_pid } else { child };
        let is_wanted = self.wants(child, is_thread);
        let silent = !is_wanted || self.tasks.get(&tid).is_none_or(|task| task.silent);
        let depth = self.tasks.get(&tid).map_or(0, |task| task.depth) + u32::from(!is_thread);
        if self.is_recording(tid) && is_wanted {
            let head = self.head(Kind::Fork, 0, tid);
            let record = ForkRecord {
                head,
                child_pid: child_pid.cast_unsigned(),
                child_tid: child.cast_unsigned(),
                how,
                reserved: 0,
            };
            self.write(&record);
        }
        if !is_wanted && !is_thread && matches!(self.policy.follow, Follow::Thread | Follow::Threads) {
            self.gap(GapReason::UntracedChild, child.cast_unsigned());
        }
        if self.adopted.remove(&child) {
            // The event came after we had stopped waiting for it; the child may be over by now.
            if let Some(task) = self.tasks.get_mut(&child) {
                task.pid = child_pid;
                task.depth = depth;
                task.silent = silent;
            }
        } else {
            // A new one even if the number is known: it is given away again only after its owner was reaped.
            let mut task = Task::new(child_pid, depth, silent);
            let call = self.tasks.get(&tid).and_then(|task| task.call.as_ref());
            task.restore = call.map_or_else(Vec::new, InFlight::changed_registers);
            task.unwanted = !is_wanted && self.mode == Mode::Stops;
            self.tasks.insert(child, task);
        }
        self.placement.welcome(child);
        if let Some(stop) = self.early.remove(&child) {
            self.stopped(Stopped::reported(child), stop);
        }
        if self.early.is_empty() {
            self.early_until = None;
        }
        self.go_on(parent, 0);
    }

    /// `PTRACE_EVENT_EXEC`. The executing thread has its group's id now, whatever its id was before; all other threads
    /// are gone, the former leader without a report.
    pub(super) fn executed(&mut self, tracee: Stopped) {
        let tid = tracee.tid();
        let Some(former) = message_of(&tracee).map(|message| message as Tid) else {
            return self.exiting(tracee);
        };
        if former != tid && self.tasks.contains_key(&former) {
            self.counters.renumber(former, tid);
            if let Some(lost) = self.tasks.get_mut(&tid).and_then(|leader| leader.call.take()) {
                self.close_unfinished(tid, lost);
            }
            if self.is_recording(tid) {
                self.plain(Kind::Superseded, tid, former.cast_unsigned(), 0);
            }
            if let Some(mut task) = self.tasks.remove(&former) {
                task.pid = tid;
                self.tasks.insert(tid, task);
            }
        }
        self.processes.executed(tid);
        if let Some(acts) =
            self.tasks.get_mut(&tid).and_then(|task| task.call.as_mut()).and_then(|call| call.acts.as_mut())
        {
            acts.restore.clear();
            acts.executed = true;
        }
        if tid == self.first && !self.started {
            self.started = true;
            if let Some(spawning) = self.spawning.take() {
                spawning.executed();
            }
        }
        if self.is_recording(tid) {
            let mut program = Vec::new();
            match fs::read_link(format!("{}/exe", proc::directory(tid))) {
                Ok(path) => {
                    let bytes = std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str());
                    put_capture(0, 0, CaptureStatus::Ok, 0, bytes, &mut program);
                }
                Err(_) => put_capture(0, 0, CaptureStatus::Fault, 0, &[], &mut program),
            }
            let head = self.head(Kind::Exec, 0, tid);
            ExecRecord { head, former_tid: former.cast_unsigned(), reserved: 0 }.put_with(&program, &mut self.chunk);
            self.wrote(clock::monotonic_ns);
        }
        self.go_on(tracee, 0);
    }

    /// `PTRACE_EVENT_EXIT`: whatever call the thread is in will have no result. Its end may be reported much later, a leader's
    /// only after all its threads.
    pub(super) fn exiting(&mut self, tracee: Stopped) {
        let tid = tracee.tid();
        if let Some(task) = self.tasks.get_mut(&tid) {
            task.await_exit = false;
            if let Some(lost) = task.call.take() {
                self.close_unfinished(tid, lost);
            }
        }
        self.go_on(tracee, 0);
    }

    /// A thread has ended and was reaped.
    pub(super) fn ended(&mut self, tid: Tid, code: i32, killed: Option<(i32, bool)>) {
        self.early.remove(&tid);
        self.no_longer_held(tid);
        self.counters.forget(tid);
        self.processes.ended(tid);
        let Some(task) = self.tasks.get_mut(&tid) else {
            return;
        };
        let pid = task.pid;
        if let Some(lost) = task.call.take() {
            self.close_unfinished(tid, lost);
        }
        if self.is_recording(tid) {
            let (signal, core_dumped) = killed.unwrap_or((0, false));
            let bits =
                if killed.is_some() { flags::SIGNALED } else { 0 } | if core_dumped { flags::CORE_DUMPED } else { 0 };
            let head = self.head(Kind::Exit, bits, tid);
            let record =
                crate::record::PlainRecord { head, first: code.cast_unsigned(), second: signal.cast_unsigned() };
            self.write(&record);
        }
        let was_joining = self.tasks.remove(&tid).is_some_and(|task| task.joining);
        if was_joining && !self.leaving {
            self.look_for_late_threads(pid);
        }
        if tid == pid && tid != self.first && is_reaper() {
            self.orphans.push(tid);
            self.orphans_until = Some(clock::monotonic_ns());
        }
        if tid == pid && tid == self.first {
            self.first_ended(code, killed);
        }
        if tid != pid {
            // The last thread that we had of a process that is let go.
            let process_goes_on = self.leaving && self.tasks.values().all(|task| task.pid != pid);
            if process_goes_on && self.recording && self.started {
                self.plain(Kind::Detach, pid, 0, 0);
            }
        }
    }

    /// In a container the host may be the process that inherits orphans, and Node reaps none that it has not started. A PID namespace
    /// does not end before all of its processes are reaped, so who traces one would wait for ever.
    pub(super) fn reap_orphans(&mut self, now: u64) {
        if self.orphans_until.is_none_or(|until| until > now) {
            return;
        }
        let tasks = &self.tasks;
        self.orphans.retain(|tid| {
            let is_there = !tasks.contains_key(tid) && signal::kill(*tid, 0) != Err(Errno::ESRCH);
            // ECHILD: it still has a parent.
            is_there && !matches!(wait::poll_for(*tid), Ok(Some(_)))
        });
        // Their parents may still live, and end without a word to us.
        self.orphans_until = (!self.orphans.is_empty()).then(|| now.saturating_add(PARK_NS));
    }

    fn first_ended(&mut self, code: i32, killed: Option<(i32, bool)>) {
        match killed {
            None => self.end.exit_code = Some(code),
            Some((signal, core_dumped)) => {
                self.end.signal = Some(signal);
                self.end.core_dumped = core_dumped;
            }
        }
        if let Ending::First { drain } = self.policy.ending
            && self.started
            && self.policy.spawned
        {
            let drain_ns = u64::try_from(drain.as_nanos()).unwrap_or(u64::MAX);
            self.drain_until = Some(clock::monotonic_ns().saturating_add(drain_ns));
        }
    }

    /// A stop of a thread that no fork event has announced: usually the event is still to come.
    pub(super) fn stranger(&mut self, tracee: Stopped, stop: Stop) {
        if self.policy.follow != Follow::Nobody || self.mode == Mode::Filter {
            self.early.insert(tracee.tid(), stop);
            if self.early_until.is_none() {
                self.early_until = Some(clock::monotonic_ns().saturating_add(PARK_NS));
            }
        } else {
            // CLONE_PTRACE in a tracee that is not followed.
            let tid = tracee.tid();
            let asked = tracee.detach(0);
            self.settle(tid, asked);
        }
    }

    /// Whether somebody new is traced; `is_thread` of a process that is.
    fn wants(&self, tid: Tid, is_thread: bool) -> bool {
        !self.except.contains(&tid)
            && match self.policy.follow {
                Follow::Nobody | Follow::Thread => false,
                Follow::Threads => is_thread,
                Follow::Everybody => true,
            }
    }

    /// No event came: the parent died inside fork, or somebody used CLONE_PTRACE. They are of the tree all the same.
    pub(super) fn adopt_early(&mut self) {
        self.early_until = None;
        for (tid, stop) in std::mem::take(&mut self.early) {
            let pid = proc::group_of(tid).unwrap_or(tid);
            let is_wanted = self.wants(tid, self.tasks.values().any(|task| task.pid == pid));
            let mut task = Task::new(pid, 1, !is_wanted);
            task.unwanted = !is_wanted && self.mode == Mode::Stops;
            self.tasks.insert(tid, task);
            self.adopted.insert(tid);
            self.placement.welcome(tid);
            self.stopped(Stopped::reported(tid), stop);
        }
    }

    /// wait4 says that nobody is left, so whoever is still in the table ended without a report.
    pub(super) fn lose_the_rest(&mut self) {
        let lost: Vec<Tid> = self.tasks.keys().copied().collect();
        for tid in lost {
            if let Some(call) = self.tasks.get_mut(&tid).and_then(|task| task.call.take()) {
                self.close_unfinished(tid, call);
            }
            self.gap(GapReason::LostTracee, tid.cast_unsigned());
            self.tasks.remove(&tid);
        }
    }
}

/// Whether orphans become children of this process: PID 1 of a namespace, or prctl(2) `PR_SET_CHILD_SUBREAPER`.
fn is_reaper() -> bool {
    std::process::id() == 1 || nix::sys::prctl::get_child_subreaper().unwrap_or(false)
}

/// The message of the event that was reported. `None` for a tracee that was killed since: it is gone, or in its
/// `PTRACE_EVENT_EXIT`, whose message is another one's.
fn message_of(tracee: &Stopped) -> Option<u64> {
    let message = tracee.event_message().ok()?;
    (!is_exit_event(tracee)).then_some(message)
}
