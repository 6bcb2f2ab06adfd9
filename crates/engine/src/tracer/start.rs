//! The two ways into a session: starting a command, and attaching to processes.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

use nix::errno::Errno;

use crate::error::{Error, SpawnStep};
use crate::filter::{Enforced, Filter, Reserved};
use crate::outbox::Outbox;
use crate::placement::{Placement, PlacementPolicy};
use crate::plan::Plan;
use crate::proc::{self, status_field, threads_of};
use crate::record::Kind;
use crate::rules::{Rule, Rules};
use crate::session::{Command, Follow};
use crate::stop::{Status, Stop};
use crate::sys::bell::{Bell, Ringer};
use crate::sys::ptrace::{self, Options};
use crate::sys::spawn::{Program, Spawning, Step};
use crate::sys::{Tid, signal, wait};
use crate::task::{ByTid, Task};
use crate::tracee::Stopped;
use crate::{End, Mode, ModeRequest, RuleUse, own};

use super::rings::{self, Submission};
use super::{Policy, Tracer, calls};

/// What a session starts from.
pub(crate) struct Setup {
    pub(crate) target: Target,
    pub(crate) policy: Policy,
    pub(crate) except: Vec<Tid>,
    pub(crate) mode: ModeRequest,
    pub(crate) plan: Plan,
    pub(crate) rules: Rules,
    pub(crate) placement: PlacementPolicy,
    pub(crate) counting: bool,
    pub(crate) outbox: Arc<Outbox>,
    pub(crate) mail: Receiver<Command>,
}

pub(crate) enum Target {
    Spawn(Program),
    Attach(Vec<Tid>),
}

/// What the thread tells when the session runs.
pub(crate) struct Started {
    pub(crate) pid: Tid,
    pub(crate) mode: Mode,
    pub(crate) ringer: Ringer,
}

/// Body of the tracer thread: lives until every child that it cloned is reaped.
pub(crate) fn begin(setup: Setup, ready: &Sender<Result<Started, Error>>) {
    let _listed = own::list(setup.policy.spawned);
    signal::block_all_in_this_thread();
    signal::quiet_sigchld();
    let outbox = Arc::clone(&setup.outbox);
    let spawned = setup.policy.spawned;
    // A panic is a bug of ours and must end this session, not the host.
    let outcome = catch_unwind(AssertUnwindSafe(|| match start(setup) {
        Ok((mut tracer, started)) => {
            let _ = ready.send(Ok(started));
            signal::block_all_but_sigchld_in_this_thread();
            tracer.run();
        }
        Err(error) => drop(ready.send(Err(error))),
    }));
    if let Err(panic) = outcome {
        let text =
            panic.downcast_ref::<String>().cloned().or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        let failure = Error::Internal(text.unwrap_or_default());
        let _ = ready.send(Err(failure.clone()));
        outbox.finish(End { failure: Some(failure), ..End::default() });
        // Who was attached to is let go by the kernel when this thread ends, and runs on.
        if spawned {
            reap_everybody();
        }
    }
}

/// After a panic the table of tracees is no longer to be trusted: whoever stops is killed, until nobody is left.
fn reap_everybody() {
    while let Ok(report) = wait::wait_any() {
        if libc::WIFSTOPPED(report.status) {
            let _ = signal::kill(report.tid, libc::SIGKILL);
            // To its PTRACE_EVENT_EXIT, and from there to its end.
            let _ = ptrace::resume(report.tid, 0);
        }
    }
}

