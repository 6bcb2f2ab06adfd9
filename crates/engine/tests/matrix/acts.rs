//! What rules do to calls: results, arguments, memory, signals, waiting, and decisions of others.

use std::time::{Duration, Instant};

use syscope_engine::record::{RULE_ARGV, RULE_PROGRAM, deeds};
use syscope_engine::{Abi, ModeRequest, Unanswered};

use crate::in_both_modes;
use crate::support::plan::{
    Action, EQUAL, GREATER, Predicate, Rule, all, all_and, always, argument, ask, bytes, decision, deny, depth, fail,
    give, instead, int, kill_tree, not, only, poke, record, replace, result, rule, rules, send, set_argument, signed,
    stop_tracing, string, word,
};
use crate::support::plan::{BENEATH, EXACT, GLOB, absent, delay, descriptor, path, program_is};
use crate::support::records::{Body, Records};
use crate::support::{Live, Untraced, WATCHDOG, attach, eventually, trace};

const NATIVE: Abi = Abi::X86_64;

fn on(id: u16, number: i64, actions: &[Action]) -> Rule {
    rule(id, &[(NATIVE, number)], always(), actions)
}

/// The write of six bytes.
fn on_text(id: u16, actions: &[Action]) -> Rule {
    rule(id, &[(NATIVE, libc::SYS_write)], word(argument(2), u64::MAX, EQUAL, 6), actions)
}

/// The read of five bytes, which the loader does not make.
fn on_read(id: u16, actions: &[Action]) -> Rule {
    rule(id, &[(NATIVE, libc::SYS_read)], word(argument(2), u64::MAX, EQUAL, 5), actions)
}

/// What `acted` prints where nothing acts.
const PLAIN: &str = "6 0 5 0 hello /usr\n";

in_both_modes! {
    fn a_program_without_rules_prints_what_it_always_does(mode: ModeRequest) {
        assert_eq!(trace(mode, "acted").run().exited(0).complete().stdout, PLAIN);
    }
}

in_both_modes! {
    fn a_result_is_given_without_running_the_call(mode: ModeRequest) {
        let bytes = rules(&[on(1, libc::SYS_chdir, &[give(7)]), on_read(2, &[fail(libc::EIO)])]);
        let run = trace(mode, "acted").rules(&bytes).run().exited(0).complete();
        assert_eq!(run.stdout, format!("6 0 -5 7 ..... {}\n", std::env::current_dir().unwrap().display()));
        let chdir = &run.records.of(libc::SYS_chdir)[0];
        assert_eq!((chdir.rule, chdir.deeds, chdir.result, chdir.is_error), (1, u32::from(deeds::RESULT), 7, false));
    }
}

in_both_modes! {
    fn a_call_runs_and_its_result_is_replaced(mode: ModeRequest) {
        let bytes = rules(&[on(1, libc::SYS_chdir, &[replace(-5)]), on(2, libc::SYS_write, &[replace(3)])]);
        let run = trace(mode, "acted").rules(&bytes).run().exited(0).complete();
        assert_eq!(run.stdout, "3 0 5 -5 hello /usr\n");
        let chdir = &run.records.of(libc::SYS_chdir)[0];
        assert_eq!((chdir.rule, chdir.result, chdir.is_error), (1, -5, true));
        assert_eq!(chdir.deeds, u32::from(deeds::RESULT | deeds::DONE));
    }
}

in_both_modes! {
    fn another_call_runs_in_its_place(mode: ModeRequest) {
        let bytes = rules(&[on(1, libc::SYS_chdir, &[fail(libc::ENOTDIR), instead(libc::SYS_getpid)])]);
        let run = trace(mode, "acted").rules(&bytes).run().exited(0).complete();
        assert!(run.stdout.starts_with("6 0 5 -20 hello /"), "{}", run.stdout);
        assert!(!run.stdout.contains("/usr"));
        let chdir = &run.records.of(libc::SYS_chdir)[0];
        assert_eq!((chdir.rule, chdir.result, chdir.is_error), (1, -20, true));
    }
}

