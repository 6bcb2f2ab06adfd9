//! Signals, group-stops, and calls that they interrupt: what stops, what is delivered, what goes on.

use syscope_engine::ModeRequest;

use crate::in_both_modes;
use crate::support::plan::{all_and, bytes, constant, record, stack};
use crate::support::records::{Body, FAULT, OK};
use crate::support::trace;

const ERESTARTSYS: i64 = -512;
const ERESTART_RESTARTBLOCK: i64 = -516;

in_both_modes! {
    fn every_signal_is_delivered_once_per_sending_real_time_ones_and_the_librarys_own_too(mode: ModeRequest) {
        let run = trace(mode, "all-signals").run().exited(0).complete();
        // As the same program says untraced: 62 signals, twice.
        assert_eq!(run.stdout, "124 0xfffffffffffbfeff\n");
        let mut signals = run.records.signals();
        signals.sort_unstable();
        let wanted: Vec<i32> = (1..=64).filter(|signal| ![9, 19].contains(signal)).flat_map(|signal| [signal; 2]).collect();
        assert_eq!(signals, wanted);
    }
}

in_both_modes! {
    fn a_signals_siginfo_says_who_sent_it(mode: ModeRequest) {
        let run = trace(mode, "interrupted-read").run().exited(0);
        let (sender, _, _) = *run.records.forks().first().map(|(_, child, how)| (*child, 0, *how)).iter().next().unwrap();
        let info = run.records.all.iter().find_map(|record| match &record.body {
            Body::Signal { signal, info, .. } if *signal == libc::SIGUSR1 => info.clone(),
            _ => None,
        });
        let info = info.unwrap();
        let word = |at: usize| i32::from_le_bytes(info[at..at + 4].try_into().unwrap());
        // si_signo, si_code (SI_USER), si_pid.
        assert_eq!((word(0), word(8), word(16)), (libc::SIGUSR1, 0, sender));
    }
}

in_both_modes! {
    fn a_real_sigtrap_reaches_the_program(mode: ModeRequest) {
        let run = trace(mode, "sigtrap").run().exited(0).complete();
        let traps = run.records.signals().into_iter().filter(|signal| *signal == libc::SIGTRAP).count();
        assert_eq!(traps, 3);
        assert_eq!(run.records.labels(), [1]);
    }
}

in_both_modes! {
    fn a_read_that_a_signal_restarts_is_two_calls_of_which_the_first_says_so(mode: ModeRequest) {
        let run = trace(mode, "restarted-read").run().exited(0).complete();
        let blocking = |call: &&&crate::support::records::Call| call.args[2] == 1;
        let reads = run.records.of(libc::SYS_read);
        let answers: Vec<(i64, bool)> = reads.iter().filter(blocking).map(|call| (call.result, call.is_error)).collect();
        assert_eq!(answers, [(ERESTARTSYS, true), (1, false)]);
        let reads: Vec<_> = reads.iter().filter(blocking).collect();
        assert_eq!((reads[0].args, reads[0].ip), (reads[1].args, reads[1].ip));
        // Call, signal, handler, return from it, call again.
        let calls = run.records.position(|record| matches!(record.body, Body::Signal { signal: libc::SIGUSR1, .. }));
        let returned = run.records.position(|record| matches!(&record.body, Body::Syscall(call) if call.is(libc::SYS_rt_sigreturn)));
        assert!(calls < returned);
    }
}

in_both_modes! {
    fn a_read_that_a_signal_ends_is_one_call_with_the_kernels_own_answer(mode: ModeRequest) {
        let run = trace(mode, "interrupted-read").run().exited(0).complete();
        let reads = run.records.of(libc::SYS_read);
        let answers: Vec<i64> = reads.iter().filter(|call| call.args[2] == 1).map(|call| call.result).collect();
        assert_eq!(answers, [ERESTARTSYS]);
    }
}

in_both_modes! {
    fn a_sleep_that_is_stopped_and_continued_goes_on_as_a_restart_that_names_it(mode: ModeRequest) {
        let run = trace(mode, "stopped-sleep").run().exited(0).complete();
        let first: Vec<_> = run.records.calls().filter(|(record, _)| record.tid == run.pid).map(|(_, call)| call).collect();
        let at = first.iter().position(|call| call.is(libc::SYS_nanosleep) && call.result == ERESTART_RESTARTBLOCK).unwrap();
        // SIGCONT may end the first restart early too: then there is another, which goes on with the same call.
        let restarts: Vec<_> = first[at + 1..].iter().take_while(|call| call.is(libc::SYS_restart_syscall)).collect();
        let (last, before) = restarts.split_last().unwrap();
        assert_eq!(last.result, 0, "{restarts:?}");
        assert!(before.iter().all(|call| call.result == ERESTART_RESTARTBLOCK), "{restarts:?}");
        assert!(restarts.iter().all(|call| call.resumes == 1 + libc::SYS_nanosleep as u32), "{restarts:?}");
        assert_eq!(run.records.count(|body| matches!(body, Body::Stop { signal: libc::SIGSTOP })), 1);
        assert_eq!(run.records.count(|body| matches!(body, Body::Continue)), 1);
    }
}

