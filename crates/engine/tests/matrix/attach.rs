//! Attaching to processes that run already, and letting them go.

use std::collections::BTreeSet;
use std::process::Command;
use std::thread;
use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use syscope_engine::{Backpressure, Error, Follow, ModeRequest, Stdio, Target};

use crate::support::records::Body;
use crate::support::{Tracing, Untraced, attach, eventually, state, status_line, trace};

fn send(pid: i32, signal: Signal) {
    kill(Pid::from_raw(pid), signal).unwrap();
}

#[test]
fn every_thread_is_attached_to() {
    let mut target = Untraced::start("target-threads 12");
    let live = attach(target.pid()).start();
    target.word();
    target.ends_with(42);
    let run = live.finish().exited(42).complete();
    assert_eq!(run.records.count(|body| *body == Body::Attach { threads: 13 }), 1);
    let threads: BTreeSet<i32> = run.records.marks().into_iter().map(|(tid, _)| tid).collect();
    assert_eq!(threads.len(), 12);
    assert_eq!(run.records.exits().len(), 13);
}

#[test]
fn threads_that_are_cloned_while_we_attach_are_not_missed() {
    for _ in 0..6 {
        let mut target = Untraced::start("target-cloning 6");
        let mut live = attach(target.pid()).start();
        live.take_until("a thread's birth", |records| !records.forks().is_empty());
        live.session.set_consuming(false);
        target.word();
        target.ends_with(42);
        let run = live.finish().exited(42).complete();
        // Each mark names its thread.
        let marks = run.records.marks();
        assert_eq!(marks.len(), 6, "each line's last thread");
        assert!(marks.iter().all(|(tid, label)| *tid as u64 == *label));
    }
}

#[test]
fn our_own_process_is_refused() {
    let own = std::process::id().cast_signed();
    assert_eq!(attach(own).refused(), Error::Own { pid: own });
    let thread = nix::unistd::gettid().as_raw();
    assert_eq!(attach(thread).refused(), Error::Own { pid: thread });
}

#[test]
fn a_process_that_does_not_exist_is_refused() {
    // Above the highest id that the kernel gives away.
    assert_eq!(attach(0x3fff_ffff).refused(), Error::Gone { pid: 0x3fff_ffff });
    assert!(matches!(Tracing::of(ModeRequest::Stops, Target::Attach(vec![])).refused(), Error::Config(_)));
}

#[test]
fn a_zombie_is_refused() {
    let mut child = Command::new(crate::support::fixtures()).args(["exit", "3"]).spawn().unwrap();
    let pid = child.id().cast_signed();
    eventually("the child's end", || state(pid) == 'Z');
    assert_eq!(attach(pid).refused(), Error::OwnChild { pid });
    assert_eq!(child.wait().unwrap().code(), Some(3), "its end is still its parent's to have");
}

#[test]
fn a_child_of_ours_is_refused_because_our_waiting_would_steal_its_stops() {
    let mut child = Command::new(crate::support::fixtures())
        .arg("after-a-word")
        .args(["exit", "7"])
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let pid = child.id().cast_signed();
    assert_eq!(attach(pid).refused(), Error::OwnChild { pid });
    drop(child.stdin.take());
    assert_eq!(child.wait().unwrap().code(), Some(7));
}

#[test]
fn a_process_that_somebody_traces_is_refused_and_the_tracer_named() {
    let target = Untraced::start("target-idle");
    let first = attach(target.pid()).start();
    let tracer: i32 = status_line(target.pid(), "TracerPid:").parse().unwrap();
    assert_ne!(tracer, 0);
    assert_eq!(attach(target.pid()).refused(), Error::AlreadyTraced { pid: target.pid(), tracer });
    // The first is none the worse for it.
    target.ends_with(42);
    first.finish().exited(42);
}

#[test]
fn a_refusal_lets_those_go_that_were_attached_to_before() {
    let mut target = Untraced::start("target-idle");
    let tracing = Tracing::of(ModeRequest::Stops, Target::Attach(vec![target.pid(), 0x3fff_ffff]));
    assert_eq!(tracing.refused(), Error::Gone { pid: 0x3fff_ffff });
    assert_eq!(status_line(target.pid(), "TracerPid:"), "0");
    target.word();
    assert_eq!(target.line(), "done");
    target.ends_with(42);
}

