//! Where records wait to be taken. Whole chunks, in memory up to a bound, past it in an unlinked file.

use std::collections::VecDeque;
use std::fs::File;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use crate::End;

/// Called when there is something to take and somebody waits for it, or when the run is over. On the tracer thread:
/// it must not block and must not panic.
pub type Wake = Box<dyn Fn() + Send + Sync>;

enum Chunk {
    Memory(Vec<u8>),
    Spilled { offset: u64, length: usize },
}

#[derive(Default)]
struct Spill {
    file: Option<File>,
    length: u64,
    /// The temporary directory can't take any more; chunks stay in memory.
    failed: bool,
}

#[derive(Default)]
struct State {
    chunks: VecDeque<Chunk>,
    in_memory: usize,
    spill: Spill,
    end: Option<End>,
    counts: Vec<u8>,
    questions: VecDeque<Vec<u8>>,
}

/// Between the tracer thread, which fills it, and whoever takes.
pub(crate) struct Outbox {
    state: Mutex<State>,
    room: Condvar,
    bound: usize,
    consuming: AtomicBool,
    /// Chunks that nobody has taken yet.
    waiting: AtomicUsize,
    /// Mail for the tracer thread, which may sleep here for want of room.
    mail: AtomicUsize,
    wake: Wake,
}

impl std::fmt::Debug for Outbox {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Outbox").field("bound", &self.bound).field("waiting", &self.waiting).finish_non_exhaustive()
    }
}

impl Outbox {
    pub(crate) fn new(bound: usize, wake: Wake) -> Self {
        Self {
            state: Mutex::default(),
            room: Condvar::new(),
            bound,
            consuming: AtomicBool::new(false),
            waiting: AtomicUsize::new(0),
            mail: AtomicUsize::new(0),
            wake,
        }
    }

    /// A panic while the lock was held leaves whole chunks behind: every change of state is a single push or pop.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set_consuming(&self, consuming: bool) {
        self.consuming.store(consuming, Ordering::Release);
    }

    pub(crate) fn is_consuming(&self) -> bool {
        self.consuming.load(Ordering::Acquire)
    }

    /// Whether everything handed over was taken.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.load(Ordering::Acquire) == 0
    }

    /// Hands a chunk over, spilling it when memory is full and the tracees are not to wait.
    pub(crate) fn push(&self, chunk: Vec<u8>, spill: bool) {
        let mut state = self.state();
        let chunk = if spill && state.in_memory.saturating_add(chunk.len()) > self.bound {
            state.spill.put(chunk)
        } else {
            Chunk::Memory(chunk)
        };
        if let Chunk::Memory(bytes) = &chunk {
            state.in_memory += bytes.len();
        }
        state.chunks.push_back(chunk);
        self.waiting.store(state.chunks.len(), Ordering::Release);
        drop(state);
        if self.is_consuming() {
            (self.wake)();
        }
    }

    /// The oldest chunk, or `None` when none is ready.
    pub(crate) fn take(&self) -> Option<Vec<u8>> {
        let mut state = self.state();
        let chunk = state.chunks.pop_front()?;
        self.waiting.store(state.chunks.len(), Ordering::Release);
        let bytes = match chunk {
            Chunk::Memory(bytes) => {
                state.in_memory -= bytes.len();
                bytes
            }
            Chunk::Spilled { offset, length } => state.spill.get(offset, length),
        };
        drop(state);
        self.room.notify_all();
        Some(bytes)
    }

    /// Sleeps until there is room in memory, or mail.
    pub(crate) fn wait_for_room(&self) {
        let mut state = self.state();
        while state.in_memory > self.bound && self.mail.load(Ordering::Acquire) == 0 {
            state = self.room.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Somebody has sent the tracer thread a command.
    pub(crate) fn mail_came(&self) {
        let _state = self.state();
        self.mail.fetch_add(1, Ordering::AcqRel);
        self.room.notify_all();
    }

    /// The tracer thread has read one.
    pub(crate) fn mail_read(&self) {
        self.mail.fetch_sub(1, Ordering::AcqRel);
    }

    /// Somebody is to decide.
    pub(crate) fn ask(&self, question: Vec<u8>) {
        self.state().questions.push_back(question);
        (self.wake)();
    }

    pub(crate) fn take_question(&self) -> Option<Vec<u8>> {
        self.state().questions.pop_front()
    }

    pub(crate) fn set_counts(&self, counts: Vec<u8>) {
        self.state().counts = counts;
    }

    pub(crate) fn counts(&self) -> Vec<u8> {
        self.state().counts.clone()
    }

    /// The run is over. The first end counts.
    pub(crate) fn finish(&self, end: End) {
        let mut state = self.state();
        if state.end.is_some() {
            return;
        }
        state.end = Some(end);
        drop(state);
        (self.wake)();
    }

    pub(crate) fn end(&self) -> Option<End> {
        self.state().end.clone()
    }
}

impl Spill {
    fn put(&mut self, chunk: Vec<u8>) -> Chunk {
        if self.failed {
            return Chunk::Memory(chunk);
        }
        let offset = self.length;
        let written = match &self.file {
            Some(file) => file.write_all_at(&chunk, offset),
            None => unlinked_file().and_then(|file| {
                file.write_all_at(&chunk, offset)?;
                self.file = Some(file);
                Ok(())
            }),
        };
        if written.is_err() {
            // Losing records is worse than using memory.
            self.failed = true;
            return Chunk::Memory(chunk);
        }
        self.length += chunk.len() as u64;
        Chunk::Spilled { offset, length: chunk.len() }
    }

    fn get(&mut self, offset: u64, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; length];
        let read = self.file.as_ref().map(|file| file.read_exact_at(&mut bytes, offset));
        // An unreadable chunk is handed over as zeroes: a reader refuses a record of size 0, so it can't go unnoticed.
        debug_assert!(matches!(read, Some(Ok(()))));
        bytes
    }
}

/// A file without a name, which goes when it is closed.
///
/// # Errors
/// Of open(2), where the temporary directory takes no file.
pub fn unlinked_file() -> std::io::Result<File> {
    let folder = std::env::temp_dir();
    let unnamed = File::options()
        .read(true)
        .write(true)
        .custom_flags(libc::O_TMPFILE | libc::O_CLOEXEC)
        .mode(0o600)
        .open(&folder);
    unnamed.or_else(|_| {
        let name = folder.join(format!(".syscope-{}-{}", std::process::id(), crate::sys::clock::monotonic_ns()));
        let file = File::options().read(true).write(true).create_new(true).mode(0o600).open(&name)?;
        std::fs::remove_file(&name)?;
        Ok(file)
    })
}
