//! A session: one command or some attached processes, traced by a thread of its own.

use std::ffi::CString;
use std::fs::File;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use nix::errno::Errno;

use crate::error::Error;
use crate::outbox::{Outbox, Wake};
use crate::placement::PlacementPolicy;
use crate::plan::Plan;
use crate::rules::{Action, Rules, parse_decision};
use crate::sys::bell::Ringer;
use crate::sys::{self, Tid};
use crate::tracer::{self, Policy, Setup, Target as TracerTarget};
use crate::{End, Mode};

/// Where one of the command's standard descriptors leads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stdio {
    /// A descriptor of this process.
    Fd(RawFd),
    /// A new pipe; the other end is in [`Session::take_pipe`].
    Pipe,
    /// `/dev/null`.
    Null,
}

/// A command to start.
#[derive(Clone, Debug)]
pub struct Program {
    /// Paths to execute; the first that is there and executable is taken, as by execvp(3).
    pub candidates: Vec<CString>,
    /// Argument vector, the program's name first.
    pub argv: Vec<CString>,
    /// The whole environment, `NAME=value`.
    pub envp: Vec<CString>,
    /// Working directory, if not ours.
    pub cwd: Option<CString>,
    /// User and group to run as.
    pub uid: Option<u32>,
    /// See `uid`.
    pub gid: Option<u32>,
    /// Supplementary groups, at most 65536; without this, `gid` drops all of them.
    pub groups: Option<Vec<u32>>,
    /// Descriptors 0, 1 and 2.
    pub stdio: [Stdio; 3],
    /// Further descriptors of ours that the command keeps, under the same numbers.
    pub kept: Vec<RawFd>,
}

/// Whom to trace.
#[derive(Clone, Debug)]
pub enum Target {
    /// A command, from its first instruction to the end of its tree.
    Spawn(Program),
    /// Running processes with all their threads.
    Attach(Vec<Tid>),
}

/// Who is traced of what the tracees start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Follow {
    /// Of a process attached to only the thread whose id was given.
    Nobody,
    /// As `Nobody`; a process that it starts leaves a gap.
    Thread,
    /// The threads of the traced processes; a process that they start leaves a gap.
    Threads,
    /// Everybody.
    #[default]
    Everybody,
}

/// How calls are to be intercepted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ModeRequest {
    /// A seccomp filter where it spares stops and can be had, else stops.
    #[default]
    Auto,
    /// A seccomp filter, or an error.
    Filter,
    /// Two stops at every call.
    Stops,
}

/// When a run is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// This long after the first process has ended; who is still there then is recorded as leaked and killed.
    First {
        /// How long the others have.
        drain: Duration,
    },
    /// When the last process has ended.
    Tree,
}

/// What happens when nobody takes the records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Backpressure {
    /// Past the bound they go to an unlinked temporary file.
    #[default]
    Spill,
    /// The tracees wait.
    Wait,
}

/// What happens to a call that no handler has decided in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unanswered {
    /// Every process of the run is killed.
    #[default]
    Kill,
    /// It goes on as if nobody had been asked.
    Continue,
    /// Every process of the run is let go. Killed instead where a filter holds it.
    Detach,
}

/// Everything about a session.
#[derive(Debug)]
pub struct Config {
    /// Whom to trace.
    pub target: Target,
    /// What to record and copy.
    pub plan: Plan,
    /// What to do to calls that match.
    pub rules: Rules,
    /// Who is traced of what the tracees start.
    pub follow: Follow,
    /// Threads of the processes attached to that are left alone.
    pub except: Vec<Tid>,
    /// How to intercept.
    pub mode: ModeRequest,
    /// When it is over.
    pub ending: Ending,
    /// What to do when nobody takes the records.
    pub backpressure: Backpressure,
    /// Most bytes of records held in memory.
    pub memory_bytes: usize,
    /// Where tracer and tracees run.
    pub placement: PlacementPolicy,
    /// Count calls instead of recording them.
    pub counting: bool,
    /// How long a handler may take to decide.
    pub handler_timeout: Duration,
    /// What happens to a call that it did not decide in time.
    pub unanswered: Unanswered,
}