#[test]
fn several_processes_are_traced_by_one_session() {
    let mut targets: Vec<Untraced> = (0..4).map(|_| Untraced::start("target-idle")).collect();
    let pids = targets.iter().map(Untraced::pid).collect();
    let live = Tracing::of(ModeRequest::Stops, Target::Attach(pids)).start();
    for target in &mut targets {
        target.word();
        assert_eq!(target.line(), "done");
    }
    targets.into_iter().for_each(|target| target.ends_with(42));
    let run = live.finish().exited(42).complete();
    assert_eq!(run.records.labels(), [1; 4]);
    assert_eq!(run.records.exits().values().copied().collect::<Vec<_>>(), [42; 4]);
}

#[test]
fn a_sleep_that_we_come_into_goes_on_as_a_restart_that_names_it() {
    let target = Untraced::start("target-sleeping");
    eventually("the sleep", || state(target.pid()) == 'S');
    let live = attach(target.pid()).start();
    target.ends_with(42);
    let run = live.finish().exited(42).complete();
    let first = run.records.calls().next().unwrap().1;
    assert!(first.is(libc::SYS_restart_syscall) && first.result == 0, "{first:?}");
    assert_eq!(first.resumes, 1 + libc::SYS_nanosleep as u32);
    assert_eq!(run.records.labels(), [8]);
}

#[test]
fn a_read_that_we_come_into_is_seen_whole() {
    let mut target = Untraced::start("target-idle");
    eventually("the read", || state(target.pid()) == 'S');
    let mut live = attach(target.pid()).start();
    live.take_until("the read, begun anew", |records| records.count(|body| matches!(body, Body::Pending(_))) == 1);
    target.word();
    assert_eq!(target.line(), "done");
    target.ends_with(42);
    let run = live.finish().exited(42).complete();
    let first = run.records.calls().next().unwrap().1;
    assert!(first.is(libc::SYS_read) && first.result == 1 && !first.entry_unseen, "{first:?}");
    assert_eq!(run.records.signals(), []);
}

#[test]
fn children_of_an_attached_process_begin_with_a_call_of_their_own() {
    let mut target = Untraced::start("target-forking");
    let live = attach(target.pid()).start();
    for _ in 0..5 {
        target.word();
        assert_eq!(target.line(), "done");
    }
    target.ends_with(42);
    let run = live.finish().exited(42).complete();
    assert_eq!(run.records.labels(), [5; 5]);
    for (parent, child, how) in run.records.forks() {
        assert_eq!((parent, how), (run.pid, 1));
        let first = run.records.calls().find(|(record, _)| record.tid == child).unwrap().1;
        assert!(first.is(libc::SYS_getppid) && !first.entry_unseen, "{first:?}");
    }
}

#[test]
fn without_following_only_the_one_thread_is_recorded() {
    let mut target = Untraced::start("target-threads 3");
    let live = attach(target.pid()).with(|config| config.follow = Follow::Nobody).start();
    target.word();
    target.ends_with(42);
    let run = live.finish().exited(42);
    assert!(run.records.all.iter().all(|record| record.tid == run.pid));
    assert_eq!(run.records.labels(), []);
    let mut target = Untraced::start("target-forking");
    let live = attach(target.pid()).with(|config| config.follow = Follow::Nobody).start();
    target.word();
    assert_eq!(target.line(), "done");
    target.ends_with(42);
    let run = live.finish().exited(42);
    assert_eq!((run.records.labels(), run.records.forks()), (vec![], vec![]));
}

/// Detaches, and checks that nothing is left of us.
fn let_go(live: crate::support::Live, target: &Untraced) -> crate::support::Run {
    assert!(live.session.detach());
    let run = live.finish();
    assert_eq!(status_line(target.pid(), "TracerPid:"), "0");
    assert_eq!((run.end.exit_code, run.end.signal, run.end.incomplete), (None, None, 1 << 6));
    assert_eq!(run.records.count(|body| *body == Body::Detach), 1);
    run
}

#[test]
fn a_process_that_sleeps_in_a_call_is_let_go_and_runs_on() {
    let mut target = Untraced::start("target-idle");
    let live = attach(target.pid()).start();
    target.word();
    assert_eq!(target.line(), "done");
    eventually("the read", || state(target.pid()) == 'S');
    let run = let_go(live, &target);
    let last = run.records.calls().last().unwrap().1;
    assert!(last.is(libc::SYS_read) && (last.unfinished || last.result < 0), "{last:?}");
    target.word();
    assert_eq!(target.line(), "done");
    target.ends_with(42);
}

