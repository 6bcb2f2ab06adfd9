//! The process tree: forks, threads, executions and ends in every order.

use std::collections::BTreeSet;
use std::time::Duration;

use syscope_engine::{Ending, Follow, ModeRequest};

use crate::in_both_modes;
use crate::support::records::Body;
use crate::support::{state, trace};

const FORK: u32 = 1;
const VFORK: u32 = 2;
const CLONE: u32 = 3;

in_both_modes! {
    fn children_by_fork_and_clone_are_followed_from_their_first_call(mode: ModeRequest) {
        let run = trace(mode, "fork 6").run().exited(0).complete();
        let forks = run.records.forks();
        let hows: Vec<u32> = forks.iter().map(|(_, _, how)| *how).collect();
        // clone with SIGCHLD as the signal of the child's end is a fork to the kernel, whatever its name.
        assert_eq!(hows, [FORK; 6]);
        let marks: BTreeSet<(i32, u64)> = run.records.marks().into_iter().collect();
        let wanted = forks.iter().zip(0..).map(|((_, child, _), label)| (*child, label)).collect();
        assert_eq!(marks, wanted);
        let exits = run.records.exits();
        for ((parent, child, _), status) in forks.iter().zip(1..) {
            assert_eq!((*parent, exits[child]), (run.pid, status));
        }
    }
}

in_both_modes! {
    fn a_childs_birth_is_told_before_anything_it_does(mode: ModeRequest) {
        let run = trace(mode, "short-lived 200").run().exited(0).complete();
        let mut born = BTreeSet::from([run.pid]);
        for record in &run.records.all {
            match record.body {
                Body::Fork { child_tid, .. } => assert!(born.insert(child_tid), "{child_tid} is born twice"),
                _ => assert!(born.contains(&record.tid), "{record:?} of somebody unknown"),
            }
        }
    }
}

in_both_modes! {
    fn vfork_and_its_childs_exec_or_exit_are_followed(mode: ModeRequest) {
        let run = trace(mode, "vfork").run().exited(0).complete();
        let forks = run.records.forks();
        assert_eq!(forks.iter().map(|(_, _, how)| *how).collect::<Vec<_>>(), [VFORK; 2]);
        let exits = run.records.exits();
        assert_eq!((exits[&forks[0].1], exits[&forks[1].1]), (3, 6));
        assert_eq!(run.records.count(|body| matches!(body, Body::Exec { .. })), 2);
        let vforks = run.records.of(libc::SYS_vfork);
        assert_eq!(vforks.iter().map(|call| call.result as i32).collect::<Vec<_>>(), [forks[0].1, forks[1].1]);
    }
}

in_both_modes! {
    fn threads_are_told_from_processes(mode: ModeRequest) {
        let run = trace(mode, "threads 64 5").run().exited(0).complete();
        let threads: BTreeSet<i32> = run.records.all.iter().filter_map(|record| match record.body {
            Body::Fork { child_pid, child_tid, how } => {
                assert_eq!((child_pid, how), (run.pid, CLONE));
                Some(child_tid)
            }
            _ => None,
        }).collect();
        assert_eq!(threads.len(), 64);
        assert_eq!(run.records.labels().len(), 64 * 5);
        for record in &run.records.all {
            assert_eq!(record.pid, run.pid);
        }
        assert!(threads.iter().all(|tid| run.records.exits()[tid] == 0));
        // Each thread's marks come in its own order.
        for tid in threads {
            let own: Vec<u64> = run.records.marks().into_iter().filter(|(who, _)| *who == tid).map(|(_, label)| label % 1000).collect();
            assert_eq!(own, [0, 1, 2, 3, 4]);
        }
    }
}