in_both_modes! {
    fn arguments_are_changed_for_the_call_and_put_back_for_the_program(mode: ModeRequest) {
        let bytes = rules(&[on_text(1, &[set_argument(2, 1)]), on_read(2, &[set_argument(2, 2), set_argument(0, 99)])]);
        let run = trace(mode, "acted").rules(&bytes).run().exited(0).complete();
        // A "!" would say that a register was not put back.
        assert_eq!(run.stdout, "1 0 -9 0 ..... /usr\n");
        let write = &run.records.of(libc::SYS_write)[0];
        assert_eq!((write.rule, write.deeds, write.args[2], write.result), (1, u32::from(deeds::ARGUMENTS), 6, 1));
    }
}

in_both_modes! {
    fn memory_is_overwritten_at_entry_and_at_exit(mode: ModeRequest) {
        let plan = all_and(&[record(libc::SYS_chdir, &[string(0, argument(0), 4095)]), record(libc::SYS_read, &[bytes(1, argument(1), result(), 64).at_exit()])]);
        // A string of the program's constants, which it cannot write itself.
        let bytes = rules(&[on(1, libc::SYS_chdir, &[poke(0, false, 1, b"etc")]), on_read(2, &[poke(1, true, 1, b"ELL")])]);
        let run = trace(mode, "acted").plan(&plan).rules(&bytes).run().exited(0).complete();
        assert_eq!(run.stdout, "6 0 5 0 hELLo /etc\n");
        assert_eq!(run.records.of(libc::SYS_chdir)[0].captures[0].bytes, b"/etc");
        assert_eq!(run.records.calls().find(|(_, call)| call.rule == 2).unwrap().1.capture(1).bytes, b"hELLo");
    }
}

in_both_modes! {
    fn i386_calls_are_acted_on_alike(mode: ModeRequest) {
        let bytes = rules(&[
            rule(1, &[(Abi::I386, 60)], always(), &[set_argument(0, 0o44)]),
            rule(2, &[(Abi::I386, 65)], always(), &[replace(-libc::EIO.abs() as i64)]),
            rule(3, &[(Abi::I386, 6)], always(), &[give(-4095)]),
        ]);
        let run = trace(mode, "acted-i386").rules(&bytes).run().exited(0).complete();
        assert_eq!(run.stdout, format!("{} -5 -4095 {}\n", 0o22, 0o44).replace(&0o22.to_string(), run.stdout.split(' ').next().unwrap()));
    }
}

in_both_modes! {
    fn a_signal_comes_with_the_call(mode: ModeRequest) {
        let bytes = rules(&[on(1, libc::SYS_chdir, &[send(libc::SIGTERM)])]);
        let run = trace(mode, "acted").rules(&bytes).run().killed(libc::SIGTERM);
        assert_eq!(run.records.of(libc::SYS_chdir)[0].rule, 1);
    }
}

in_both_modes! {
    fn the_whole_tree_is_killed(mode: ModeRequest) {
        let bytes = rules(&[on(1, libc::SYS_getppid, &[kill_tree()]).on(0, 2, 2, 1)]);
        let run = trace(mode, "all-block 3").rules(&bytes);
        let live = run.start();
        live.session.kill(libc::SIGKILL, true);
        live.finish().killed(libc::SIGKILL);
        let bytes = rules(&[on(1, libc::SYS_chdir, &[kill_tree()])]);
        trace(mode, "acted").rules(&bytes).run().killed(libc::SIGKILL);
    }
}

/// Which of the marks 0 to 9 a rule with this occurrence acts on.
fn acted_on(mode: ModeRequest, first: u32, last: u32, step: u32) -> String {
    let when = word(argument(0), u64::MAX, GREATER, u64::MAX - 1);
    let bytes = rules(&[rule(1, &[(NATIVE, libc::SYS_getppid)], not(when), &[fail(1)]).on(0, first, last, step)]);
    trace(mode, "acted-loop 10")
        .rules(&bytes)
        .run()
        .exited(0)
        .complete()
        .stdout
        .trim()
        .replace("-1", "x")
        .replace(' ', "")
}

