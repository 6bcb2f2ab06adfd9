//! Sessions as a host uses them: commands, consumers fast and slow, many at once.

use std::collections::BTreeSet;
use std::thread;

use syscope_engine::{Backpressure, ModeRequest};

use crate::in_both_modes;
use crate::support::plan::{argument, bytes, only, record};
use crate::support::records::{Body, OK};
use crate::support::{Run, eventually, state, status_line, trace};

in_both_modes! {
    fn ten_thousand_commands_reach_a_session_whose_tracees_all_block(mode: ModeRequest) {
        let mut live = trace(mode, "all-block 3").start();
        live.take_until("all blocked calls", |records| records.count(|body| matches!(body, Body::Pending(call) if call.is(libc::SYS_pause))) == 7);
        let session = &live.session;
        let answered: usize = thread::scope(|scope| {
            let senders: Vec<_> = (0..10).map(|sender| {
                scope.spawn(move || (0..1000).filter(|turn| match (sender + turn) % 4 {
                    0 => session.kill(0, turn % 8 == 0),
                    // Sets a deadline on the bell: a flush is due 10 ms after the next record.
                    1 => {
                        session.set_consuming(turn % 3 == 0);
                        session.sync()
                    }
                    _ => session.sync(),
                }).count())
            }).collect();
            senders.into_iter().map(|sender| sender.join().unwrap()).sum()
        });
        assert_eq!(answered, 10_000);
        session.set_consuming(false);
        assert!(session.kill(libc::SIGKILL, true));
        let run = live.finish().killed(libc::SIGKILL);
        assert_eq!(run.records.exits().len(), 7);
        let unfinished: Vec<_> = run.records.of(libc::SYS_pause).into_iter().filter(|call| call.unfinished && call.announced).collect();
        assert_eq!(unfinished.len(), 7);
    }
}

in_both_modes! {
    fn a_call_that_blocks_is_shown_while_it_waits(mode: ModeRequest) {
        let mut live = trace(mode, "all-block 0").start();
        live.take_until("the pending call", |records| records.count(|body| matches!(body, Body::Pending(call) if call.is(libc::SYS_pause))) == 1);
        assert!(live.session.kill(libc::SIGTERM, false));
        let run = live.finish().killed(libc::SIGTERM);
        let pause = run.records.of(libc::SYS_pause)[0];
        assert!(pause.announced && (pause.unfinished || pause.result < 0), "{pause:?}");
    }
}

in_both_modes! {
    fn a_consumer_gets_events_while_the_program_runs(mode: ModeRequest) {
        let mut live = trace(mode, "target-idle").program(|program| program.stdio[0] = syscope_engine::Stdio::Pipe).start();
        let mut input = std::fs::File::from(live.session.take_pipe(0).unwrap());
        for label in 1..=5 {
            std::io::Write::write_all(&mut input, b"w").unwrap();
            live.take_until("the next mark", |records| records.labels().last() == Some(&label));
        }
        drop(input);
        let run = live.finish().exited(42).complete();
        assert_eq!(run.records.labels(), [1, 2, 3, 4, 5]);
    }
}

in_both_modes! {
    fn what_nobody_reads_is_spilled_and_read_back_whole(mode: ModeRequest) {
        let plan = only(&[record(libc::SYS_write, &[bytes(1, argument(1), argument(2), 1 << 16)])]);
        let run = trace(mode, "big-writes 300 20000").plan(&plan).backpressure(Backpressure::Spill, 100_000).run().exited(0).complete();
        let writes = run.records.of(libc::SYS_write);
        assert_eq!(writes.len(), 300);
        for call in writes {
            let capture = call.capture(1);
            assert_eq!((capture.status, capture.bytes.len()), (OK, 20_000));
            assert!(capture.bytes.iter().enumerate().all(|(at, byte)| *byte == at as u8));
        }
    }
}

in_both_modes! {
    fn a_reader_beside_the_writer_gets_spilled_and_unspilled_chunks_in_order(mode: ModeRequest) {
        let mut live = trace(mode, "marks 6000").backpressure(Backpressure::Spill, 1).start();
        live.take_until("some marks", |records| records.labels().len() > 500);
        live.session.set_consuming(false);
        let run = live.finish().exited(0).complete();
        assert_eq!(run.records.labels(), (0..6000).collect::<Vec<_>>());
    }
}

in_both_modes! {
    fn tracees_wait_for_a_reader_that_is_slow_if_asked_to(mode: ModeRequest) {
        let plan = only(&[record(libc::SYS_write, &[bytes(1, argument(1), argument(2), 1 << 16)])]);
        let mut live = trace(mode, "big-writes 200 50000").plan(&plan).backpressure(Backpressure::Wait, 500_000).start();
        let pid = live.session.pid();
        // Ten megabytes are to come; the writer stops at the bound, give or take a chunk.
        eventually("the wait", || state(pid) == 't');
        for _ in 0..50 {
            assert!(live.session.sync(), "it answers all the same");
        }
        let mut held = 0;
        while let Some(chunk) = live.session.take() {
            held += chunk.len();
            live.chunks.push(chunk);
            if held > 2_000_000 {
                break;
            }
        }
        live.take_until("the rest", |records| records.of(libc::SYS_write).len() == 200);
        assert_eq!(live.finish().exited(0).complete().records.of(libc::SYS_write).len(), 200);
    }
}