in_both_modes! {
    fn an_exec_from_another_thread_takes_the_leaders_place(mode: ModeRequest) {
        let run = trace(mode, "exec-in-thread").run().exited(4).complete();
        let (_, executing, _) = *run.records.forks().last().unwrap();
        let superseded = run.records.position(|record| record.body == Body::Superseded { by: executing });
        let executed = run.records.position(|record| matches!(record.body, Body::Exec { former_tid, .. } if former_tid == executing));
        assert!(superseded < executed);
        assert_eq!(run.records.all[executed].tid, run.pid);
        // The execve began in the thread and ended as the leader.
        let execve = run.records.calls().filter(|(_, call)| call.is(libc::SYS_execve)).last().unwrap();
        assert_eq!((execve.0.tid, execve.1.result, execve.1.unfinished), (run.pid, 0, false));
        // The former leader and the two other threads were inside read.
        let unfinished = run.records.of(libc::SYS_read).into_iter().filter(|call| call.unfinished && call.args[2] == 1).count();
        assert_eq!(unfinished, 3);
        let exits = run.records.exits();
        assert!(!exits.contains_key(&executing), "its id is gone without an end");
        assert_eq!(exits.len(), 3, "two other threads, and the process: {exits:?}");
        assert_eq!(exits[&run.pid], 4);
    }
}

in_both_modes! {
    fn a_leader_that_ends_first_ends_the_process_only_with_its_last_thread(mode: ModeRequest) {
        let run = trace(mode, "leader-exits-first").run().exited(7).complete();
        assert_eq!(run.records.labels(), (0..10).collect::<Vec<_>>());
        let exit = run.records.of(libc::SYS_exit);
        assert!(exit.len() == 1 && exit[0].unfinished && exit[0].args[0] == 9);
        let exits = run.records.exits();
        assert_eq!(exits.len(), 2);
        // The kernel tells both ends only now, and with the group's status.
        assert_eq!(exits[&run.pid], 7);
        assert!(matches!(run.records.all[run.records.all.len() - 2].body, Body::Exit { code: 7, .. }));
    }
}

in_both_modes! {
    fn a_thread_killed_by_exit_group_closes_its_pending_call(mode: ModeRequest) {
        let run = trace(mode, "exit-group-over-blocked-threads").run().exited(11).complete();
        let reads: Vec<_> = run.records.of(libc::SYS_read).into_iter().filter(|call| call.args[2] == 1).collect();
        assert_eq!(reads.len(), 4);
        assert!(reads.iter().all(|call| call.unfinished && call.result == 0));
        let exits = run.records.exits();
        assert_eq!(exits.len(), 5);
        assert!(exits.values().all(|status| *status == 11));
        assert_eq!(run.records.labels(), []);
    }
}

in_both_modes! {
    fn a_program_that_executes_itself_over_and_over_stays_one_process(mode: ModeRequest) {
        let run = trace(mode, "exec-storm 40").run().exited(0).complete();
        assert_eq!(run.records.labels(), (0..=40).rev().collect::<Vec<_>>());
        assert_eq!(run.records.count(|body| matches!(body, Body::Exec { .. })), 41);
        assert!(run.records.all.iter().all(|record| record.tid == run.pid));
    }
}

in_both_modes! {
    fn parents_that_die_before_their_children_lose_nobody(mode: ModeRequest) {
        let run = trace(mode, "fork-and-die").run().exited(0).complete();
        let mut statuses: Vec<i32> = run.records.exits().into_values().collect();
        statuses.sort_unstable();
        assert_eq!(statuses, [0, 1, 2, 3, 20]);
        assert_eq!(run.records.labels(), [0, 1, 2, 3]);
    }
}

in_both_modes! {
    fn children_of_parents_killed_inside_fork_are_of_the_tree_all_the_same(mode: ModeRequest) {
        let run = trace(mode, "fork-and-be-killed 12").run().exited(0);
        let exits = run.records.exits();
        let lost = run.records.gaps().into_iter().filter(|(reason, _)| *reason == 2).count();
        assert_eq!(lost, 0, "no tracee is lost");
        // Whoever made a call has ended in the record too, and so has everybody who was announced.
        for record in &run.records.all {
            assert!(exits.contains_key(&record.tid), "{record:?} without an end");
            if let Body::Fork { child_tid, .. } = record.body {
                assert!(exits.contains_key(&child_tid), "{child_tid} without an end");
            }
        }
        assert!(run.records.labels().len() >= 36);
    }
}

