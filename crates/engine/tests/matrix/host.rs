//! What a host must not notice: each test in a process of its own, because it looks at all of it.
#![expect(unsafe_code, reason = "a host's own signal handlers, ids and file descriptors")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;

use syscope_engine::{Backpressure, ModeRequest, SpawnStep};

use crate::support::plan::{all_and, argument, bytes, only, record, string};
use crate::support::records::{Body, OK, REFUSED};
use crate::support::{
    Untraced, attach, c_string, eventually, fixtures, state, status_line, trace, uid, wait_with_watchdog,
};

const ALONE: &str = "SYSCOPE_TEST_ALONE";
const MODES: [ModeRequest; 2] = [ModeRequest::Stops, ModeRequest::Filter];

/// Runs the test of this name in a process of its own, where it is the only one.
fn alone(name: &str, test: impl FnOnce()) {
    if std::env::var(ALONE).is_ok_and(|chosen| chosen == name) {
        return test();
    }
    // What went wrong is told on standard error.
    let mut child = again(name).stdout(Stdio::null()).spawn().unwrap();
    let status = wait_with_watchdog(&mut child);
    assert!(status.success(), "{name}: {status}");
}

/// This program, to run one test.
fn again(name: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args([&format!("host::{name}"), "--exact", "--nocapture", "--quiet"])
        .env(ALONE, name)
        .env("SYSCOPE_FIXTURES", fixtures());
    command
}

/// Children of any of our threads, dead or alive.
fn children() -> BTreeSet<i32> {
    let threads = std::fs::read_dir("/proc/self/task").unwrap();
    let lists =
        threads.map(|thread| std::fs::read_to_string(thread.unwrap().path().join("children")).unwrap_or_default());
    lists.flat_map(|list| list.split_whitespace().map(|pid| pid.parse().unwrap()).collect::<Vec<_>>()).collect()
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

fn threads() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}

#[test]
fn failed_starts_leave_no_process_no_thread_and_no_descriptor() {
    alone("failed_starts_leave_no_process_no_thread_and_no_descriptor", || {
        let (open, running) = (descriptors(), threads());
        for round in 0..30 {
            for mode in MODES {
                let failing = trace(mode, "x").program(|program| match round % 3 {
                    0 => program.candidates = vec![c_string("/no/such/program")],
                    1 => program.cwd = Some(c_string("/no/such/folder")),
                    _ => program.stdio[2] = syscope_engine::Stdio::Fd(77_777),
                });
                let step = [SpawnStep::Exec, SpawnStep::Chdir, SpawnStep::Stdio][round % 3];
                let error = failing.refused();
                assert!(matches!(error, syscope_engine::Error::Spawn { step: told, .. } if told == step), "{error:?}");
            }
            assert!(matches!(attach(0x3fff_ffff).refused(), syscope_engine::Error::Gone { .. }));
        }
        eventually("the last thread's end", || threads() == running);
        assert_eq!(children(), BTreeSet::new());
        assert_eq!(descriptors(), open);
    });
}

#[test]
fn finished_sessions_leave_no_process_no_thread_and_no_descriptor() {
    alone("finished_sessions_leave_no_process_no_thread_and_no_descriptor", || {
        let (open, running) = (descriptors(), threads());
        for _ in 0..15 {
            for mode in MODES {
                trace(mode, "fork 3").run().exited(0);
                trace(mode, "marks 3000").backpressure(Backpressure::Spill, 1).run().exited(0);
                drop(trace(mode, "all-block 2").start());
            }
            let target = Untraced::start("target-idle");
            drop(attach(target.pid()).start());
            eventually("the release", || status_line(target.pid(), "TracerPid:") == "0");
            target.ends_with(42);
        }
        eventually("the last child's end", || children().is_empty());
        eventually("the last thread's end", || threads() == running);
        eventually("the last pipe's end", || descriptors() == open);
    });
}

static HANDLED: AtomicUsize = AtomicUsize::new(0);

extern "C" fn count(_: i32) {
    HANDLED.fetch_add(1, Ordering::AcqRel);
}

fn sigchld_action() -> libc::sigaction {
    // SAFETY: plain numbers, for which zero is a value.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: asks only.
    unsafe { libc::sigaction(libc::SIGCHLD, std::ptr::null(), &raw mut action) };
    action
}

fn set_sigchld(handler: usize, flags: i32) {
    let mut action = sigchld_action();
    action.sa_sigaction = handler;
    action.sa_flags = flags;
    // SAFETY: a handler that only counts, or one of the kernel's own.
    unsafe { libc::sigaction(libc::SIGCHLD, &raw const action, std::ptr::null_mut()) };
}

