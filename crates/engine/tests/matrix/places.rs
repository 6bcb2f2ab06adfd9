//! Where tracer and tracees run, and that no tracee can tell.

use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;
use syscope_engine::{ModeRequest, PlacementPolicy};

use crate::in_both_modes;
use crate::support::{Untraced, attach, eventually, state, trace};

const POLICIES: [PlacementPolicy; 3] = [PlacementPolicy::Auto, PlacementPolicy::Pinned, PlacementPolicy::Free];

fn mask(pid: i32) -> Vec<usize> {
    let set = sched_getaffinity(Pid::from_raw(pid)).unwrap();
    (0..CpuSet::count()).filter(|cpu| set.is_set(*cpu).unwrap()).collect()
}

fn word() -> u64 {
    mask(0).into_iter().filter(|cpu| *cpu < 64).map(|cpu| 1 << cpu).sum()
}

in_both_modes! {
    fn a_program_sees_the_affinity_that_it_would_have(mode: ModeRequest) {
        for placement in POLICIES {
            let run = trace(mode, "affinity").with(|config| config.placement = placement).run().exited(0).complete();
            assert_eq!(run.stdout.trim(), format!("{:?}", [word(); 3]), "{placement:?}");
        }
    }
}

in_both_modes! {
    fn a_program_that_places_itself_stays_where_it_wants(mode: ModeRequest) {
        for placement in POLICIES {
            let run = trace(mode, "place-itself").with(|config| config.placement = placement).run().exited(0).complete();
            assert_eq!(run.stdout, "1\n", "{placement:?}");
        }
    }
}

in_both_modes! {
    fn a_program_that_places_another_thread_has_both_where_it_wants(mode: ModeRequest) {
        for placement in POLICIES {
            let run = trace(mode, "place-sibling").with(|config| config.placement = placement).run().exited(0).complete();
            assert_eq!(run.stdout, "set 0 sibling true caller true allowed true\n", "{placement:?}");
        }
    }
}

#[test]
fn an_attached_process_keeps_its_own_affinity() {
    let mut target = Untraced::start("target-idle");
    let mut own = CpuSet::new();
    own.set(*mask(0).last().unwrap()).unwrap();
    sched_setaffinity(Pid::from_raw(target.pid()), &own).unwrap();
    let before = mask(target.pid());
    let live = attach(target.pid()).start();
    for _ in 0..10 {
        target.word();
        assert_eq!(target.line(), "done");
        // Long enough for the placement to be thought over.
        std::thread::sleep(std::time::Duration::from_millis(12));
    }
    assert!(live.session.detach());
    live.finish();
    assert_eq!(mask(target.pid()), before);
    target.ends_with(42);
}

#[test]
fn threads_that_are_let_go_are_free_again() {
    let mut live = trace(ModeRequest::Stops, "target-threads 4")
        .program(|program| program.stdio[0] = syscope_engine::Stdio::Pipe)
        .with(|config| config.placement = PlacementPolicy::Pinned)
        .start();
    live.take_until("the threads", |records| records.forks().len() == 4);
    let pid = live.session.pid();
    let input = live.session.take_pipe(0);
    assert!(live.session.detach());
    eventually("the release", || crate::support::status_line(pid, "TracerPid:") == "0");
    let threads: Vec<i32> = std::fs::read_dir(format!("/proc/{pid}/task"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_str().unwrap().parse().unwrap())
        .collect();
    eventually("their release", || threads.iter().all(|tid| crate::support::status_line(*tid, "TracerPid:") == "0"));
    for tid in threads {
        assert_eq!(mask(tid), mask(0));
    }
    drop(input);
    live.finish();
    eventually("the end", || state(pid) == '-');
}