fn start(setup: Setup) -> Result<(Tracer, Started), Error> {
    let bell = Bell::hang().map_err(|error| Error::Host { operation: "clone", errno: errno_of(&error) })?;
    let ringer = bell.ringer();
    let spawned = setup.policy.spawned;
    let unused = |rule: &Rule| RuleUse { id: rule.id, enforced: Enforced::Stops, acted: 0, unread: 0 };
    let uses = setup.rules.iter().map(|rule| (rule.id, unused(rule))).collect();
    let mut tracer = Tracer {
        policy: setup.policy,
        mode: Mode::Stops,
        fallback: None,
        plan: setup.plan,
        rules: setup.rules,
        counters: Default::default(),
        processes: Default::default(),
        uses,
        held: ByTid::default(),
        outbox: setup.outbox,
        mail: setup.mail,
        bell: Some(bell),
        tasks: ByTid::default(),
        early: ByTid::default(),
        early_until: None,
        orphans: Vec::new(),
        orphans_until: None,
        adopted: BTreeSet::new(),
        except: setup.except.into_iter().collect(),
        awaiting_joined: Vec::new(),
        reports: VecDeque::new(),
        first: 0,
        spawning: None,
        started: false,
        recording: true,
        leaving: false,
        killing: false,
        chunk: Vec::new(),
        chunk_records: 0,
        unflushed_since: None,
        seq: 0,
        incomplete: 0,
        drain_until: None,
        end: End::default(),
        cache: Default::default(),
        spare: Vec::new(),
        scratch: Vec::new(),
        counts: setup.counting.then(Default::default),
        // Processes that run already have masks of their own, which may differ from ours and from each other.
        placement: Placement::new(if spawned { setup.placement } else { PlacementPolicy::Free }),
        rings: rings::Rings::default(),
    };
    match setup.target {
        Target::Spawn(program) => tracer.spawn(program, setup.mode)?,
        Target::Attach(pids) => {
            if let Err(error) = tracer.attach(&pids) {
                // Those that were attached to before the failure go on.
                tracer.recording = false;
                tracer.leave();
                tracer.run();
                return Err(error);
            }
        }
    }
    let started = Started { pid: tracer.first, mode: tracer.mode, ringer };
    Ok((tracer, started))
}

fn errno_of(error: &std::io::Error) -> Errno {
    Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO))
}

impl Tracer {
    fn options(&self) -> Options {
        let mut options = Options::PTRACE_O_TRACESYSGOOD | Options::PTRACE_O_TRACEEXEC | Options::PTRACE_O_TRACEEXIT;
        // Under a filter nobody may be left untraced: its calls would fail with ENOSYS.
        // Who is not wanted is let go at birth, so that it is known.
        if self.policy.follow != Follow::Nobody || self.mode == Mode::Filter {
            options |= Options::PTRACE_O_TRACEFORK | Options::PTRACE_O_TRACEVFORK | Options::PTRACE_O_TRACECLONE;
        }
        if self.mode == Mode::Filter {
            options |= Options::PTRACE_O_TRACESECCOMP;
        }
        if self.policy.spawned {
            options |= Options::PTRACE_O_EXITKILL;
        }
        options
    }

    fn spawn(&mut self, mut program: Program, mode: ModeRequest) -> Result<(), Error> {
        let mut enforced = BTreeMap::new();
        if self.wants_filter(mode) {
            self.mode = Mode::Filter;
            // Children that are not followed have the filter, but no rules.
            let reserved = Reserved { answers: self.policy.follow == Follow::Everybody, ..Self::RESERVED };
            let filter = Filter::of(&self.plan, &self.rules, reserved);
            (program.filter, enforced) = (filter.program, filter.enforced);
        }
        let failed = |(step, errno)| Error::Spawn { step: step_of(step), errno };
        let mut spawning = Spawning::start(program).map_err(failed)?;
        let pid = spawning.pid();
        let refused = |operation| move |errno| Error::Refused { operation, tid: pid, errno };
        ptrace::seize(pid, self.options()).map_err(refused("PTRACE_SEIZE"))?;
        if let Err(errno) = spawning.install_filter() {
            if mode == ModeRequest::Filter {
                return Err(Error::Filter { errno });
            }
            self.mode = Mode::Stops;
            self.fallback = Some(errno);
            enforced.clear();
        }
        for (id, enforced) in enforced {
            if let Some(used) = self.uses.get_mut(&id) {
                used.enforced = enforced;
            }
        }
        self.first = pid;
        self.tasks.insert(pid, Task::new(pid, 0, false));
        if self.placement.wants_pin() {
            self.placement.pin([pid].into_iter());
        }
        if self.mode == Mode::Stops {
            ptrace::interrupt(pid).map_err(refused("PTRACE_INTERRUPT"))?;
            let stopped = wait::wait_for(pid).map_err(refused("wait4"))?;
            if libc::WIFSTOPPED(stopped.status) {
                let _ = nix::sys::ptrace::setoptions(nix::unistd::Pid::from_raw(pid), self.options());
                ptrace::resume_to_syscall(pid, 0).map_err(refused("PTRACE_SYSCALL"))?;
            }
        }
        self.write_session();
        spawning.execute();
        self.spawning = Some(spawning);
        self.run_until_started()
    }