in_both_modes! {
    fn a_group_stop_stops_and_a_shell_sees_it(mode: ModeRequest) {
        let run = trace(mode, "group-stop").run().exited(0).complete();
        // Stopped (1, 3, 4), and on only after SIGCONT (2).
        assert_eq!(run.records.labels(), [1, 3, 4, 2]);
        assert_eq!(run.records.count(|body| matches!(body, Body::Stop { signal: libc::SIGSTOP })), 1);
        assert_eq!(run.records.count(|body| matches!(body, Body::Continue)), 1);
        let order: Vec<_> = run.records.all.iter().filter_map(|record| match &record.body {
            Body::Stop { .. } => Some(1),
            Body::Continue => Some(2),
            _ => None,
        }).collect();
        assert_eq!(order, [1, 2]);
    }
}

in_both_modes! {
    fn the_terminals_stop_signals_stop_too_and_sigkill_ends_a_stopped_process(mode: ModeRequest) {
        let run = trace(mode, "stop-signals").run().exited(0).complete();
        let mut stops: Vec<i32> = run.records.all.iter().filter_map(|record| match record.body {
            Body::Stop { signal } => Some(signal),
            _ => None,
        }).collect();
        stops.sort_unstable();
        assert_eq!(stops, [libc::SIGSTOP, libc::SIGTSTP, libc::SIGTTIN, libc::SIGTTOU]);
        let killed = run.records.exits().values().filter(|told| **told == 1000 + libc::SIGKILL).count();
        assert_eq!(killed, 4);
    }
}

in_both_modes! {
    fn a_tracee_killed_inside_a_call_closes_it_without_a_result(mode: ModeRequest) {
        let run = trace(mode, "killed-mid-call").run().exited(0).complete();
        let child = run.records.forks()[0].1;
        let last = run.records.calls().filter(|(record, _)| record.tid == child).last().unwrap().1;
        assert!(last.is(libc::SYS_read) && last.unfinished, "{last:?}");
        assert_eq!(run.records.exits()[&child], 1000 + libc::SIGKILL);
        assert_eq!(run.records.labels(), [1, 2]);
    }
}

in_both_modes! {
    fn calls_of_a_handler_stand_between_the_interrupted_call_and_the_next(mode: ModeRequest) {
        let run = trace(mode, "handler-calls").run().exited(0).complete();
        assert_eq!(run.records.labels(), [50, 51, 52]);
        assert_eq!(run.records.of(libc::SYS_rt_sigreturn).len(), 1);
        // pause has no restart of its own: ERESTARTNOHAND.
        assert_eq!(run.records.of(libc::SYS_pause)[0].result, -514);
    }
}

in_both_modes! {
    fn the_frame_that_a_handler_returns_by_lies_at_the_stack_pointer(mode: ModeRequest) {
        // struct ucontext of x86_64: where to go on, and the mask.
        let word = |key, offset| bytes(key, stack(offset), constant(8), 8);
        // At the exit the stack pointer is another one.
        let nodes = [word(0, 168), word(1, 296), word(2, 168).at_any_exit(), word(3, u32::MAX)];
        let plan = all_and(&[record(libc::SYS_rt_sigreturn, &nodes)]);
        let run = trace(mode, "handler-calls").plan(&plan).run().exited(0).complete();
        let back = run.records.of(libc::SYS_pause)[0].ip.to_le_bytes();
        let returned = run.records.of(libc::SYS_rt_sigreturn)[0];
        assert_eq!(returned.capture(0).bytes, back);
        assert_eq!((returned.capture(1).status, &returned.capture(1).bytes[..]), (OK, &[0; 8][..]));
        assert_eq!(returned.capture(2).bytes, back);
        assert_eq!(returned.capture(3).status, FAULT);
    }
}

in_both_modes! {
    fn a_program_that_a_signal_kills_ends_so(mode: ModeRequest) {
        for signal in [libc::SIGTERM, libc::SIGKILL, libc::SIGUSR1, 40] {
            let run = trace(mode, &format!("kill-self {signal}")).run().killed(signal);
            assert_eq!(run.records.exits()[&run.pid], 1000 + signal);
            let told = run.records.signals();
            assert_eq!(told, if signal == libc::SIGKILL { vec![] } else { vec![signal] });
        }
    }
}

in_both_modes! {
    fn a_busy_tracee_starves_nobody(mode: ModeRequest) {
        // Ends only when the quiet process has made its calls, so it ends at all only if both are served.
        let run = trace(mode, "busy-neighbour").run().exited(0).complete();
        assert_eq!(run.records.labels().len(), 300);
        assert!(!run.records.of(libc::SYS_getpgrp).is_empty());
    }
}