#[test]
fn every_exit_of_the_hosts_own_children_arrives_while_sessions_trace() {
    alone("every_exit_of_the_hosts_own_children_arrives_while_sessions_trace", || {
        const CHILDREN: usize = 2000;
        const THREADS: usize = 4;
        set_sigchld(count as *const () as usize, libc::SA_RESTART);
        let over = AtomicBool::new(false);
        let (traced, exits) = thread::scope(|scope| {
            let sessions: Vec<_> = MODES
                .into_iter()
                .map(|mode| {
                    let over = &over;
                    scope.spawn(move || {
                        let (mut calls, mut ends) = (0, 0);
                        while !over.load(Ordering::Acquire) || calls == 0 {
                            let fixture = if ends % 4 == 0 { "short-lived 3" } else { "marks 2000" };
                            let records = trace(mode, fixture).run().exited(0).complete().records;
                            calls += records.calls().count();
                            ends += records.exits().len();
                        }
                        (calls, ends)
                    })
                })
                .collect();
            let hosts: Vec<_> = (0..THREADS)
                .map(|thread| {
                    scope.spawn(move || {
                        let exits = (0..CHILDREN / THREADS).filter(|round| {
                            let wanted = (round + thread) % 100;
                            let mut child =
                                Command::new(fixtures()).args(["exit", &wanted.to_string()]).spawn().unwrap();
                            child.wait().unwrap().code() == Some(wanted as i32)
                        });
                        exits.count()
                    })
                })
                .collect();
            let exits: usize = hosts.into_iter().map(|host| host.join().unwrap()).sum();
            over.store(true, Ordering::Release);
            (sessions.into_iter().map(|session| session.join().unwrap()).collect::<Vec<_>>(), exits)
        });
        assert_eq!(exits, CHILDREN);
        eventually("no zombie", || children().is_empty());
        // Every process's end is told once at most (signals of one number merge), the host's and the tracees'; stops are not
        // told at all. A few may come before the flag is set on the handler.
        let handled = HANDLED.load(Ordering::Acquire);
        let calls: usize = traced.iter().map(|(calls, _)| calls).sum();
        let ends: usize = CHILDREN + traced.iter().map(|(_, ends)| ends).sum::<usize>();
        assert!(calls > ends + 2000, "{calls} calls are enough to see a difference to {ends} ends");
        assert!(
            (1..=ends + 100).contains(&handled),
            "the handler ran {handled} times at {ends} ends and {calls} calls"
        );
        assert_eq!(sigchld_action().sa_sigaction, count as *const () as usize);
    });
}

#[test]
fn the_handler_of_child_exits_does_not_run_at_stops() {
    alone("the_handler_of_child_exits_does_not_run_at_stops", || {
        set_sigchld(count as *const () as usize, libc::SA_RESTART);
        let run = trace(ModeRequest::Stops, "marks 20000").run().exited(0);
        assert!(run.records.calls().count() > 20_000);
        let handled = HANDLED.load(Ordering::Acquire);
        assert!(handled < 20, "{handled} times");
        let action = sigchld_action();
        assert_eq!(
            (action.sa_sigaction, action.sa_flags & (libc::SA_NOCLDSTOP | libc::SA_RESTART)),
            (count as *const () as usize, libc::SA_NOCLDSTOP | libc::SA_RESTART)
        );
    });
}

#[test]
fn an_action_that_is_default_or_ignore_is_never_written() {
    alone("an_action_that_is_default_or_ignore_is_never_written", || {
        for handler in [libc::SIG_DFL, libc::SIG_IGN] {
            set_sigchld(handler, 0);
            let before = sigchld_action().sa_flags;
            for mode in MODES {
                trace(mode, "fork 4").run().exited(0).complete();
            }
            assert_eq!((sigchld_action().sa_sigaction, sigchld_action().sa_flags), (handler, before));
        }
    });
}

#[test]
fn a_host_that_is_killed_leaves_nobody_stopped_and_nothing_started_alive() {
    const NAME: &str = "a_host_that_is_killed_leaves_nobody_stopped_and_nothing_started_alive";
    if std::env::var(ALONE).is_ok_and(|chosen| chosen == NAME) {
        return be_killed();
    }
    for _ in 0..3 {
        let target = Untraced::start("target-running");
        let asleep = Untraced::start("target-idle");
        let mut host = again(NAME)
            .env("SYSCOPE_TARGETS", format!("{} {}", target.pid(), asleep.pid()))
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(host.stdout.take().unwrap()).lines();
        let told = lines.map_while(Result::ok).find_map(|line| line.strip_prefix("everybody ").map(ToOwned::to_owned));
        let everybody: Vec<i32> = told.unwrap().split(' ').map(|pid| pid.parse().unwrap()).collect();
        assert!(everybody.len() >= 12, "{everybody:?}");
        assert_ne!(status_line(target.pid(), "TracerPid:"), "0");
        host.kill().unwrap();
        host.wait().unwrap();
        eventually("the end of all that was started", || everybody.iter().all(|pid| matches!(state(*pid), '-' | 'Z')));
        for mut attached in [target, asleep] {
            eventually("the release", || status_line(attached.pid(), "TracerPid:") == "0");
            assert!(matches!(attached.state(), 'R' | 'S'), "{}", attached.state());
            attached.word();
            attached.ends_with(42);
        }
    }
}