    /// Until the command runs, or the reason why it can't is known.
    fn run_until_started(&mut self) -> Result<(), Error> {
        while !self.started {
            let report = wait::wait_any().map_err(|errno| Error::Host { operation: "wait4", errno })?;
            if report.tid == self.first && !libc::WIFSTOPPED(report.status) {
                self.tasks.clear();
                let told = self.spawning.take().map_or((Step::Died, Errno::ECHILD), Spawning::reaped);
                self.placement.let_go(std::iter::empty());
                return Err(Error::Spawn { step: step_of(told.0), errno: told.1 });
            }
            self.dispatch(report);
        }
        Ok(())
    }

    /// For `filter`: what the engine has to see, and what a child still does between its filter and its execve.
    pub(crate) const RESERVED: Reserved = Reserved {
        traced: &calls::ALWAYS_TRACED,
        unanswered: &[
            libc::SYS_futex,
            libc::SYS_setgroups,
            libc::SYS_setresgid,
            libc::SYS_setresuid,
            libc::SYS_rt_sigprocmask,
            libc::SYS_exit_group,
        ],
        answers: true,
    };

    /// Where all calls are wanted, a filter would spare nothing.
    fn wants_filter(&self, mode: ModeRequest) -> bool {
        match mode {
            ModeRequest::Stops => false,
            ModeRequest::Auto => self.plan.stopping_numbers().is_some(),
            ModeRequest::Filter => true,
        }
    }

    fn attach(&mut self, pids: &[Tid]) -> Result<(), Error> {
        self.started = true;
        self.first = pids.first().copied().ok_or(Error::Config("no process to attach to"))?;
        self.write_session();
        for &pid in pids {
            self.attach_to(pid)?;
        }
        Ok(())
    }

    fn attach_to(&mut self, pid: Tid) -> Result<(), Error> {
        let group = proc::group_of(pid).ok_or(Error::Gone { pid })?;
        if group == std::process::id().cast_signed() {
            return Err(Error::Own { pid });
        }
        if status_field(group, "PPid:") == Some(std::process::id().cast_signed()) {
            return Err(Error::OwnChild { pid });
        }
        let mut seen = BTreeSet::new();
        if matches!(self.policy.follow, Follow::Nobody | Follow::Thread) {
            self.seize_thread(pid, group)?;
            seen.insert(pid);
        } else {
            // Threads that a thread not yet seized has started meanwhile: until a pass finds nobody new.
            loop {
                let is_new = |tid: &Tid| !seen.contains(tid) && !self.except.contains(tid);
                let new: Vec<Tid> = threads_of(group).into_iter().filter(is_new).collect();
                if new.is_empty() {
                    break;
                }
                for tid in new {
                    seen.insert(tid);
                    self.let_the_dying_go_on();
                    match self.seize_thread(tid, group) {
                        Ok(()) => {}
                        // Ended since it was listed, a leader perhaps long before its threads; or cloned by a seized
                        // thread and traced by us already.
                        Err(Error::Gone { .. }) => {}
                        Err(Error::AlreadyTraced { tracer, .. }) if tracer == nix::unistd::gettid().as_raw() => {}
                        Err(error) => return Err(error),
                    }
                }
            }
        }
        if self.tasks.values().all(|task| task.pid != group) {
            return Err(Error::Gone { pid });
        }
        if rings::has_polled(group) {
            self.ring_gap(Submission::Unknown);
        }
        self.plain(Kind::Attach, group, u32::try_from(seen.len()).unwrap_or(u32::MAX), 0);
        Ok(())
    }

