//! This process's side: the helper's start and end, and what is told to it and by it.

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::net::Shutdown;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use syscope_engine::own::{self, Beginner};
use syscope_engine::{Tid, allow_tracer, unlinked_file};

use crate::turns::{self, Turn};
use crate::wire::{Answer, Failure, Orders, Over, Request, receive, send};

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The helper's program.
    pub program: PathBuf,
    /// This process, or the one thread of it that is wanted.
    pub target: Tid,
    /// All threads of the process, those to come included.
    pub all_threads: bool,
    /// As in the engine's `plan.rs`.
    pub plan: Vec<u8>,
    /// As in the engine's `rules.rs`; empty for none.
    pub rules: Vec<u8>,
}

/// How far it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Stage {
    /// Somebody else's turn, or the helper is being started.
    #[default]
    Waiting,
    /// Every call is seen.
    Attached,
    /// Nobody is traced, and the helper has ended.
    Over,
}

#[derive(Debug, Default)]
struct State {
    stage: Stage,
    /// Nobody wants it any more.
    given_up: bool,
    /// Threads that the helper leaves alone.
    exempted: BTreeSet<Tid>,
    failure: Option<Failure>,
    over: Over,
    /// What was recorded, and how far it was taken.
    records: Option<(File, u64)>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// The socket to the helper, once it runs. The lock also holds requests back until the first one is through.
    socket: Mutex<Option<UnixStream>>,
}

/// The tracing of this process. Dropping it ends it.
#[derive(Debug)]
pub struct Tracing {
    shared: Arc<Shared>,
}

impl Tracing {
    /// Begins as soon as nobody else in this process traces it. `wake` is called when the stage has changed, on a thread of its own.
    ///
    /// # Errors
    /// Where there can be no thread.
    pub fn start(wanted: Wanted, wake: Box<dyn Fn() + Send>) -> io::Result<Self> {
        let shared = Arc::new(Shared::default());
        let own = Arc::clone(&shared);
        // Not in the thread: calls of one thread are to be served in their order.
        let turn = Turn::take();
        let keep = move || {
            let _listed = own::list(false);
            own.keep(wanted, turn, &wake);
            own.state().stage = Stage::Over;
            wake();
        };
        thread::Builder::new().name("syscope-self".into()).spawn(keep)?;
        Ok(Self { shared })
    }

    /// How far it is.
    #[must_use]
    pub fn stage(&self) -> Stage {
        self.shared.state().stage
    }

    /// Has this process let go; the stage tells when it is.
    pub fn finish(&self) {
        // Without a helper it is over, or about to be.
        let _ = self.shared.ask(&Request::Detach);
    }

    /// The next chunk of whole records; `None` where there is none, and before the end.
    #[must_use]
    pub fn take(&self) -> Option<Vec<u8>> {
        let mut state = self.shared.state();
        let (file, at) = state.records.as_mut()?;
        let mut length = [0; 4];
        file.read_exact_at(&mut length, *at).ok()?;
        let mut chunk = vec![0; u32::from_le_bytes(length) as usize];
        file.read_exact_at(&mut chunk, *at + length.len() as u64).ok()?;
        *at += (length.len() + chunk.len()) as u64;
        Some(chunk)
    }

    /// How it ended, once it has.
    ///
    /// # Errors
    /// What kept it from being traced, or from being traced to the end.
    pub fn end(&self) -> Option<Result<Over, Failure>> {
        let state = self.shared.state();
        (state.stage == Stage::Over).then(|| state.failure.clone().map_or_else(|| Ok(state.over.clone()), Err))
    }
}

impl Drop for Tracing {
    fn drop(&mut self) {
        self.shared.give_up();
    }
}

impl Shared {
    /// A panic while the lock was held leaves whole values behind.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn socket(&self) -> MutexGuard<'_, Option<UnixStream>> {
        self.socket.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ask(&self, request: &Request) -> io::Result<()> {
        self.socket().as_ref().map_or(Ok(()), |socket| send(socket, request))
    }

