//! Tracing the process that this addon is loaded in.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use napi::bindgen_prelude::{BigInt, Function, Uint8Array};
use napi::threadsafe_function::ThreadsafeFunctionCallMode;
use napi::{Env, Result};
use napi_derive::napi;
use syscope_helper::wire::Failure;
use syscope_helper::{Stage, Tracing};

use crate::convert::{NativeSelfConfig, NativeSelfEnd, raise, self_end_of, wanted_of};

/// As in the module above.
type Slot = Mutex<Option<Tracing>>;

/// The tracing of this process.
#[napi]
pub struct NativeSelf {
    slot: Arc<Slot>,
}

#[napi]
impl NativeSelf {
    /// How far it is.
    #[napi(getter)]
    pub fn stage(&self) -> &'static str {
        match self.with(Tracing::stage) {
            Some(Stage::Waiting) => "waiting",
            Some(Stage::Attached) => "attached",
            Some(Stage::Over) | None => "over",
        }
    }

    /// Has this process let go.
    #[napi]
    pub fn finish(&self) {
        self.with(Tracing::finish);
    }

    /// The next chunk of whole records, once it is over; `null` when none is left.
    #[napi]
    pub fn take(&self) -> Option<Uint8Array> {
        self.with(Tracing::take).flatten().map(Uint8Array::new)
    }

    /// The end, once it is over.
    #[napi]
    pub fn end(&self) -> Option<NativeSelfEnd> {
        self.with(Tracing::end).flatten().map(self_end_of)
    }

    /// Ends it and forgets the records.
    #[napi]
    pub fn abandon(&self) {
        give_up(&self.slot);
    }

    fn with<T>(&self, ask: impl FnOnce(&Tracing) -> T) -> Option<T> {
        self.slot.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(ask)
    }
}

fn give_up(slot: &Slot) {
    drop(slot.lock().unwrap_or_else(PoisonError::into_inner).take());
}

/// Begins to trace this process, as soon as nobody else in it does.
#[napi]
pub fn start_self(env: Env, config: NativeSelfConfig, on_stage: Function<'_, (), ()>) -> Result<NativeSelf> {
    // Not weak: somebody waits for it, and it comes to an end by itself when the helper does.
    let tell = on_stage.build_threadsafe_function().callee_handled::<false>().build()?;
    let wake = Box::new(move || {
        // Fails when the environment is going away, and then there is nobody to tell.
        let _ = tell.call((), ThreadsafeFunctionCallMode::NonBlocking);
    });
    let tracing = Tracing::start(wanted_of(config), wake)
        .map_err(|error| raise(&Failure::of_io("pthread_create", &error).into()))?;
    let slot = Arc::new(Mutex::new(Some(tracing)));
    // A worker that is terminated must neither stay traced nor keep its turn.
    let weak: Weak<Slot> = Arc::downgrade(&slot);
    env.add_env_cleanup_hook(weak, |weak| {
        if let Some(slot) = weak.upgrade() {
            give_up(&slot);
        }
    })?;
    Ok(NativeSelf { slot })
}

/// The time as records have it, in nanoseconds: whatever somebody may have put in place of `process.hrtime`.
#[napi]
pub fn monotonic_ns() -> BigInt {
    syscope_engine::monotonic_ns().into()
}
