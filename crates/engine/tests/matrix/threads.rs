//! Tracing the threads of a process and nobody else, and leaving some of them alone.

use std::collections::BTreeSet;
use std::time::Duration;

use syscope_engine::record::GapReason;
use syscope_engine::{Config, Follow};

use crate::support::{Run, Untraced, attach, eventually, state, status_line};

fn threads(config: &mut Config) {
    config.follow = Follow::Threads;
}

fn untraced_children(run: &Run) -> usize {
    run.records.gaps().iter().filter(|(reason, _)| *reason == GapReason::UntracedChild as u32).count()
}

fn tids(pid: i32) -> Vec<i32> {
    let entries = std::fs::read_dir(format!("/proc/{pid}/task")).unwrap();
    entries.map(|entry| entry.unwrap().file_name().to_str().unwrap().parse().unwrap()).collect()
}

#[test]
fn children_run_untraced_and_each_leaves_a_gap() {
    let mut target = Untraced::start("target-forking");
    let live = attach(target.pid()).with(threads).start();
    for _ in 0..5 {
        target.word();
        assert_eq!(target.line(), "done");
    }
    target.ends_with(42);
    let run = live.finish().exited(42);
    assert_eq!((run.records.labels(), run.records.forks()), (vec![], vec![]));
    assert!(run.records.all.iter().all(|record| record.pid == run.pid));
    assert_eq!(untraced_children(&run), 5);
    assert_eq!(run.end.incomplete, 1 << GapReason::UntracedChild as u32);
}

#[test]
fn threads_that_begin_are_followed() {
    let mut target = Untraced::start("target-cloning 6");
    let mut live = attach(target.pid()).with(threads).start();
    live.take_until("a thread's birth", |records| !records.forks().is_empty());
    live.session.set_consuming(false);
    target.word();
    target.ends_with(42);
    let run = live.finish().exited(42).complete();
    assert_eq!(run.records.marks().len(), 6);
}

#[test]
fn a_child_that_was_there_before_is_nobodys_business() {
    let mut target = Untraced::start("target-vfork");
    let live = attach(target.pid()).with(threads).start();
    target.word();
    target.ends_with(42);
    let run = live.finish().exited(42).complete();
    assert_eq!(run.records.labels(), [13]);
}

#[test]
fn of_one_thread_children_are_missed_aloud_and_other_threads_are_not_missed() {
    let only = |config: &mut Config| config.follow = Follow::Thread;
    let mut target = Untraced::start("target-forking");
    let live = attach(target.pid()).with(only).start();
    target.word();
    assert_eq!(target.line(), "done");
    target.ends_with(42);
    let run = live.finish().exited(42);
    assert_eq!((run.records.labels(), untraced_children(&run)), (vec![], 1));

    let mut target = Untraced::start("target-threads 3");
    let live = attach(target.pid()).with(only).start();
    target.word();
    target.ends_with(42);
    let run = live.finish().exited(42).complete();
    assert!(run.records.all.iter().all(|record| record.tid == run.pid));
}

#[test]
fn a_thread_that_is_excepted_is_never_traced() {
    let mut target = Untraced::start("target-threads 4");
    let excepted = tids(target.pid()).into_iter().find(|tid| *tid != target.pid()).unwrap();
    let live = attach(target.pid())
        .with(|config| {
            threads(config);
            config.except = vec![excepted];
        })
        .start();
    live.session.await_joined(Duration::from_secs(60));
    assert_eq!(status_line(excepted, "TracerPid:"), "0");
    target.word();
    target.ends_with(42);
    let run = live.finish().exited(42).complete();
    assert_eq!(run.records.marks().len(), 3);
    assert!(run.records.all.iter().all(|record| record.tid != excepted));
}

#[test]
fn a_thread_is_let_go_while_the_others_stay() {
    let mut target = Untraced::start("target-threads 4");
    let live = attach(target.pid()).with(threads).start();
    live.session.await_joined(Duration::from_secs(60));
    let freed: BTreeSet<i32> = tids(target.pid()).into_iter().filter(|tid| *tid != target.pid()).take(2).collect();
    for tid in &freed {
        assert_ne!(status_line(*tid, "TracerPid:"), "0");
        live.session.exempt(*tid, false);
        assert_eq!(status_line(*tid, "TracerPid:"), "0");
    }
    // Who is not there, or is free already, is free.
    live.session.exempt(0x3fff_ffff, false);
    live.session.exempt(*freed.first().unwrap(), false);
    target.word();
    target.ends_with(42);
    let run = live.finish().exited(42).complete();
    assert_eq!(run.records.marks().len(), 2);
    assert!(run.records.marks().iter().all(|(tid, _)| !freed.contains(tid)));
}

#[test]
fn a_thread_that_starts_processes_leaves_a_gap_when_it_is_let_go() {
    let target = Untraced::start("target-threads 1");
    let tid = tids(target.pid()).into_iter().find(|tid| *tid != target.pid()).unwrap();
    let live = attach(target.pid()).with(threads).start();
    live.session.exempt(tid, true);
    target.ends_with(42);
    assert_eq!(untraced_children(&live.finish().exited(42)), 1);
}

#[test]
fn nobody_waits_for_the_dead() {
    let target = Untraced::start("target-idle");
    let live = attach(target.pid()).start();
    let pid = target.pid();
    target.ends_with(42);
    eventually("the end", || state(pid) == '-');
    live.session.await_joined(Duration::from_secs(60));
    live.session.exempt(pid, false);
    live.finish().exited(42);
}