    /// The helper lets go and ends when it finds nobody at the other end.
    fn give_up(&self) {
        self.state().given_up = true;
        turns::look_again();
        if let Some(socket) = &*self.socket() {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// From the wait for its turn to the end of the helper.
    fn keep(self: &Arc<Self>, wanted: Wanted, turn: Turn, wake: &dyn Fn()) {
        turn.wait(|| self.state().given_up);
        if self.state().given_up {
            return;
        }
        let failed = match self.trace(wanted, wake) {
            Ok(failed) => failed,
            Err(error) => Some(Failure::of_io("start", &error)),
        };
        let mut state = self.state();
        state.failure = state.failure.take().or(failed);
        // The next one's turn only now: the helper is gone.
        drop(turn);
    }

    fn trace(self: &Arc<Self>, wanted: Wanted, wake: &dyn Fn()) -> io::Result<Option<Failure>> {
        let (ours, theirs) = UnixStream::pair()?;
        let records = match unlinked_file() {
            Ok(records) => records,
            Err(error) => return Ok(Some(Failure::of_io("a temporary file", &error))),
        };
        let mut helper = match start(&wanted, theirs.into(), records.try_clone()?.into()) {
            Ok(helper) => helper,
            Err(error) => return Ok(Some(Failure::of_io("execve", &error))),
        };
        // Where there is no Yama, children of ours may trace us anyway, or nobody may.
        allow_tracer(Some(helper.id().cast_signed()));
        let told = self.converse(wanted, &ours, wake);
        // Where what came was no answer, the helper is to end all the same.
        let _ = ours.shutdown(Shutdown::Both);
        let ended = helper.wait();
        allow_tracer(None);
        own::end();
        *self.socket() = None;
        // Whoever waits to be let go has been.
        self.state().exempted.insert(EVERYBODY);
        self.changed.notify_all();
        Ok(match told {
            Ok(true) => {
                self.state().records = Some((records, 0));
                None
            }
            Err(error) if error.kind() == io::ErrorKind::InvalidData => Some(Failure::of_io("its answer", &error)),
            // ECONNRESET: killed before it has read what it was told.
            Ok(false) | Err(_) => Some(lost(&ended)),
        })
    }

    /// Until the helper has nothing more to say. Returns whether it has told of the end.
    fn converse(self: &Arc<Self>, wanted: Wanted, socket: &UnixStream, wake: &dyn Fn()) -> io::Result<bool> {
        self.begin(wanted, socket.try_clone()?);
        let mut told = false;
        loop {
            let answer = match receive(socket) {
                Ok(Some(answer)) => answer,
                Ok(None) => return Ok(told),
                // ECONNRESET: a thread of ours has asked to be let go when the helper had said all, and was gone.
                Err(_) if told => return Ok(true),
                Err(error) => return Err(error),
            };
            match answer {
                Answer::Attached => {
                    self.state().stage = Stage::Attached;
                    wake();
                }
                Answer::Exempted(tid) => {
                    self.state().exempted.insert(tid);
                    self.changed.notify_all();
                }
                Answer::Failed(failure) => (told, self.state().failure) = (true, Some(failure)),
                Answer::Over(over) => {
                    told = true;
                    let mut state = self.state();
                    state.failure.clone_from(&over.failure);
                    state.over = over;
                }
            }
        }
    }

    fn begin(self: &Arc<Self>, wanted: Wanted, socket: UnixStream) {
        let mut slot = self.socket();
        // From the list on, threads that begin ask for themselves, and their requests wait for the lock.
        let shared = Arc::clone(self);
        let except = own::begin(Arc::new(move |beginner| shared.free(beginner)));
        let Wanted { target, all_threads, plan, rules, .. } = wanted;
        // What can't be told the helper shows in its end.
        let _ = send(&socket, &Request::Start(Orders { target, all_threads, except, plan, rules }));
        if self.state().given_up {
            let _ = socket.shutdown(Shutdown::Both);
        }
        *slot = Some(socket);
    }

    /// Has the helper let a thread of ours go; returns when it has, or is gone.
    fn free(&self, beginner: Beginner) {
        let _ = self.ask(&Request::Exempt(beginner));
        let mut state = self.state();
        while !state.exempted.contains(&beginner.tid) && !state.exempted.contains(&EVERYBODY) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// No thread has this id.
const EVERYBODY: Tid = 0;

/// Of the environment it gets what a temporary file needs: whatever else is there, a preloaded library say, is none of its business.
fn start(wanted: &Wanted, socket: OwnedFd, records: OwnedFd) -> io::Result<Child> {
    Command::new(&wanted.program)
        .env_clear()
        .env("TMPDIR", std::env::temp_dir())
        .stdin(socket)
        .stdout(records)
        .stderr(Stdio::null())
        // Ctrl-C is for this process.
        .process_group(0)
        .spawn()
}

fn lost(ended: &io::Result<ExitStatus>) -> Failure {
    let how = match ended {
        Ok(status) => match (status.signal(), status.code()) {
            (Some(signal), _) => format!("was killed by signal {signal}"),
            (None, Some(code)) => format!("exited with {code}"),
            (None, None) => "ended".to_owned(),
        },
        // Where SIGCHLD is ignored, the kernel tells nobody how a child ended.
        Err(_) => "ended".to_owned(),
    };
    Failure { step: "helper-lost".into(), message: how, ..Failure::default() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    /// What comes of a helper that answers so, and ends while a request of ours lies unread.
    fn told_by(answers: Vec<Answer>) -> (io::Result<bool>, Arc<Shared>) {
        let (ours, theirs) = UnixStream::pair().unwrap();
        let shared = Arc::new(Shared::default());
        let asking = Arc::clone(&shared);
        let (tell, asked) = channel();
        let helper = thread::spawn(move || {
            let _: Option<Request> = receive(&theirs).unwrap_or_default();
            let _ = send(&theirs, &Answer::Attached);
            let _ = asked.recv();
            for answer in &answers {
                let _ = send(&theirs, answer);
            }
        });
        let wanted = Wanted {
            program: PathBuf::new(),
            target: own::thread(),
            all_threads: true,
            plan: Vec::new(),
            rules: Vec::new(),
        };
        let wake = || {
            let _ = asking.ask(&Request::Exempt(Beginner { tid: own::thread(), starts_processes: false }));
            let _ = tell.send(());
        };
        let told = shared.converse(wanted, &ours, &wake);
        own::end();
        let _ = helper.join();
        (told, shared)
    }

    #[test]
    fn what_a_helper_has_told_counts_though_it_has_not_read_all() {
        let (told, shared) = told_by(vec![Answer::Over(Over { incomplete: 5, rules: Vec::new(), failure: None })]);
        assert!(matches!(told, Ok(true)), "{told:?}");
        let state = shared.state();
        assert_eq!((state.over.incomplete, &state.failure), (5, &None));
    }

    #[test]
    fn a_helper_that_has_told_nothing_is_lost() {
        let (told, _) = told_by(Vec::new());
        assert!(matches!(told, Ok(false) | Err(_)), "{told:?}");
    }
}
