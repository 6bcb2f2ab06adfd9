//! What the tests stand on: fixtures to trace, sessions that can't hang a test, and records as values.

pub(crate) mod plan;
pub(crate) mod records;

use std::ffi::CString;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio as ProcessStdio};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use syscope_engine::{
    Backpressure, Config, End, Ending, Error, Mode, ModeRequest, Plan, Program, Rules, Session, Stdio, Target,
};

use records::Records;

/// No test takes this long; one that does hangs, and is ended by killing its tracees.
pub(crate) const WATCHDOG: Duration = Duration::from_secs(60);

/// Defines one test per mode of interception.
#[macro_export]
macro_rules! in_both_modes {
    ($(#[$doc:meta])* fn $name:ident($mode:ident: ModeRequest) $body:block) => {
        $(#[$doc])*
        mod $name {
            use super::*;

            fn check($mode: ModeRequest) $body

            #[test]
            fn by_stops() {
                check(ModeRequest::Stops);
            }

            #[test]
            fn by_a_filter() {
                check(ModeRequest::Filter);
            }
        }
    };
}

/// The fixtures' program, built once per test process: cargo builds no other package's programs for a test.
pub(crate) fn fixtures() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        if let Some(path) = std::env::var_os("SYSCOPE_FIXTURES") {
            return path.into();
        }
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--message-format=json", "--package=syscope-fixtures"])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .stderr(ProcessStdio::inherit())
            .output()
            .unwrap();
        let told = String::from_utf8(built.stdout).unwrap();
        let path = told.rsplit("\"executable\":\"").next().and_then(|rest| rest.split('"').next());
        let path = PathBuf::from(path.unwrap());
        assert!(built.status.success() && path.is_file(), "cargo built no fixtures: {told}");
        path
    })
}

pub(crate) fn c_string(text: impl Into<Vec<u8>>) -> CString {
    CString::new(text).unwrap()
}

/// A fixture to start: standard input and error empty, standard output to be read by the test.
pub(crate) fn program(fixture: &str) -> Program {
    let path = c_string(fixtures().as_os_str().as_encoded_bytes());
    let mut argv = vec![c_string("syscope-fixtures")];
    argv.extend(fixture.split(' ').map(c_string));
    Program {
        candidates: vec![path],
        argv,
        envp: Vec::new(),
        cwd: None,
        uid: None,
        gid: None,
        groups: None,
        kept: Vec::new(),
        stdio: [Stdio::Null, Stdio::Pipe, Stdio::Null],
    }
}

/// A session to be: `fixture` is a name and its arguments.
pub(crate) struct Tracing {
    pub(crate) config: Config,
}

pub(crate) fn trace(mode: ModeRequest, fixture: &str) -> Tracing {
    Tracing::of(mode, Target::Spawn(program(fixture)))
}

pub(crate) fn attach(pid: i32) -> Tracing {
    Tracing::of(ModeRequest::Stops, Target::Attach(vec![pid]))
}

impl Tracing {
    pub(crate) fn of(mode: ModeRequest, target: Target) -> Self {
        let mut config = Config::new(target);
        config.mode = mode;
        config.ending = Ending::Tree;
        Self { config }
    }

    pub(crate) fn with(mut self, change: impl FnOnce(&mut Config)) -> Self {
        change(&mut self.config);
        self
    }

    pub(crate) fn program(self, change: impl FnOnce(&mut Program)) -> Self {
        self.with(|config| {
            let Target::Spawn(program) = &mut config.target else { panic!("no program") };
            change(program);
        })
    }

    pub(crate) fn plan(self, bytes: &[u8]) -> Self {
        let plan = Plan::parse(bytes).unwrap();
        self.with(|config| config.plan = plan)
    }

    pub(crate) fn rules(self, bytes: &[u8]) -> Self {
        let rules = Rules::parse(bytes).unwrap();
        self.with(|config| config.rules = rules)
    }

    pub(crate) fn backpressure(self, backpressure: Backpressure, bytes: usize) -> Self {
        self.with(|config| {
            config.backpressure = backpressure;
            config.memory_bytes = bytes;
        })
    }

    /// Starts, within the watchdog's time.
    pub(crate) fn try_start(self) -> Result<Live, Error> {
        let (over, woken) = channel();
        let (ready, started) = channel();
        let config = self.config;
        let guard = guard(format!("{:?}", config.target));
        thread::spawn(move || {
            let wake = Box::new(move || over.send(()).unwrap_or_default());
            drop(ready.send(Session::start(config, wake)));
        });
        let mut session = started.recv_timeout(WATCHDOG).expect("the session does not start")?;
        let stdout = session.take_pipe(1).map(|pipe| {
            thread::spawn(move || {
                let mut bytes = Vec::new();
                drop(File::from(pipe).read_to_end(&mut bytes));
                bytes
            })
        });
        Ok(Live { session, woken, stdout, chunks: Vec::new(), _guard: guard })
    }

    pub(crate) fn start(self) -> Live {
        self.try_start().unwrap()
    }

    pub(crate) fn run(self) -> Run {
        self.start().finish()
    }

    /// The error of a start that must fail.
    pub(crate) fn refused(self) -> Error {
        match self.try_start() {
            Ok(_) => panic!("the session started"),
            Err(error) => error,
        }
    }
}

/// Ends this process where a session outlives all other limits, as in a command that is never answered.
fn guard(what: String) -> Sender<()> {
    let (alive, over) = channel();
    thread::spawn(move || {
        if over.recv_timeout(WATCHDOG * 3) == Err(RecvTimeoutError::Timeout) {
            let _ = writeln!(std::io::stderr(), "a test hangs that traces {what}");
            std::process::abort();
        }
    });
    alive
}