/// Traces a tree that blocks and one that runs, by stops and by a filter, and two processes attached to; says who they are, bells
/// included, and waits.
fn be_killed() {
    let targets = std::env::var("SYSCOPE_TARGETS").unwrap();
    let attached: Vec<_> = targets.split(' ').map(|pid| attach(pid.parse().unwrap()).start()).collect();
    let mut everybody = BTreeSet::new();
    let mut sessions = Vec::new();
    for mode in MODES {
        let mut live = trace(mode, "all-block 1").start();
        live.take_until("all blocked calls", |records| {
            records.count(|body| matches!(body, Body::Pending(call) if call.is(libc::SYS_pause))) == 3
        });
        everybody
            .extend(crate::support::records::Records::parse_open(&live.chunks).all.iter().map(|record| record.pid));
        sessions.push(live);
        let busy = trace(mode, "marks 1000000000").backpressure(Backpressure::Spill, 1 << 20).start();
        everybody.insert(busy.session.pid());
        sessions.push(busy);
    }
    everybody.extend(children());
    let list: Vec<String> = everybody.iter().map(ToString::to_string).collect();
    let mut out = std::io::stdout();
    writeln!(out, "\neverybody {}", list.join(" ")).unwrap();
    out.flush().unwrap();
    thread::sleep(crate::support::WATCHDOG);
    drop((attached, sessions));
}

#[test]
fn memory_stays_bounded_when_nobody_reads() {
    alone("memory_stays_bounded_when_nobody_reads", || {
        let peak_kb = || {
            status_line(std::process::id().cast_signed(), "VmHWM:").trim_end_matches(" kB").parse::<usize>().unwrap()
        };
        let plan = only(&[record(libc::SYS_write, &[bytes(1, argument(1), argument(2), 1 << 20)])]);
        for mode in MODES {
            let before = peak_kb();
            let live =
                trace(mode, "big-writes 400 500000").plan(&plan).backpressure(Backpressure::Spill, 4 << 20).start();
            eventually("the end", || live.session.end().is_some());
            let grown = peak_kb() - before;
            assert!(grown < 40_000, "200 MB of records took {grown} kB of memory");
            let (mut calls, mut bytes) = (0, 0);
            while let Some(chunk) = live.session.take() {
                bytes += chunk.len();
                // One chunk at a time, as a reader that streams would.
                let mut rest = chunk.as_slice();
                while !rest.is_empty() {
                    let size = u32::from_le_bytes(rest[..4].try_into().unwrap()) as usize;
                    calls += usize::from(rest[4] == 2);
                    rest = &rest[size..];
                }
            }
            assert_eq!(calls, 400);
            assert!(bytes > 200_000_000);
        }
    });
}

#[test]
fn memory_that_may_not_be_read_is_told_as_such() {
    alone("memory_that_may_not_be_read_is_told_as_such", || {
        // The fixture has to be executable for whom we become.
        let copy = std::env::temp_dir().join(format!("syscope-undumpable-{}", std::process::id()));
        std::fs::copy(fixtures(), &copy).unwrap();
        if uid() == 0 {
            const NOBODY: u32 = 65_534;
            // SAFETY: numbers only; all threads follow.
            assert_eq!(unsafe { libc::setresgid(NOBODY, NOBODY, NOBODY) }, 0);
            // SAFETY: as above.
            assert_eq!(unsafe { libc::setresuid(NOBODY, NOBODY, NOBODY) }, 0);
            // A change of ids makes a process undumpable, and its clones with it until they execute.
            // SAFETY: as above.
            assert_eq!(unsafe { libc::prctl(libc::PR_SET_DUMPABLE, 1) }, 0);
        }
        let plan = all_and(&[record(libc::SYS_access, &[string(0, argument(0), 4095)])]);
        for mode in MODES {
            let tracing = trace(mode, "undumpable").plan(&plan);
            let run = tracing
                .program(|program| program.candidates = vec![c_string(copy.as_os_str().as_encoded_bytes())])
                .run()
                .exited(0);
            let calls = run.records.of(libc::SYS_access);
            let [.., before, hidden, nowhere] = calls.as_slice() else { panic!() };
            assert_eq!((before.capture(0).status, &before.capture(0).bytes[..]), (OK, &b"/before"[..]));
            assert_eq!(
                (hidden.capture(0).status, hidden.capture(0).bytes.len()),
                (REFUSED, 0),
                "readable for others, not for us"
            );
            assert_eq!((hidden.result, nowhere.result), (-2, -14));
            assert_eq!(run.records.labels(), [1]);
            assert_eq!(run.records.gaps(), [(4, 0)]);
            assert_eq!(run.end.incomplete, 1 << 4);
        }
        drop(std::fs::remove_file(copy));
    });
}

#[test]
fn a_session_started_from_a_thread_that_ends_lives_on() {
    alone("a_session_started_from_a_thread_that_ends_lives_on", || {
        for mode in MODES {
            let live = thread::spawn(move || trace(mode, "short-lived 50").start()).join().unwrap();
            live.finish().exited(0).complete();
        }
    });
}
