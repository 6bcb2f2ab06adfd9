//! Ways out: killing, letting go, falling silent.

use std::sync::mpsc::Sender;

use crate::Mode;
use crate::record::{GapReason, Kind};
use crate::stop::Stop;
use crate::sys::{Tid, ptrace, signal};
use crate::tracee::Stopped;

use super::Tracer;
use super::acts::put_back;

impl Tracer {
    pub(super) fn kill(&mut self, signal: i32, tree: bool) {
        let processes = if tree { self.processes() } else { vec![self.first] };
        self.killing |= tree && signal == libc::SIGKILL;
        for &pid in &processes {
            if self.early.contains_key(&pid) || self.tasks.values().any(|task| task.pid == pid) {
                let _ = signal::kill(pid, signal);
            }
        }
        // Signal 0 only asks who is there.
        if signal != 0 {
            self.release_delayed(&processes);
        }
    }

    fn processes(&self) -> Vec<Tid> {
        let mut pids: Vec<Tid> = self.tasks.values().map(|task| task.pid).collect();
        pids.extend(self.early.keys());
        pids.sort_unstable();
        pids.dedup();
        pids
    }

    /// Starts letting everybody go. All are interrupted before any is waited for: a parent in vfork stops only after
    /// its child has gone on.
    pub(super) fn leave(&mut self) {
        if self.mode == Mode::Filter || std::mem::replace(&mut self.leaving, true) {
            return;
        }
        self.incomplete |= 1 << GapReason::Detached as u32;
        for (tid, stop) in std::mem::take(&mut self.early) {
            self.let_go(Stopped::reported(tid), stop);
        }
        for (tid, held) in std::mem::take(&mut self.held) {
            self.let_go(Stopped::reported(tid), held.stop());
        }
        for tid in self.tasks.keys() {
            // ESRCH: stopped already, or gone. Either is still to be reported.
            let _ = ptrace::interrupt(*tid);
        }
    }

    /// Leaves one thread alone from now on.
    pub(super) fn exempt(&mut self, tid: Tid, starts_processes: bool, freed: Sender<()>) {
        if starts_processes {
            self.gap(GapReason::UntracedChild, 0);
        }
        self.except.insert(tid);
        if self.mode == Mode::Filter {
            // Its calls would fail under the filter.
            return;
        }
        let Some(task) = self.tasks.get_mut(&tid) else { return };
        (task.unwanted, task.freed, task.silent) = (true, Some(freed), true);
        if let Some(call) = &mut task.call {
            call.record = false;
        }
        match self.held.remove(&tid) {
            Some(held) => self.let_go(Stopped::reported(tid), held.stop()),
            // ESRCH: stopped already, or gone. Either is still to be reported.
            None => drop(ptrace::interrupt(tid)),
        }
    }

    /// Detaches at whatever stop came. Only a real signal goes along; a group-stop stays one.
    pub(super) fn let_go(&mut self, tracee: Stopped, stop: Stop) {
        let tid = tracee.tid();
        let signal = if let Stop::Signal { signal } = stop { signal } else { 0 };
        // An executing thread has its leader's id from here on; nobody will report the one it had.
        if stop == Stop::Exec
            && let Ok(former) = tracee.event_message()
            && former as Tid != tid
            && let Some(call) = self.tasks.remove(&(former as Tid)).and_then(|task| task.call)
        {
            self.close_unfinished(tid, call);
        }
        if let Some(mut call) = self.tasks.get_mut(&tid).and_then(|task| task.call.take()) {
            if stop != Stop::Exec {
                put_back(&tracee, &mut call);
            }
            self.close_unfinished(tid, call);
        }
        self.put_registers_back(&tracee);
        self.placement.lift(tid);
        let asked = tracee.detach(signal);
        self.settle(tid, asked);
        if let Some(task) = self.tasks.get(&tid) {
            let pid = task.pid;
            if self.tasks.values().filter(|other| other.pid == pid).count() == 1 && self.is_recording(tid) {
                self.plain(Kind::Detach, pid, 0, 0);
            }
            self.tasks.remove(&tid);
        }
    }

    /// Stays attached and writes nothing more.
    pub(super) fn stop_recording(&mut self) {
        if !self.recording {
            return;
        }
        let tids: Vec<Tid> = self.tasks.keys().copied().collect();
        for tid in tids {
            let Some(mut call) = self.tasks.get_mut(&tid).and_then(|task| task.call.take()) else { continue };
            // What was begun is brought to its end.
            let rest = call.take_rest();
            self.close_unfinished(tid, call);
            if let Some(task) = self.tasks.get_mut(&tid) {
                task.call = Some(rest);
            }
        }
        self.gap(GapReason::RecordingStopped, 0);
        self.recording = false;
    }

    /// Nobody is interested any more: what was started ends, what was attached to goes on.
    pub(super) fn abandon(&mut self) {
        self.recording = false;
        if self.policy.spawned {
            self.kill(libc::SIGKILL, true);
        } else {
            self.leave();
        }
    }

    /// The run is over and these are still there.
    pub(super) fn end_the_leaked(&mut self) {
        for pid in self.processes() {
            if self.recording {
                self.plain(Kind::Leaked, pid, 0, 0);
            }
        }
        self.kill(libc::SIGKILL, true);
    }
}