impl Config {
    /// Traces a command and records everything, copying nothing.
    #[must_use]
    pub fn new(target: Target) -> Self {
        Self {
            target,
            plan: Plan::everything(),
            rules: Rules::default(),
            follow: Follow::default(),
            except: Vec::new(),
            mode: ModeRequest::default(),
            ending: Ending::First { drain: Duration::from_millis(200) },
            backpressure: Backpressure::default(),
            memory_bytes: 64 << 20,
            placement: PlacementPolicy::default(),
            counting: false,
            handler_timeout: Duration::from_secs(5),
            unanswered: Unanswered::default(),
        }
    }
}

/// Mail for the tracer thread.
#[derive(Debug)]
pub(crate) enum Command {
    Kill {
        signal: i32,
        tree: bool,
    },
    Detach,
    StopRecording,
    Abandon,
    Flush,
    /// Says that everything sent before has been read.
    Answer(Sender<()>),
    /// Leaves a thread alone from now on. The sender is dropped when nobody traces it.
    Exempt {
        tid: Tid,
        starts_processes: bool,
        freed: Sender<()>,
    },
    /// The sender is dropped when everybody who was attached to has stopped once.
    AwaitJoined(Sender<()>),
    /// What a handler says.
    Decide {
        question: u64,
        actions: Vec<Action>,
    },
}

/// A running session. Dropping it abandons it: what was started is killed, what was attached to goes on.
#[derive(Debug)]
pub struct Session {
    pid: Tid,
    mode: Mode,
    pipes: [Option<OwnedFd>; 3],
    outbox: Arc<Outbox>,
    mail: Sender<Command>,
    ringer: Ringer,
}

impl Session {
    /// Starts tracing; returns when the command has executed, or the processes are attached to.
    ///
    /// `wake` is called on the tracer thread when records are to be taken by somebody who waits for them (see
    /// [`Session::set_consuming`]), and at the end.
    ///
    /// # Errors
    /// See [`Error`]. Nothing is left running then.
    pub fn start(config: Config, wake: Wake) -> Result<Self, Error> {
        let outbox = Arc::new(Outbox::new(config.memory_bytes, wake));
        let (mail, inbox) = channel();
        let (ready, started) = channel();
        let mut pipes = [None, None, None];
        // What only the child needs is closed here when it has executed.
        let mut child_ends = Vec::new();
        let spawned = matches!(config.target, Target::Spawn(_));
        let target = match config.target {
            Target::Attach(pids) => TracerTarget::Attach(pids),
            Target::Spawn(program) => {
                if program.candidates.is_empty() || program.argv.is_empty() {
                    return Err(Error::Config("a command needs a path and an argument vector"));
                }
                TracerTarget::Spawn(prepare(program, &mut pipes, &mut child_ends)?)
            }
        };
        let setup = Setup {
            target,
            policy: Policy {
                follow: config.follow,
                ending: config.ending,
                backpressure: config.backpressure,
                spawned,
                handler_timeout: config.handler_timeout,
                unanswered: config.unanswered,
            },
            except: config.except,
            mode: config.mode,
            plan: config.plan,
            rules: config.rules,
            placement: config.placement,
            counting: config.counting,
            outbox: Arc::clone(&outbox),
            mail: inbox,
        };
        thread::Builder::new().name("syscope".into()).spawn(move || tracer::begin(setup, &ready)).map_err(|error| {
            Error::Host {
                operation: "pthread_create",
                errno: Errno::from_raw(error.raw_os_error().unwrap_or(libc::EAGAIN)),
            }
        })?;
        let started =
            started.recv().map_err(|_| Error::Internal("the tracer thread ended before it began".into()))??;
        drop(child_ends);
        Ok(Self { pid: started.pid, mode: started.mode, pipes, outbox, mail, ringer: started.ringer })
    }

    /// The command's process id, or the first one attached to.
    #[must_use]
    pub fn pid(&self) -> Tid {
        self.pid
    }

    /// How calls are intercepted.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Our end of the pipe that became the command's descriptor 0, 1 or 2. Once.
    pub fn take_pipe(&mut self, descriptor: usize) -> Option<OwnedFd> {
        self.pipes.get_mut(descriptor)?.take()
    }

    /// Whether somebody waits for records: then `wake` is called within 20 ms of an event.
    pub fn set_consuming(&self, consuming: bool) {
        self.outbox.set_consuming(consuming);
        if consuming {
            self.send(Command::Flush);
        }
    }

    /// The oldest chunk of whole records, or `None` when none is ready.
    #[must_use]
    pub fn take(&self) -> Option<Vec<u8>> {
        self.outbox.take()
    }