#[test]
fn a_process_that_runs_is_let_go_and_runs_on() {
    let mut target = Untraced::start("target-running");
    let live = attach(target.pid()).start();
    let_go(live, &target);
    target.word();
    target.ends_with(42);
}

#[test]
fn a_sleep_lasts_as_long_whoever_comes_and_goes() {
    let target = Untraced::start("target-sleeping");
    for _ in 0..5 {
        let_go(attach(target.pid()).start(), &target);
    }
    // It says whether its sleep was whole.
    target.ends_with(42);
}

#[test]
fn a_stopped_process_is_attached_to_and_let_go_without_waking() {
    let mut target = Untraced::start("target-idle");
    send(target.pid(), Signal::SIGSTOP);
    eventually("the stop", || target.state() == 'T');
    let mut live = attach(target.pid()).start();
    live.take_until("the group-stop", |records| {
        records.count(|body| *body == Body::Stop { signal: libc::SIGSTOP }) == 1
    });
    let_go(live, &target);
    thread::sleep(Duration::from_millis(50));
    assert_eq!(target.state(), 'T');
    send(target.pid(), Signal::SIGCONT);
    target.word();
    assert_eq!(target.line(), "done");
    target.ends_with(42);
}

#[test]
fn a_stopped_process_that_is_continued_under_us_is_seen_going_on() {
    let mut target = Untraced::start("target-idle");
    send(target.pid(), Signal::SIGSTOP);
    eventually("the stop", || target.state() == 'T');
    let live = attach(target.pid()).start();
    send(target.pid(), Signal::SIGCONT);
    target.word();
    assert_eq!(target.line(), "done");
    target.ends_with(42);
    let run = live.finish().exited(42).complete();
    assert_eq!(run.records.labels(), [1]);
}

#[test]
fn many_threads_are_let_go_and_run_on() {
    let mut target = Untraced::start("target-threads 20");
    let live = attach(target.pid()).start();
    let_go(live, &target);
    target.word();
    target.ends_with(42);
}

#[test]
fn threads_that_clone_threads_are_let_go_at_whatever_stop_comes() {
    for _ in 0..6 {
        let mut target = Untraced::start("target-cloning 4");
        let live = attach(target.pid()).start();
        let_go(live, &target);
        target.word();
        target.ends_with(42);
    }
}

#[test]
fn a_parent_inside_vfork_is_let_go_when_its_child_goes_on() {
    let mut target = Untraced::start("target-vfork");
    eventually("the vfork", || state(target.pid()) == 'D');
    let live = attach(target.pid()).start();
    assert!(live.session.detach());
    // The parent can't stop before its child has gone on, and the session answers meanwhile.
    assert!(live.session.sync());
    target.word();
    live.finish();
    target.ends_with(42);
}

#[test]
fn a_spawned_parent_inside_vfork_and_its_child_are_let_go() {
    let mut live = trace(ModeRequest::Stops, "target-vfork").program(|program| program.stdio[0] = Stdio::Pipe).start();
    live.take_until("the vfork", |records| {
        records.forks().iter().any(|(_, child, _)| {
            records.all.iter().any(|record| {
                record.tid == *child && matches!(&record.body, Body::Pending(call) if call.is(libc::SYS_read))
            })
        })
    });
    let input = live.session.take_pipe(0);
    let pid = live.session.pid();
    assert!(live.session.detach());
    eventually("the child's release", || {
        let child = std::fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        child.trim().parse().is_ok_and(|child: i32| status_line(child, "TracerPid:") == "0")
    });
    drop(input);
    let run = live.finish();
    assert_eq!(run.stdout, "ready\n");
    assert_eq!(run.end.incomplete, 1 << 6);
}