    /// While we seize the threads of a process, one of them may be inside execve, which holds the lock that PTRACE_SEIZE needs
    /// until all others have ended; those that we have seized end only if we let them.
    fn let_the_dying_go_on(&mut self) {
        while let Ok(Some(report)) = wait::poll_any() {
            if Status::decode(report.status) == Status::Stopped(Stop::Exiting) {
                let _ = ptrace::resume(report.tid, 0);
            } else {
                self.reports.push_back(report);
            }
        }
    }

    /// The first stop of a thread that was attached to while it ran.
    pub(super) fn joined(&mut self, tracee: &Stopped) {
        let Some(task) = self.tasks.get_mut(&tracee.tid()) else { return };
        task.joining = false;
        let pid = task.pid;
        // Interrupted inside a call that the kernel will restart by itself.
        const ERESTART_RESTARTBLOCK: i64 = -516;
        if let Ok(registers) = tracee.registers()
            && registers.rax.cast_signed() == ERESTART_RESTARTBLOCK
        {
            task.interrupted = (registers.orig_rax as u32).wrapping_add(1);
        }
        self.look_for_late_threads(pid);
    }

    /// A thread that was inside clone when it was seized has made a child that nobody traces and no scan could see yet.
    /// Once all of its threads have stopped there is none left inside, and one more scan finds what they made.
    pub(super) fn look_for_late_threads(&mut self, pid: Tid) {
        let is_one = matches!(self.policy.follow, Follow::Nobody | Follow::Thread);
        if is_one || self.tasks.values().any(|task| task.pid == pid && task.joining) {
            return;
        }
        for tid in threads_of(pid) {
            if !self.tasks.contains_key(&tid) && !self.early.contains_key(&tid) && !self.except.contains(&tid) {
                self.let_the_dying_go_on();
                // Refused: ended since, or traced by us already, its birth still to be told.
                let _ = self.seize_thread(tid, pid);
            }
        }
    }

    fn seize_thread(&mut self, tid: Tid, group: Tid) -> Result<(), Error> {
        match ptrace::seize(tid, self.options()) {
            Ok(()) => {}
            Err(Errno::ESRCH) => return Err(Error::Gone { pid: tid }),
            Err(errno) => {
                return Err(match status_field(tid, "TracerPid:") {
                    Some(tracer) if tracer != 0 => Error::AlreadyTraced { pid: tid, tracer },
                    None => Error::Gone { pid: tid },
                    Some(_) if matches!(proc::state(tid), None | Some(b'Z' | b'X')) => Error::Gone { pid: tid },
                    Some(_) => Error::Refused { operation: "PTRACE_SEIZE", tid, errno },
                });
            }
        }
        let mut task = Task::new(group, 0, false);
        task.joining = true;
        self.tasks.insert(tid, task);
        let _ = ptrace::interrupt(tid);
        Ok(())
    }
}

pub(crate) fn step_of(step: Step) -> SpawnStep {
    match step {
        Step::Stdio => SpawnStep::Stdio,
        Step::Chdir => SpawnStep::Chdir,
        Step::Setgroups => SpawnStep::Setgroups,
        Step::Setgid => SpawnStep::Setgid,
        Step::Setuid => SpawnStep::Setuid,
        Step::Exec => SpawnStep::Exec,
        Step::Died => SpawnStep::Clone,
    }
}