in_both_modes! {
    fn occurrences_are_those_of_the_expression(mode: ModeRequest) {
        const NEVER: u32 = u32::MAX;
        assert_eq!(acted_on(mode, 1, NEVER, 1), "xxxxxxxxxx");
        assert_eq!(acted_on(mode, 3, NEVER, 0), "00x0000000");
        assert_eq!(acted_on(mode, 3, NEVER, 1), "00xxxxxxxx");
        assert_eq!(acted_on(mode, 2, NEVER, 3), "0x00x00x00");
        assert_eq!(acted_on(mode, 3, 9, 2), "00x0x0x0x0");
        assert_eq!(acted_on(mode, 4, 4, 1), "000x000000");
    }
}

in_both_modes! {
    fn occurrences_are_counted_by_thread_or_by_tree(mode: ModeRequest) {
        let counted = |scope| {
            let bytes = rules(&[on(1, libc::SYS_getppid, &[fail(1)]).on(scope, 2, 2, 1)]);
            let run = trace(mode, "acted-threads 3 3").rules(&bytes).run().exited(0).complete();
            run.records.of(libc::SYS_getppid).iter().filter(|call| call.rule == 1).map(|call| call.args[0]).collect::<Vec<_>>()
        };
        assert_eq!(counted(0), [1]);
        assert_eq!(counted(1), [1]);
        assert_eq!(counted(2), [1, 101, 201]);
        assert_eq!(counted(3), [1, 101, 201]);
    }
}

in_both_modes! {
    fn the_outcome_decides(mode: ModeRequest) {
        let failed = word(signed(result()), u64::MAX, GREATER, 0xffff_ffff_ffff_f000);
        let both = |outcome| rules(&[
            on(1, libc::SYS_chdir, &[replace(-9)]).after(outcome),
            on(2, libc::SYS_close, &[replace(-9)]).on(0, 1, 1, 1),
        ]);
        let run = trace(mode, "acted").rules(&both(failed.clone())).run().exited(0).complete();
        assert_eq!(run.stdout, PLAIN);
        let run = trace(mode, "acted").rules(&both(not(failed))).run().exited(0).complete();
        assert_eq!(run.stdout, "6 0 5 -9 hello /usr\n");
        assert_eq!(run.records.of(libc::SYS_chdir)[0].rule, 1);
    }
}

in_both_modes! {
    fn paths_descriptors_and_programs_are_looked_at(mode: ModeRequest) {
        let plan = all_and(&[record(libc::SYS_chdir, &[string(0, argument(0), 4095)])]);
        let run = |when: Predicate| {
            let length = word(argument(2), u64::MAX, EQUAL, 6);
            let bytes = rules(&[
                rule(1, &[(NATIVE, libc::SYS_chdir)], when.clone(), &[fail(13)]),
                rule(1, &[(NATIVE, libc::SYS_write)], all(&[length, when]), &[fail(13)]),
            ]);
            trace(mode, "acted").plan(&plan).rules(&bytes).run().exited(0).complete().stdout.split(' ').take(4).collect::<Vec<_>>().join(" ")
        };
        assert_eq!(run(path(0, absent(), EXACT, "/usr")), "6 0 5 -13");
        assert_eq!(run(path(0, absent(), EXACT, "/us")), "6 0 5 0");
        assert_eq!(run(path(0, absent(), BENEATH, "/")), "6 0 5 -13");
        assert_eq!(run(path(0, absent(), GLOB, "/u*")), "6 0 5 -13");
        assert_eq!(run(descriptor(int(0), EXACT, "/dev/null")), "-13 0 5 0");
        assert_eq!(run(program_is(GLOB, "/**/syscope-fixtures")).split(' ').next(), Some("-13"));
        assert_eq!(run(program_is(EXACT, "/bin/sh")), "6 0 5 0");
        assert_eq!(run(word(depth(), u64::MAX, GREATER, 0)), "6 0 5 0");
    }
}