#[test]
fn a_spawned_tree_that_is_let_go_runs_on_and_is_reaped() {
    let live = trace(ModeRequest::Stops, "target-detached-child").program(|program| program.stdio[0] = Stdio::Pipe);
    let mut live = live.start();
    live.take_until("the child's read", |records| {
        records.all.iter().any(|record| {
            record.pid != records.all[0].pid && matches!(&record.body, Body::Pending(call) if call.is(libc::SYS_read))
        })
    });
    let mut input = std::fs::File::from(live.session.take_pipe(0).unwrap());
    let pid = live.session.pid();
    assert!(live.session.detach());
    // Whether it is heard before or after the end, it is answered.
    let _ = live.session.sync();
    eventually("the release", || status_line(pid, "TracerPid:") == "0");
    let _ = live.session.sync();
    std::io::Write::write_all(&mut input, b"w").unwrap();
    drop(input);
    let run = live.finish();
    assert_eq!(run.stdout, "ready\ndone\n");
    eventually("the end, reaped by the thread that cloned it", || state(pid) == '-');
}

#[test]
fn an_abandoned_session_lets_attached_processes_go() {
    let mut target = Untraced::start("target-idle");
    drop(attach(target.pid()).start());
    eventually("the release", || status_line(target.pid(), "TracerPid:") == "0");
    target.word();
    assert_eq!(target.line(), "done");
    target.ends_with(42);
}

#[test]
fn recording_stops_on_request_and_the_process_goes_on() {
    let mut target = Untraced::start("target-idle");
    let live = attach(target.pid()).start();
    target.word();
    assert_eq!(target.line(), "done");
    live.session.stop_recording();
    assert!(live.session.sync());
    for _ in 0..3 {
        target.word();
        assert_eq!(target.line(), "done");
    }
    target.ends_with(42);
    let run = live.finish();
    assert_eq!(run.records.labels(), [1]);
    assert_eq!(run.records.gaps(), [(8, 0)]);
    assert_eq!(run.end.exit_code, Some(42));
}

#[test]
fn signals_sent_through_the_session_arrive() {
    let target = Untraced::start("target-idle");
    let live = attach(target.pid()).start();
    assert!(live.session.kill(0, false));
    assert!(live.session.kill(libc::SIGTERM, false));
    let run = live.finish().killed(libc::SIGTERM);
    assert_eq!(run.records.signals(), [libc::SIGTERM]);
    drop(target);
}

#[test]
fn an_attached_process_that_waits_for_room_is_let_go_when_asked() {
    let mut target = Untraced::start("target-forking");
    let live = attach(target.pid()).backpressure(Backpressure::Wait, 0).start();
    // With no room at all the first chunk fills it.
    live.session.set_consuming(true);
    target.word();
    assert!(live.session.detach());
    let run = live.finish();
    assert_ne!(run.end.incomplete & 1 << 6, 0);
    assert_eq!(target.line(), "done");
    target.ends_with(42);
}

fn has_ring(target: &Untraced) -> bool {
    std::fs::read_dir(format!("/proc/{}/fd", target.pid())).unwrap().any(|entry| {
        std::fs::read_link(entry.unwrap().path()).is_ok_and(|link| link.ends_with("anon_inode:[io_uring]"))
    })
}

#[test]
fn a_ring_that_the_kernel_polls_already_is_told_as_something_not_seen() {
    for (fixture, gaps) in [("target-ring polled", vec![(1, u32::MAX)]), ("target-ring idle", vec![])] {
        let target = Untraced::start(fixture);
        if !has_ring(&target) {
            continue; // Containers forbid rings.
        }
        let live = attach(target.pid()).start();
        target.ends_with(42);
        assert_eq!(live.finish().exited(42).records.gaps(), gaps, "{fixture}");
    }
}

#[test]
fn what_goes_through_a_ring_that_was_there_before_is_told() {
    const OPENAT: u32 = 18;
    for (fixture, gaps) in [
        ("target-busy-ring epoll array", vec![]),
        ("target-busy-ring open array", vec![(1, OPENAT)]),
        ("target-busy-ring epoll bare", vec![]),
        // Its first entry may be what is meant each time.
        ("target-busy-ring open bare", vec![(1, u32::MAX)]),
    ] {
        let mut target = Untraced::start(fixture);
        if !has_ring(&target) {
            continue; // Containers forbid rings.
        }
        target.word();
        assert_eq!(target.line(), "done");
        let live = attach(target.pid()).start();
        for _ in 0..70 {
            target.word();
            assert_eq!(target.line(), "done");
        }
        target.ends_with(42);
        let run = live.finish().exited(42);
        assert_eq!(run.records.gaps(), gaps, "{fixture}");
        assert_eq!(run.records.of(libc::SYS_io_uring_enter).len(), 70);
    }
}
