//! The Node.js addon of syscope: conversions only.
//!
//! Configuration comes in as one object, records go out as chunks of bytes. No event ever becomes an object here: making one
//! costs thirty times what handing over its bytes does. `src/native.ts` types this module and is its only importer.

mod convert;
mod own;

use std::os::fd::IntoRawFd;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use napi::bindgen_prelude::{Function, Uint8Array};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi::{Env, Result};
use napi_derive::napi;
use syscope_engine::{Session, record};

use convert::{NativeCommand, NativeConfig, NativeEnd, config_of, end_of, place_of, program_of, thrown};

pub use own::{NativeSelf, monotonic_ns, start_self};

/// The session, shared with the environment's clean-up; empty once it was given up.
type Slot = Mutex<Option<Session>>;

/// A running session.
#[napi]
pub struct NativeSession {
    slot: Arc<Slot>,
    pid: i32,
    stdio: Vec<i32>,
}

#[napi]
impl NativeSession {
    /// Process id of the command, or the first one attached to.
    #[napi(getter)]
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// This side's descriptors of the pipes asked for, −1 where none was.
    #[napi(getter)]
    pub fn stdio(&self) -> Vec<i32> {
        self.stdio.clone()
    }

    /// How calls are intercepted.
    #[napi(getter)]
    pub fn mode(&self) -> Option<&'static str> {
        self.with(|session| convert::mode_word(session.mode()))
    }

    /// Whether somebody waits for records.
    #[napi]
    pub fn set_consuming(&self, consuming: bool) {
        self.with(|session| session.set_consuming(consuming));
    }

    /// The next chunk of whole records, oldest first; `null` when none is ready.
    #[napi]
    pub fn take(&self) -> Option<Uint8Array> {
        self.with(Session::take).flatten().map(Uint8Array::new)
    }

    /// Counting mode, after the end: the table of counts.
    #[napi]
    pub fn counts(&self) -> Uint8Array {
        Uint8Array::new(self.with(Session::counts).unwrap_or_default())
    }

    /// The oldest call that a handler is asked about, as one record; `null` when there is none.
    #[napi]
    pub fn take_question(&self) -> Option<Uint8Array> {
        self.with(Session::take_question).flatten().map(Uint8Array::new)
    }

    /// Decides a call, told by the `entry_seq` of its question, with actions as rules have them.
    #[napi]
    pub fn decide(&self, question: f64, actions: Uint8Array) -> Result<bool> {
        // Sequence numbers are far below 2^53.
        let decided = self.with(|session| session.decide(question as u64, &actions));
        decided.unwrap_or(Ok(false)).map_err(|error| thrown(&error))
    }

    /// Sends a signal to the first process, or to every process of the tree.
    #[napi]
    pub fn kill(&self, signal: i32, tree: bool) -> bool {
        self.with(|session| session.kill(signal, tree)).unwrap_or(false)
    }

    /// Lets every tracee go.
    #[napi]
    pub fn detach(&self) -> bool {
        self.with(Session::detach).unwrap_or(false)
    }

    /// Ends all records while staying attached.
    #[napi]
    pub fn stop_recording(&self) {
        self.with(Session::stop_recording);
    }

    /// Waits until the tracer thread has read everything sent before.
    #[napi]
    pub fn sync(&self) -> bool {
        self.with(Session::sync).unwrap_or(false)
    }

    /// The end of the run, once it is over.
    #[napi]
    pub fn end(&self) -> Option<NativeEnd> {
        self.with(Session::end).flatten().map(end_of)
    }

    /// Kills what was started, lets go what was attached to, and forgets the records.
    #[napi]
    pub fn abandon(&self) {
        give_up(&self.slot);
    }

    fn with<T>(&self, ask: impl FnOnce(&Session) -> T) -> Option<T> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(ask)
    }
}

/// Dropping a session abandons it.
fn give_up(slot: &Slot) {
    drop(slot.lock().unwrap_or_else(PoisonError::into_inner).take());
}

/// Starts tracing. Throws an Error whose message is a `NativeFailure` in JSON when nothing could be started.
#[napi]
pub fn start(env: Env, config: NativeConfig, on_wake: Function<'_, (), ()>) -> Result<NativeSession> {
    // Weak: a session does not keep the event loop alive; whoever waits for it does.
    let wake = on_wake.build_threadsafe_function().weak::<true>().callee_handled::<false>().build()?;
    let wake = Box::new(move || {
        // Fails when the environment is going away, and then there is nobody to tell.
        let _ = wake.call((), ThreadsafeFunctionCallMode::NonBlocking);
    });
    let mut session = Session::start(config_of(config)?, wake).map_err(|error| thrown(&error))?;
    let pid = session.pid();
    let stdio = (0..3).map(|number| session.take_pipe(number).map_or(-1, IntoRawFd::into_raw_fd)).collect();
    let slot = Arc::new(Mutex::new(Some(session)));
    // A worker that is terminated, or an embedder that tears its environment down, must not leave tracees behind.
    let weak: Weak<Slot> = Arc::downgrade(&slot);
    env.add_env_cleanup_hook(weak, |weak| {
        if let Some(slot) = weak.upgrade() {
            give_up(&slot);
        }
    })?;
    Ok(NativeSession { slot, pid, stdio })
}

/// Turns this process into `command`, once `tracer` has attached to it; returns where the tracer has ended before.
#[napi]
pub fn turn_into(command: NativeCommand, tracer: NativeCommand, place: String) -> Result<()> {
    syscope_engine::turn_into(program_of(command)?, program_of(tracer)?, place_of(&place)?)
        .map_err(|error| thrown(&error))
}

/// Version of the record layout that this addon writes.
#[napi]
pub const RECORD_VERSION: u32 = record::VERSION;