in_both_modes! {
    fn clone_untraced_does_not_escape_and_does_not_notice(mode: ModeRequest) {
        // The fixture checks register and memory: the flag is where it put it.
        let run = trace(mode, "untraced-clone").run().exited(0).complete();
        assert_eq!(run.records.labels(), [300, 301]);
        assert_eq!(run.records.forks().len(), 2);
        let flags: Vec<u64> = run.records.of(libc::SYS_clone).iter().map(|call| call.args[0]).collect();
        assert_eq!(flags, [0x0080_0000 | libc::SIGCHLD as u64], "the record shows what was asked for");
    }
}

in_both_modes! {
    fn clone_untraced_by_int_0x80_does_not_escape_either(mode: ModeRequest) {
        let run = trace(mode, "untraced-clone-i386").run().exited(0).complete();
        assert_eq!(run.records.labels(), [302]);
        assert_eq!(run.records.forks().len(), 1);
    }
}

in_both_modes! {
    fn clone_ptrace_changes_nothing(mode: ModeRequest) {
        let run = trace(mode, "traced-clone").run().exited(0).complete();
        let labels: BTreeSet<u64> = run.records.labels().into_iter().collect();
        assert_eq!(labels, BTreeSet::from([1, 2]));
        assert_eq!(run.records.forks().len(), 1);
    }
}

in_both_modes! {
    fn a_child_that_is_not_followed_is_not_recorded_and_works(mode: ModeRequest) {
        for fixture in ["fork 4", "vfork", "threads 4 2", "untraced-clone", "traced-clone", "short-lived 30", "exec-in-thread", "fork-and-die"] {
            let run = trace(mode, fixture).with(|config| config.follow = Follow::Nobody).run();
            let status = if fixture == "exec-in-thread" { 4 } else { 0 };
            let run = run.exited(status);
            assert_eq!(run.records.forks(), [], "{fixture}");
            assert!(run.records.all.iter().all(|record| record.tid == run.pid), "{fixture}");
        }
    }
}

in_both_modes! {
    fn a_process_left_behind_is_recorded_and_killed(mode: ModeRequest) {
        let run = trace(mode, "leaky").with(|config| config.ending = Ending::First { drain: Duration::from_millis(100) });
        let run = run.run().exited(0);
        let leaked: i32 = run.stdout.trim().parse().unwrap();
        let told: Vec<i32> = run.records.all.iter().filter(|record| record.body == Body::Leaked).map(|record| record.pid).collect();
        assert_eq!(told, [leaked]);
        assert_eq!(run.records.exits()[&leaked], 1000 + libc::SIGKILL);
        assert_ne!(state(leaked), 'S', "it is gone, or waits for its new parent to reap it");
    }
}

in_both_modes! {
    fn a_process_that_ends_in_time_is_not_leaked(mode: ModeRequest) {
        let run = trace(mode, "outlived").with(|config| config.ending = Ending::First { drain: Duration::from_secs(50) });
        let run = run.run().exited(3).complete();
        assert_eq!(run.records.labels(), [77]);
        assert_eq!(run.records.count(|body| *body == Body::Leaked), 0);
    }
}

in_both_modes! {
    fn until_the_tree_ends_is_until_the_last_one_ends(mode: ModeRequest) {
        let run = trace(mode, "outlived").run().exited(3).complete();
        assert_eq!(run.records.labels(), [77]);
        assert_eq!(run.records.exits().len(), 2);
    }
}

in_both_modes! {
    fn five_hundred_short_lived_processes_are_all_there(mode: ModeRequest) {
        let run = trace(mode, "short-lived 500").run().exited(0).complete();
        assert_eq!(run.records.labels(), (0..500).collect::<Vec<_>>());
        assert_eq!(run.records.exits().len(), 501);
    }
}