/// A session that runs.
pub(crate) struct Live {
    pub(crate) session: Session,
    pub(crate) woken: Receiver<()>,
    stdout: Option<JoinHandle<Vec<u8>>>,
    pub(crate) chunks: Vec<Vec<u8>>,
    _guard: Sender<()>,
}

impl Live {
    /// Takes what is there, as a consumer would, until `enough` says so of everything taken so far.
    pub(crate) fn take_until(&mut self, what: &str, enough: impl Fn(&Records) -> bool) {
        self.session.set_consuming(true);
        let since = Instant::now();
        loop {
            self.chunks.extend(std::iter::from_fn(|| self.session.take()));
            if enough(&Records::parse_open(&self.chunks)) {
                break;
            }
            assert!(since.elapsed() < WATCHDOG, "{what} did not come");
            let _ = self.woken.recv_timeout(Duration::from_millis(100));
        }
    }

    /// Waits for the end and takes everything.
    pub(crate) fn finish(mut self) -> Run {
        let since = Instant::now();
        while self.session.end().is_none() {
            if since.elapsed() > WATCHDOG {
                self.session.kill(libc::SIGKILL, true);
                panic!("the run does not end; pid {}", self.session.pid());
            }
            let _ = self.woken.recv_timeout(Duration::from_millis(500));
        }
        let end = self.session.end().unwrap();
        self.chunks.extend(std::iter::from_fn(|| self.session.take()));
        let counts = self.session.counts();
        let pid = self.session.pid();
        let mode = self.session.mode();
        let stdout = self.stdout.map(|thread| String::from_utf8_lossy(&thread.join().unwrap()).into_owned());
        Run { records: Records::parse(&self.chunks), stdout: stdout.unwrap_or_default(), end, pid, mode, counts }
    }
}

/// A run that is over.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) records: Records,
    pub(crate) stdout: String,
    pub(crate) end: End,
    pub(crate) pid: i32,
    pub(crate) mode: Mode,
    pub(crate) counts: Vec<u8>,
}

impl Run {
    /// Asserts how the first process ended, and that nothing went wrong beside.
    pub(crate) fn exited(self, code: i32) -> Self {
        assert_eq!(self.end.failure, None);
        let last = &self.records.all[self.records.all.len().saturating_sub(12)..];
        assert_eq!((self.end.exit_code, self.end.signal), (Some(code), None), "{} {last:#?}", self.stdout);
        self
    }

    /// Asserts that nothing was missed.
    pub(crate) fn complete(self) -> Self {
        assert_eq!(self.end.incomplete, 0, "reasons {:?}", self.records.gaps());
        self
    }

    pub(crate) fn killed(self, signal: i32) -> Self {
        assert_eq!((self.end.exit_code, self.end.signal), (None, Some(signal)));
        self
    }
}

/// An untraced fixture to attach to, which says `ready` and ends when its standard input is closed.
pub(crate) struct Untraced {
    /// Its parent, which ends as it does: the fixture itself is no child of ours.
    parent: Child,
    pid: i32,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Untraced {
    pub(crate) fn start(fixture: &str) -> Self {
        let mut parent = Command::new(fixtures())
            .arg("apart")
            .args(fixture.split(' '))
            .stdin(ProcessStdio::piped())
            .stdout(ProcessStdio::piped())
            .spawn()
            .unwrap();
        let input = parent.stdin.take();
        let output = BufReader::new(parent.stdout.take().unwrap());
        let mut target = Self { parent, pid: 0, input, output };
        target.pid = target.line().parse().unwrap();
        assert_eq!(target.line(), "ready");
        target
    }

    pub(crate) fn pid(&self) -> i32 {
        self.pid
    }

    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    pub(crate) fn word(&mut self) {
        self.input.as_mut().unwrap().write_all(b"w").unwrap();
    }

    /// Closes its standard input and asserts that it ends as it would have by itself.
    pub(crate) fn ends_with(mut self, code: i32) {
        drop(self.input.take());
        let status = wait_with_watchdog(&mut self.parent);
        assert_eq!(status.code(), Some(code), "{status}");
    }

    /// State letter of proc_pid_stat(5).
    pub(crate) fn state(&self) -> char {
        state(self.pid())
    }
}

impl Drop for Untraced {
    fn drop(&mut self) {
        if self.parent.try_wait().is_ok_and(|ended| ended.is_none()) {
            // Its parent ends with it.
            let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(self.pid), nix::sys::signal::SIGKILL);
            drop(self.parent.wait());
        }
    }
}

pub(crate) fn wait_with_watchdog(child: &mut Child) -> ExitStatus {
    let since = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        assert!(
            since.elapsed() < WATCHDOG,
            "process {} does not end; state {}",
            child.id(),
            state(child.id().cast_signed())
        );
        thread::sleep(Duration::from_millis(5));
    }
}

/// State letter of proc_pid_stat(5); `-` for a process that is gone.
pub(crate) fn state(pid: i32) -> char {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit(')').next().and_then(|rest| rest.trim().chars().next()).unwrap_or('-')
}

pub(crate) fn status_line(pid: i32, name: &str) -> String {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap_or_default().trim().to_owned()
}

/// Waits for something that must come; asserts nothing about when.
pub(crate) fn eventually(what: &str, so: impl Fn() -> bool) {
    let since = Instant::now();
    while !so() {
        assert!(since.elapsed() < WATCHDOG, "{what}: never");
        thread::sleep(Duration::from_millis(5));
    }
}

pub(crate) fn uid() -> u32 {
    let line = status_line(std::process::id().cast_signed(), "Uid:");
    line.split_whitespace().next().unwrap().parse().unwrap()
}