in_both_modes! {
    fn tracees_that_wait_for_room_can_be_killed(mode: ModeRequest) {
        let live = trace(mode, "marks 2000000").backpressure(Backpressure::Wait, 1000).start();
        let pid = live.session.pid();
        eventually("the wait", || state(pid) == 't');
        assert!(live.session.kill(libc::SIGKILL, true));
        live.finish().killed(libc::SIGKILL);
    }
}

#[test]
fn twenty_sessions_run_side_by_side() {
    let fixtures = [
        "threads 4 20",
        "short-lived 30",
        "exec-storm 10",
        "own-trace",
        "fork 6",
        "exit-group-over-blocked-threads",
        "group-stop",
        "all-signals",
    ];
    let runs: Vec<Run> = thread::scope(|scope| {
        let threads: Vec<_> = (0..20)
            .map(|index| {
                let mode = if index % 2 == 0 { ModeRequest::Stops } else { ModeRequest::Filter };
                scope.spawn(move || trace(mode, fixtures[index % fixtures.len()]).run())
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let pids: BTreeSet<i32> = runs.iter().map(|run| run.pid).collect();
    assert_eq!(pids.len(), 20);
    for (index, run) in runs.into_iter().enumerate() {
        let status = if index % fixtures.len() == 5 { 11 } else { 0 };
        let run = run.exited(status).complete();
        // Nobody of another session is in it.
        let born: BTreeSet<i32> = run.records.forks().iter().map(|(_, child, _)| *child).chain([run.pid]).collect();
        assert!(run.records.all.iter().all(|record| born.contains(&record.tid)));
    }
}

in_both_modes! {
    fn killing_the_first_process_leaves_the_others_to_the_end_that_was_asked_for(mode: ModeRequest) {
        let mut live = trace(mode, "all-block 2").start();
        live.take_until("all blocked calls", |records| records.count(|body| matches!(body, Body::Pending(call) if call.is(libc::SYS_pause))) == 5);
        assert!(live.session.kill(libc::SIGKILL, false));
        live.take_until("the first one's end", |records| records.count(|body| matches!(body, Body::Exit { .. })) == 3);
        assert!(live.session.end().is_none());
        assert!(live.session.kill(libc::SIGKILL, true));
        let run = live.finish().killed(libc::SIGKILL);
        assert!(!run.records.exits().is_empty());
        assert_eq!(run.records.exits().len(), 5);
    }
}

in_both_modes! {
    fn an_abandoned_session_leaves_nobody_alive(mode: ModeRequest) {
        let mut live = trace(mode, "all-block 2").start();
        live.take_until("all blocked calls", |records| records.count(|body| matches!(body, Body::Pending(call) if call.is(libc::SYS_pause))) == 5);
        let everybody: BTreeSet<i32> = live.session_pids();
        drop(live);
        eventually("their end", || everybody.iter().all(|pid| matches!(state(*pid), '-' | 'Z')));
    }
}

impl crate::support::Live {
    fn session_pids(&self) -> BTreeSet<i32> {
        crate::support::records::Records::parse_open(&self.chunks).all.iter().map(|record| record.pid).collect()
    }
}

in_both_modes! {
    fn recording_stops_on_request_and_the_command_runs_on(mode: ModeRequest) {
        let mut live = trace(mode, "target-idle").program(|program| program.stdio[0] = syscope_engine::Stdio::Pipe).start();
        let mut input = std::fs::File::from(live.session.take_pipe(0).unwrap());
        std::io::Write::write_all(&mut input, b"w").unwrap();
        live.take_until("the first mark", |records| records.labels() == [1]);
        live.session.stop_recording();
        assert!(live.session.sync());
        std::io::Write::write_all(&mut input, b"ww").unwrap();
        drop(input);
        let run = live.finish().exited(42);
        assert_eq!(run.stdout, "ready\ndone\ndone\ndone\n");
        assert_eq!(run.records.labels(), [1]);
        assert_eq!(run.records.gaps(), [(8, 0)]);
    }
}

in_both_modes! {
    fn commands_after_the_end_say_so(mode: ModeRequest) {
        let live = trace(mode, "exit 0").start();
        eventually("the end", || live.session.end().is_some());
        assert!(!live.session.kill(libc::SIGKILL, true));
        assert!(!live.session.sync());
        assert!(!live.session.detach());
        live.session.stop_recording();
        live.session.set_consuming(true);
        live.session.abandon();
        live.finish().exited(0).complete();
    }
}

#[test]
fn a_tracee_knows_its_parent_and_its_tracer_is_a_thread_of_ours() {
    let live = trace(ModeRequest::Stops, "all-block 0").start();
    let own = std::process::id().to_string();
    assert_eq!(status_line(live.session.pid(), "PPid:"), own);
    let tracer: i32 = status_line(live.session.pid(), "TracerPid:").parse().unwrap();
    assert_eq!(status_line(tracer, "Tgid:"), own);
    live.session.kill(libc::SIGKILL, true);
    live.finish().killed(libc::SIGKILL);
}

in_both_modes! {
    fn a_tree_that_grows_while_it_is_killed_ends(mode: ModeRequest) {
        for _ in 0..25 {
            let live = trace(mode, "all-block 12").start();
            assert!(live.session.kill(libc::SIGKILL, true));
            // Over only when nobody is left.
            let run = live.finish().killed(libc::SIGKILL);
            assert!(run.records.exits().values().all(|told| *told == 1000 + libc::SIGKILL));
        }
    }
}