in_both_modes! {
    fn the_program_is_named_in_what_a_rule_did(mode: ModeRequest) {
        let run = trace(mode, "acted").rules(&rules(&[deny(1, 13, &[(NATIVE, libc::SYS_chdir)], always())])).run().exited(0);
        let captures = &run.records.of(libc::SYS_chdir)[0].captures;
        let told = |key| captures.iter().find(|capture| capture.key == key).map(|capture| String::from_utf8_lossy(&capture.bytes).into_owned()).unwrap();
        assert!(told(50).ends_with("/syscope-fixtures"));
        assert_eq!(told(51), "syscope-fixtures\0acted\0");
        let [used] = run.end.rules.as_slice() else { panic!("one rule") };
        assert_eq!((used.id, used.acted, used.unread), (1, 1, 0));
    }
}

in_both_modes! {
    fn a_delay_holds_one_thread_and_no_other(mode: ModeRequest) {
        let bytes = rules(&[on(1, libc::SYS_chdir, &[delay(false, 40), delay(true, 30)])]);
        let run = trace(mode, "acted").rules(&bytes).run().exited(0).complete();
        assert_eq!(run.stdout, PLAIN);
        let chdir = &run.records.of(libc::SYS_chdir)[0];
        assert_eq!(chdir.deeds, u32::from(deeds::DELAYED));
        // One thread waits for ever; the others end, and then it is killed.
        let first = word(argument(0), u64::MAX, EQUAL, 0);
        let bytes = rules(&[rule(1, &[(NATIVE, libc::SYS_getppid)], first, &[delay(false, 3_600_000)])]);
        let mut live = trace(mode, "acted-threads 1 3").rules(&bytes).plan(&all_and(&[])).start();
        live.take_until("the call that waits", |records: &Records| records.count(|body| matches!(body, Body::Pending(call) if call.is(libc::SYS_getppid))) > 0);
        // The signal would reach nobody in a ptrace-stop.
        assert!(live.session.kill(libc::SIGTERM, true));
        live.finish().killed(libc::SIGTERM);
    }
}

in_both_modes! {
    fn tracing_stops_and_the_program_goes_on(mode: ModeRequest) {
        let bytes = rules(&[on(1, libc::SYS_getppid, &[stop_tracing()])]);
        let run = trace(mode, "acted").rules(&bytes).run();
        assert_eq!(run.stdout, PLAIN);
        // The call at which it stopped is told.
        assert_eq!(run.records.of(libc::SYS_getppid).iter().map(|call| (call.rule, call.unfinished)).collect::<Vec<_>>(), [(1, true)]);
        assert_ne!(run.end.incomplete, 0);
        assert_eq!(run.records.of(libc::SYS_chdir).len(), 0);
    }
}

/// Answers each question as `decide` says, until the run is over.
fn answering(live: &Live, mut decide: impl FnMut(&[u8]) -> Vec<Action>) {
    let since = Instant::now();
    while live.session.end().is_none() {
        assert!(since.elapsed() < WATCHDOG, "the run does not end");
        let _ = live.woken.recv_timeout(Duration::from_millis(100));
        while let Some(question) = live.session.take_question() {
            let id = u64::from_le_bytes(question[32..40].try_into().unwrap());
            assert!(live.session.decide(id, &decision(&decide(&question))).unwrap());
        }
    }
}

in_both_modes! {
    fn somebody_else_decides_at_entry_and_at_exit(mode: ModeRequest) {
        let bytes = rules(&[on(1, libc::SYS_chdir, &[ask(3)]), on_read(2, &[ask(2)]), on_text(3, &[ask(1)])]);
        let live = trace(mode, "acted").rules(&bytes).start();
        let mut asked = Vec::new();
        answering(&live, |question| {
            let (kind, number) = (question[4], u32::from_le_bytes(question[48..52].try_into().unwrap()));
            asked.push((kind, i64::from(number)));
            match (kind, i64::from(number)) {
                (3, libc::SYS_write) => vec![set_argument(2, 4)],
                (2, libc::SYS_read) => vec![replace(2), poke(1, true, 0, b"y")],
                (2, libc::SYS_chdir) => vec![delay(true, 1), replace(-1)],
                _ => vec![],
            }
        });
        let run = live.finish().exited(0).complete();
        assert_eq!(asked, [(3, libc::SYS_write), (2, libc::SYS_read), (3, libc::SYS_chdir), (2, libc::SYS_chdir)]);
        assert_eq!(run.stdout, "4 0 2 -1 yello /usr\n");
    }
}

