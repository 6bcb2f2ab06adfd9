//! Where the tracer thread and its tracees run.
//!
//! On virtual machines a wake-up across CPUs costs ten times one on the same CPU, and every ptrace-stop is two wake-ups. So
//! both are pinned to one CPU while that wins, and let go as soon as more than one tracee is busy. The tracee must
//! not notice: its affinity calls see the mask that it would have had (the tracer lifts the pin around them), and a program
//! that places itself is never pinned again.

use crate::proc;
use crate::sys::{Tid, placement as sys};

/// Who decides about the pin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PlacementPolicy {
    /// Pinned while one tracee at most is busy.
    #[default]
    Auto,
    /// Pinned throughout.
    Pinned,
    /// Never pinned.
    Free,
}

/// How often busy tracees are counted while there is more than one.
pub(crate) const TICK_NS: u64 = 10_000_000;
/// More tracees than this are not worth counting.
const CROWD: usize = 32;
const BUSY_TICKS_TO_LET_GO: u32 = 2;
const QUIET_TICKS_TO_PIN: u32 = 5;

#[derive(Debug)]
pub(crate) struct Placement {
    policy: PlacementPolicy,
    /// What the tracees' affinity is without us.
    mask: sys::CpuMask,
    /// The same of the tracer thread.
    own_mask: sys::CpuMask,
    pinned: bool,
    /// Somebody may still carry a pin that has been let go: a child cloned before, whose birth we hear of after.
    was_pinned: bool,
    busy_ticks: u32,
    quiet_ticks: u32,
    next_tick_ns: u64,
}

impl Placement {
    /// Nobody is pinned yet.
    pub(crate) fn new(policy: PlacementPolicy) -> Self {
        let own_mask = sys::affinity(0).unwrap_or_default();
        // With one CPU to run on there is nothing to decide.
        let alone = own_mask.iter().map(|byte| byte.count_ones()).sum::<u32>() < 2;
        let policy = if alone { PlacementPolicy::Free } else { policy };
        Self {
            policy,
            mask: own_mask.clone(),
            own_mask,
            pinned: false,
            was_pinned: false,
            busy_ticks: 0,
            quiet_ticks: 0,
            next_tick_ns: 0,
        }
    }

    pub(crate) fn wants_pin(&self) -> bool {
        self.policy != PlacementPolicy::Free
    }

    /// Pins the tracer thread, which must be the caller, and these tracees.
    pub(crate) fn pin(&mut self, tracees: impl Iterator<Item = Tid>) {
        let cpu = sys::current_cpu();
        if !self.wants_pin() || !sys::has(&self.mask, cpu) {
            return;
        }
        let only = sys::only(cpu, &self.mask);
        if sys::set_affinity(0, &only).is_err() {
            return;
        }
        for tid in tracees {
            let _ = sys::set_affinity(tid, &only);
        }
        self.pinned = true;
        self.was_pinned = true;
        self.busy_ticks = 0;
    }

    /// Lets the tracer thread and these tracees run anywhere again.
    pub(crate) fn let_go(&mut self, tracees: impl Iterator<Item = Tid>) {
        if !self.pinned {
            return;
        }
        for tid in tracees {
            let _ = sys::set_affinity(tid, &self.mask);
        }
        let _ = sys::set_affinity(0, &self.own_mask);
        self.pinned = false;
        self.quiet_ticks = 0;
    }

    /// Lifts the pin from one tracee while it asks for, or sets, an affinity.
    pub(crate) fn lift(&self, tid: Tid) {
        if self.pinned {
            let _ = sys::set_affinity(tid, &self.mask);
        }
    }

    /// Puts the pin back after [`Placement::lift`].
    pub(crate) fn put_back(&self, tid: Tid) {
        if self.pinned {
            let _ = sys::set_affinity(tid, &sys::only(sys::current_cpu(), &self.mask));
        }
    }

    /// A newborn may have been cloned by a parent that was still pinned.
    pub(crate) fn welcome(&self, tid: Tid) {
        if self.was_pinned && !self.pinned && self.policy == PlacementPolicy::Auto {
            let _ = sys::set_affinity(tid, &self.mask);
        }
    }

    /// The program places itself: hands off from now on.
    pub(crate) fn surrender(&mut self, others: impl Iterator<Item = Tid>) {
        self.let_go(others);
        self.policy = PlacementPolicy::Free;
    }

    /// When tracees are to be counted next, if counting them can change anything while nothing else happens.
    pub(crate) fn deadline(&self, tracees: usize) -> Option<u64> {
        (self.pinned && self.policy == PlacementPolicy::Auto && tracees > 1).then_some(self.next_tick_ns)
    }

    /// Whether it is time to count busy tracees.
    pub(crate) fn is_due(&self, now_ns: u64) -> bool {
        self.policy == PlacementPolicy::Auto && now_ns >= self.next_tick_ns
    }

    /// Counts busy tracees and changes the placement where that pays.
    pub(crate) fn tick(&mut self, now_ns: u64, tracees: &[Tid]) {
        self.next_tick_ns = now_ns + TICK_NS;
        let busy = if tracees.len() > CROWD {
            tracees.len()
        } else {
            tracees.iter().filter(|tid| proc::state(**tid) == Some(b'R')).count()
        };
        if busy > 1 {
            self.busy_ticks += 1;
            self.quiet_ticks = 0;
        } else {
            self.busy_ticks = 0;
            self.quiet_ticks += 1;
        }
        if self.pinned && self.busy_ticks >= BUSY_TICKS_TO_LET_GO {
            self.let_go(tracees.iter().copied());
        } else if !self.pinned && self.quiet_ticks >= QUIET_TICKS_TO_PIN {
            self.pin(tracees.iter().copied());
        }
    }
}