    /// Counting mode, after the end: the table of counts.
    #[must_use]
    pub fn counts(&self) -> Vec<u8> {
        self.outbox.counts()
    }

    /// How the run ended, once it has. Records may still be to take.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        self.outbox.end()
    }

    /// The oldest call that a handler is asked about: one record, of kind `Pending` at its entry and `Syscall` at its exit. `wake`
    /// is called for each.
    #[must_use]
    pub fn take_question(&self) -> Option<Vec<u8>> {
        self.outbox.take_question()
    }

    /// Decides a call, told by the `entry_seq` of its question; `actions` as in rules. Returns false when the run is over. A decision
    /// that comes too late is none.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn decide(&self, question: u64, actions: &[u8]) -> Result<bool, Error> {
        let actions = parse_decision(actions)?;
        Ok(self.send(Command::Decide { question, actions }))
    }

    /// Sends a signal to the first process, or to all of the tree. Returns false when the run is over.
    pub fn kill(&self, signal: i32, tree: bool) -> bool {
        self.send(Command::Kill { signal, tree })
    }

    /// Lets everybody go; they run on. Returns false under a filter, which would make their calls fail, and when the run
    /// is over.
    pub fn detach(&self) -> bool {
        self.mode == Mode::Stops && self.send(Command::Detach)
    }

    /// Stays attached and records nothing more.
    pub fn stop_recording(&self) {
        self.send(Command::StopRecording);
    }

    /// Kills what was started, lets go what was attached to.
    pub fn abandon(&self) {
        self.send(Command::Abandon);
    }

    /// Waits until the tracer thread has read everything sent before. Returns false when the run is over.
    #[must_use]
    pub fn sync(&self) -> bool {
        let (reply, answered) = channel();
        self.send(Command::Answer(reply)) && answered.recv().is_ok()
    }

    /// Lets one thread go, or has it never traced; returns when it is so. If it starts processes, that leaves a gap.
    pub fn exempt(&self, tid: Tid, starts_processes: bool) {
        let (freed, is_free) = channel();
        self.send(Command::Exempt { tid, starts_processes, freed });
        // What is answered is that the other side has dropped its end.
        let _ = is_free.recv();
    }

    /// Waits until every call of the processes attached to is seen, at most `limit`: a thread may be inside of the kernel, where no
    /// interrupt reaches it, and makes no call before it comes out.
    pub fn await_joined(&self, limit: Duration) {
        let (joined, have_joined) = channel();
        self.send(Command::AwaitJoined(joined));
        let _ = have_joined.recv_timeout(limit);
    }

    fn send(&self, command: Command) -> bool {
        if self.outbox.end().is_some() && !matches!(command, Command::Abandon) {
            return false;
        }
        self.outbox.mail_came();
        let sent = self.mail.send(command).is_ok();
        self.ringer.ring();
        sent
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.abandon();
    }
}

pub(crate) fn prepare(
    program: Program,
    pipes: &mut [Option<OwnedFd>; 3],
    ours: &mut Vec<OwnedFd>,
) -> Result<sys::spawn::Program, Error> {
    let mut descriptors = [-1; 3];
    for (number, ((wanted, descriptor), pipe)) in program.stdio.iter().zip(&mut descriptors).zip(pipes).enumerate() {
        *descriptor = match wanted {
            Stdio::Fd(fd) => *fd,
            Stdio::Null => {
                let null = File::options().read(true).write(true).open("/dev/null");
                let null: OwnedFd = null
                    .map_err(|error| Error::Host {
                        operation: "open /dev/null",
                        errno: Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO)),
                    })?
                    .into();
                let fd = null.as_raw_fd();
                ours.push(null);
                fd
            }
            Stdio::Pipe => {
                let (read, write) = nix::unistd::pipe2(nix::fcntl::OFlag::O_CLOEXEC)
                    .map_err(|errno| Error::Host { operation: "pipe2", errno })?;
                let (theirs, mine) = if number == 0 { (read, write) } else { (write, read) };
                let fd = theirs.as_raw_fd();
                ours.push(theirs);
                *pipe = Some(mine);
                fd
            }
        };
    }
    Ok(sys::spawn::Program {
        candidates: program.candidates,
        argv: program.argv,
        envp: program.envp,
        cwd: program.cwd,
        uid: program.uid,
        gid: program.gid,
        groups: program.groups,
        stdio: descriptors,
        kept: program.kept,
        filter: Vec::new(),
    })
}