in_both_modes! {
    fn who_makes_a_call_is_told_once_however_often_it_is_decided(mode: ModeRequest) {
        let live = trace(mode, "acted").rules(&rules(&[on(1, libc::SYS_chdir, &[ask(3)])])).start();
        answering(&live, |question| match question[4] {
            3 => vec![delay(false, 1)],
            _ => vec![replace(-5)],
        });
        let run = live.finish().exited(0).complete();
        let chdir = &run.records.of(libc::SYS_chdir)[0];
        for key in [RULE_PROGRAM, RULE_ARGV] {
            assert_eq!(chdir.captures.iter().filter(|capture| capture.key == key).count(), 1, "{chdir:?}");
        }
    }
}

in_both_modes! {
    fn a_question_that_nobody_answers_ends_as_the_session_says(mode: ModeRequest) {
        for unanswered in [Unanswered::Kill, Unanswered::Continue] {
            let run = trace(mode, "acted").rules(&rules(&[on(1, libc::SYS_chdir, &[ask(1)])])).with(|config| {
                config.handler_timeout = Duration::from_millis(20);
                config.unanswered = unanswered;
            });
            let run = run.run();
            assert_eq!(run.end.unanswered, 1);
            match unanswered {
                Unanswered::Kill => assert_eq!(run.end.signal, Some(libc::SIGKILL)),
                Unanswered::Continue | Unanswered::Detach => assert_eq!(run.stdout, PLAIN),
            }
        }
    }
}

in_both_modes! {
    fn a_rule_alone_is_enough_to_stop(mode: ModeRequest) {
        // No call is recorded; the rule's are.
        let run = trace(mode, "acted").plan(&only(&[])).rules(&rules(&[on(1, libc::SYS_chdir, &[fail(2)])])).run().exited(0).complete();
        assert_eq!(run.stdout.split(' ').nth(3), Some("-2"));
        assert_eq!(run.records.calls().count(), 1);
    }
}

/// The number of the next question.
fn next_question(live: &Live) -> u64 {
    let since = Instant::now();
    loop {
        if let Some(question) = live.session.take_question() {
            return u64::from_le_bytes(question[32..40].try_into().unwrap());
        }
        assert!(since.elapsed() < WATCHDOG, "nobody asks");
        let _ = live.woken.recv_timeout(Duration::from_millis(20));
    }
}

fn decide(live: &Live, question: u64, actions: &[Action]) {
    assert!(live.session.decide(question, &decision(actions)).unwrap());
}

in_both_modes! {
    fn a_question_outlives_the_end_of_recording(mode: ModeRequest) {
        for plan in [only(&[]), all_and(&[])] {
            let silent = Rule { report: false, ..on(1, libc::SYS_chdir, &[ask(1)]) };
            let live = trace(mode, "acted").plan(&plan).rules(&rules(&[silent])).start();
            let question = next_question(&live);
            live.session.stop_recording();
            assert!(live.session.sync());
            decide(&live, question, &[fail(libc::EIO)]);
            assert!(live.finish().exited(0).stdout.starts_with("6 0 5 -5 "));
        }
    }
}

in_both_modes! {
    fn a_decision_about_the_entry_that_comes_too_late_is_none_about_the_exit(mode: ModeRequest) {
        let live = trace(mode, "acted").rules(&rules(&[on(1, libc::SYS_chdir, &[ask(3)])])).with(|config| {
            config.handler_timeout = Duration::from_secs(1);
            config.unanswered = Unanswered::Continue;
        }).start();
        let entry = next_question(&live);
        let exit = next_question(&live);
        decide(&live, entry, &[replace(-5)]);
        decide(&live, exit, &[replace(-6)]);
        let run = live.finish().exited(0);
        assert_eq!((run.stdout.as_str(), run.end.unanswered), ("6 0 5 -6 hello /usr\n", 1));
    }
}

