//! Threads with which this process traces, and which a tracer of this very process must leave alone.
//!
//! Such a tracer is a helper that this process has started. A thread that traces others would be slow under it, and what it clones
//! would be the helper's tracee instead of its own. So all are listed here, and each that begins while a helper is at work waits
//! until that has let it go.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::sys::Tid;

/// Has the helper let a thread go; returns when it has, or is gone itself.
pub type Warden = Arc<dyn Fn(Beginner) + Send + Sync>;

/// A thread that is listed while a helper is at work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Beginner {
    /// Its id.
    pub tid: Tid,
    /// It starts a command, which the helper will not see.
    pub starts_processes: bool,
}

struct State {
    threads: BTreeSet<Tid>,
    warden: Option<Warden>,
}

static STATE: Mutex<State> = Mutex::new(State { threads: BTreeSet::new(), warden: None });

/// A panic while the lock was held leaves whole entries behind.
fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The calling thread's place on the list; dropping it takes it off.
#[derive(Debug)]
pub struct Listed {
    tid: Tid,
}

impl Drop for Listed {
    fn drop(&mut self) {
        state().threads.remove(&self.tid);
    }
}

/// The calling thread.
#[must_use]
pub fn thread() -> Tid {
    nix::unistd::gettid().as_raw()
}

/// Lists the calling thread, and returns when no helper traces it.
#[must_use]
pub fn list(starts_processes: bool) -> Listed {
    let tid = thread();
    let mut state = state();
    state.threads.insert(tid);
    let warden = state.warden.clone();
    drop(state);
    if let Some(free) = warden {
        free(Beginner { tid, starts_processes });
    }
    Listed { tid }
}

/// From now on `warden` hears of every thread that is listed; returns those that are on the list already.
#[must_use]
pub fn begin(warden: Warden) -> Vec<Tid> {
    let mut state = state();
    state.warden = Some(warden);
    state.threads.iter().copied().collect()
}

/// No helper is at work any more.
pub fn end() {
    state().warden = None;
}