#[test]
fn who_is_let_go_inside_a_call_has_its_registers_back() {
    for actions in [
        vec![set_argument(2, 2)],
        vec![set_argument(2, 2), delay(false, 3_600_000)],
        vec![give(1), instead(libc::SYS_getpid), delay(false, 3_600_000)],
    ] {
        let mut target = Untraced::start("target-idle");
        let mut live = attach(target.pid()).rules(&rules(&[on(1, libc::SYS_read, &actions).on(0, 1, 1, 1)])).start();
        live.take_until("the call", |records: &Records| {
            records.count(|body| matches!(body, Body::Pending(call) if call.is(libc::SYS_read) && call.rule == 1)) > 0
        });
        assert!(live.session.detach());
        drop(live.finish());
        if actions.len() == 3 {
            assert_eq!(target.line(), "done");
        }
        // number and arguments of the call that it waits in: proc_pid_syscall(5).
        let words = || std::fs::read_to_string(format!("/proc/{}/syscall", target.pid())).unwrap();
        eventually("the call as it was", || words().split(' ').nth(3) == Some("0x1"));
        target.word();
        assert_eq!(target.line(), "done");
        target.ends_with(42);
    }
}

in_both_modes! {
    fn what_a_rule_does_is_done_before_tracing_stops(mode: ModeRequest) {
        let bytes = rules(&[on_text(1, &[set_argument(2, 4), stop_tracing()])]);
        let run = trace(mode, "acted").rules(&bytes).run();
        // A "!" would say that a register was not put back.
        assert_eq!(run.stdout, "4 0 5 0 hello /usr\n");
        assert_eq!(run.records.calls().filter(|(_, call)| call.rule == 1).map(|(_, call)| call.result).collect::<Vec<_>>(), [4]);
        assert_eq!(run.records.of(libc::SYS_chdir).len(), 0);
        // Nor is a signal lost with which it is let go.
        let bytes = rules(&[on(1, libc::SYS_chdir, &[send(libc::SIGTERM), stop_tracing()])]);
        assert_eq!(trace(mode, "acted").rules(&bytes).run().stdout, "");
    }
}

in_both_modes! {
    fn a_thread_that_executes_counts_on(mode: ModeRequest) {
        // The first call of each thread is counted before, and for the one that executes, the second after that.
        let calls = [(NATIVE, libc::SYS_getppid), (NATIVE, libc::SYS_exit_group)];
        let bytes = rules(&[rule(1, &calls, always(), &[delay(false, 1)]).on(2, 2, 2, 1)]);
        let run = trace(mode, "exec-in-thread").rules(&bytes).run().exited(4).complete();
        assert_eq!(run.records.of(libc::SYS_exit_group)[0].rule, 1);
    }
}

in_both_modes! {
    fn a_call_that_is_skipped_after_a_while_is_under_way_until_then(mode: ModeRequest) {
        let mut live = trace(mode, "acted").rules(&rules(&[on(1, libc::SYS_chdir, &[fail(libc::EIO), delay(false, 3_600_000)])])).start();
        live.take_until("the call that waits", |records: &Records| records.count(|body| matches!(body, Body::Pending(call) if call.rule == 1)) > 0);
        assert!(live.session.kill(libc::SIGKILL, true));
        assert!(live.finish().killed(libc::SIGKILL).records.of(libc::SYS_chdir)[0].unfinished);
    }
}

in_both_modes! {
    fn what_has_become_another_program_is_left_alone_and_that_is_told(mode: ModeRequest) {
        let succeeded = word(signed(result()), u64::MAX, EQUAL, 0);
        for rule in [on(1, libc::SYS_execve, &[replace(-5)]), on(1, libc::SYS_execve, &[poke(0, true, 0, b"x")]).after(succeeded)] {
            let run = trace(mode, "exec-in-thread").rules(&rules(&[rule])).run().exited(4);
            let executed = run.records.calls().find(|(_, call)| call.rule == 1).unwrap().1;
            assert_eq!((executed.result, executed.deeds), (0, u32::from(deeds::FAILED)));
            assert_eq!(run.records.gaps(), [(11, 1)]);
        }
    }
}
