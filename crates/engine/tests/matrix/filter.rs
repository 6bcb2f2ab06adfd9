//! The kernel's filter: sees what stops see, spares what it may, and denies.

use std::collections::BTreeMap;

use syscope_engine::{Abi, Error, Mode, ModeRequest};

use crate::in_both_modes;
use crate::support::plan::{
    EQUAL, GREATER, PREFIX, Rule, all, all_and, always, any, argument, captured, deny, int, not, only, record, rules,
    string, word,
};
use crate::support::records::{Body, Call};
use crate::support::{Run, trace};

const WANTED: [i64; 14] = [
    libc::SYS_getppid,
    libc::SYS_read,
    libc::SYS_nanosleep,
    libc::SYS_restart_syscall,
    libc::SYS_pause,
    libc::SYS_execve,
    libc::SYS_vfork,
    libc::SYS_fork,
    libc::SYS_clone,
    libc::SYS_clone3,
    libc::SYS_tgkill,
    libc::SYS_wait4,
    libc::SYS_exit_group,
    libc::SYS_kill,
];

/// What is the same in every run: events by thread (threads numbered as they are born), without numbers that the kernel or
/// the scheduler chooses.
fn shape(run: &Run, calls: &[i64]) -> BTreeMap<usize, Vec<String>> {
    let mut names = BTreeMap::from([(run.pid, 0)]);
    // Births by parent, because siblings of different parents come in any order.
    for (_, child, _) in run.records.forks() {
        let next = names.len();
        names.insert(child, next);
    }
    let mut shape: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for record in &run.records.all {
        let text = match &record.body {
            Body::Syscall(call) if calls.contains(&i64::from(call.number)) => describe(call, run),
            Body::Signal { signal, .. } => format!("signal {signal}"),
            Body::Fork { child_tid, how, .. } => format!("fork {how} {}", names[child_tid]),
            Body::Exec { former_tid, program } => {
                format!("exec {:?} {}", names.get(former_tid), String::from_utf8_lossy(program))
            }
            Body::Exit { code, signal, .. } => format!("exit {code} {signal:?}"),
            Body::Stop { signal } => format!("stop {signal}"),
            Body::Continue => "continue".into(),
            Body::Superseded { by } => format!("superseded {:?}", names.get(by)),
            Body::Gap { reason, detail } => format!("gap {reason} {detail}"),
            _ => continue,
        };
        shape.entry(names[&record.tid]).or_default().push(text);
    }
    shape
}

fn describe(call: &Call, run: &Run) -> String {
    // Addresses and process ids differ from run to run; small numbers do not.
    let is_process =
        |word: u64| word == run.pid as u64 || run.records.forks().iter().any(|(_, child, _)| *child as u64 == word);
    let word = |word: u64| if word < 1000 && !is_process(word) { word.to_string() } else { "?".into() };
    let result = if call.is_error || call.result < 1000 && !is_process(call.result as u64) {
        call.result.to_string()
    } else {
        "?".into()
    };
    let first = if call.is(libc::SYS_read) { word(call.args[2]) } else { word(call.args[0]) };
    format!("{} {first} = {result} {} {} {}", call.number, call.unfinished, call.resumes, call.rule)
}

/// The fixture's helpers poll: how often is not part of the shape.
fn settled(mut shape: BTreeMap<usize, Vec<String>>) -> BTreeMap<usize, Vec<String>> {
    let polls = |text: &String| text.starts_with("35 ? = 0") || text.starts_with("0 ") && !text.starts_with("0 1 ");
    for lines in shape.values_mut() {
        // A child's end is told whenever it happens: how often counts, not when.
        let ends = lines.iter().filter(|text| *text == "signal 17").count();
        lines.retain(|text| text != "signal 17" && !polls(text));
        lines.push(format!("{ends} times SIGCHLD"));
        // One more interruption of the same sleep, or one less.
        lines.dedup_by(|next, before| next == before && next.starts_with("219 "));
        lines.retain(|text| !text.starts_with("219 ? = -516"));
    }
    shape
}

#[test]
fn a_filtered_run_tells_what_a_full_run_tells_of_the_same_calls() {
    let wanted: Vec<_> = WANTED.iter().map(|number| record(*number, &[])).collect();
    let full = trace(ModeRequest::Stops, "differential").run().exited(4).complete();
    let filtered = trace(ModeRequest::Auto, "differential").plan(&only(&wanted)).run().exited(4).complete();
    let everything = trace(ModeRequest::Filter, "differential").run().exited(4).complete();
    let chosen = trace(ModeRequest::Stops, "differential").plan(&only(&wanted)).run().exited(4).complete();
    assert_eq!(
        [full.mode, filtered.mode, everything.mode, chosen.mode],
        [Mode::Stops, Mode::Filter, Mode::Filter, Mode::Stops]
    );
    let wanted = settled(shape(&full, &WANTED));
    assert!(wanted[&0].len() > 60, "{wanted:#?}");
    for run in [&filtered, &everything, &chosen] {
        let found = settled(shape(run, &WANTED));
        for (thread, lines) in &wanted {
            pretty_equal(lines, &found[thread], *thread);
        }
        assert_eq!(wanted.len(), found.len());
    }
    // And nothing that was not asked for.
    for run in [&filtered, &chosen] {
        assert!(run.records.calls().all(|(_, call)| WANTED.contains(&i64::from(call.number))));
    }
}

fn pretty_equal(wanted: &[String], found: &[String], thread: usize) {
    let at = wanted.iter().zip(found).position(|(left, right)| left != right);
    let at = at.unwrap_or_else(|| wanted.len().min(found.len()));
    let around = |lines: &[String]| lines[at.saturating_sub(4)..(at + 4).min(lines.len())].join("\n  ");
    assert!(wanted == found, "thread {thread} differs at {at}:\n  {}\nfound\n  {}", around(wanted), around(found));
}

#[test]
fn a_filter_spares_what_nobody_wants() {
    let plan = only(&[record(libc::SYS_umask, &[])]);
    let run = trace(ModeRequest::Auto, "own-trace").plan(&plan).run().exited(0).complete();
    assert_eq!(run.mode, Mode::Filter);
    assert_eq!(run.records.calls().map(|(_, call)| i64::from(call.number)).collect::<Vec<_>>(), [libc::SYS_umask; 2]);
    let run = trace(ModeRequest::Auto, "own-trace").run().exited(0).complete();
    assert_eq!(run.mode, Mode::Stops, "where all are wanted, a filter spares nothing");
}

#[test]
fn hundreds_of_calls_fit_into_a_filter() {
    // Every third number of all there can be.
    let wanted: Vec<_> = (0..1020).step_by(3).map(|number| record(number, &[])).collect();
    let filtered = trace(ModeRequest::Filter, "own-trace").plan(&only(&wanted)).run().exited(0).complete();
    let full = trace(ModeRequest::Stops, "own-trace").run().exited(0);
    let numbers = |run: &Run| {
        run.records.calls().map(|(_, call)| call.number).filter(|number| number.is_multiple_of(3)).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&filtered), numbers(&full));
    assert!(filtered.records.calls().all(|(_, call)| call.number.is_multiple_of(3)));
}

#[test]
fn a_filter_that_the_kernel_refuses_is_an_error_where_it_was_demanded_and_stops_elsewhere() {
    // More ranges than 4096 instructions can tell apart.
    let wanted: Vec<_> = (0..6000).step_by(2).map(|number| record(number, &[])).collect();
    let plan = only(&wanted);
    let refused = trace(ModeRequest::Filter, "own-trace").plan(&plan).refused();
    assert!(matches!(refused, Error::Filter { errno: nix::errno::Errno::EINVAL }), "{refused:?}");
    let run = trace(ModeRequest::Auto, "own-trace").plan(&plan).run().exited(0).complete();
    assert_eq!(run.end.mode, Mode::Stops);
    assert_eq!(run.end.fallback, Some(nix::errno::Errno::EINVAL));
}

in_both_modes! {
    fn no_new_privs_stays_unset_where_the_kernel_allows_it(mode: ModeRequest) {
        let run = trace(mode, "no-new-privs").run().exited(0);
        let root = crate::support::uid() == 0;
        let filter = mode == ModeRequest::Filter;
        let host = crate::support::status_line(std::process::id().cast_signed(), "NoNewPrivs:");
        let wanted = if filter && !root { "1".to_owned() } else { host };
        let told: BTreeMap<&str, &str> = run.stdout.lines().filter_map(|line| line.split_once(":\t")).collect();
        assert_eq!(told["NoNewPrivs"], wanted);
        let own = crate::support::status_line(std::process::id().cast_signed(), "Seccomp:");
        assert_eq!(told["Seccomp"], if filter { "2" } else { own.as_str() });
    }
}

in_both_modes! {
    fn a_denied_call_does_not_run_fails_as_the_rule_says_and_names_it(mode: ModeRequest) {
        let bytes = rules(&[
            deny(7, libc::EACCES, &[(Abi::X86_64, libc::SYS_umask)], always()),
            deny(9, libc::EACCES, &[(Abi::X86_64, libc::SYS_kill)], word(argument(1), u64::MAX, EQUAL, 0)),
        ]);
        let run = trace(mode, "denied").plan(&only(&[record(libc::SYS_getppid, &[]), record(libc::SYS_kill, &[])])).rules(&bytes).run();
        let run = run.exited(0).complete();
        assert_eq!(run.stdout, "-13 -13 -3\n");
        let told: Vec<(i64, u32, i64, bool)> = run.records.calls().map(|(_, call)| (i64::from(call.number), call.rule, call.result, call.is_error)).collect();
        // A denial is reported whether or not the call was to be recorded.
        let wanted = [(libc::SYS_umask, 7, -13, true), (libc::SYS_kill, 9, -13, true), (libc::SYS_kill, 0, -3, true)];
        assert_eq!(told[..3], wanted);
        assert_eq!(told[3].0, libc::SYS_getppid);
        // What went in is what the program asked for.
        assert_eq!(run.records.of(libc::SYS_umask)[0].args[0], 0o77);
    }
}

in_both_modes! {
    fn rules_are_tried_in_order_and_the_first_that_matches_acts(mode: ModeRequest) {
        let marks = [(Abi::X86_64, libc::SYS_getppid)];
        let label = |compare, operand| word(argument(0), u64::MAX, compare, operand);
        let bytes = rules(&[
            deny(1, 11, &marks, label(EQUAL, 2)),
            deny(2, 12, &marks, all(&[label(GREATER, 1), not(label(EQUAL, 4))])),
            deny(3, 13, &marks, any(&[label(EQUAL, 0), label(EQUAL, 4)])),
        ]);
        let run = trace(mode, "marks 6").rules(&bytes).run().exited(0).complete();
        let told: Vec<(u32, i64)> = run.records.of(libc::SYS_getppid).iter().map(|call| (call.rule, call.result)).collect();
        let parent = told[1].1;
        assert!(parent > 0);
        assert_eq!(told, [(3, -13), (0, parent), (1, -11), (2, -12), (3, -13), (2, -12)]);
    }
}

in_both_modes! {
    fn a_rule_sees_what_was_captured(mode: ModeRequest) {
        let plan = all_and(&[record(libc::SYS_access, &[string(0, argument(0), 4095)])]);
        let bytes = rules(&[
            deny(5, libc::EXDEV, &[(Abi::X86_64, libc::SYS_access)], captured(0, 0, PREFIX, b"/ed")),
            deny(6, libc::EROFS, &[(Abi::X86_64, libc::SYS_access)], captured(0, 1, EQUAL, b"across")),
        ]);
        let run = trace(mode, "strings").plan(&plan).rules(&bytes).run().exited(0).complete();
        let told: Vec<(u32, i64)> = run.records.of(libc::SYS_access).iter().filter(|call| call.rule > 0).map(|call| (call.rule, call.result)).collect();
        assert_eq!(told, [(5, -18), (6, -30)]);
        // Unreadable memory matches nothing, and the call runs.
        let unreadable = run.records.of(libc::SYS_access).into_iter().find(|call| call.args[0] == 1).unwrap();
        assert_eq!((unreadable.rule, unreadable.result), (0, -14));
    }
}

in_both_modes! {
    fn a_call_by_int_0x80_is_denied_like_any_other(mode: ModeRequest) {
        let bytes = rules(&[deny(4, libc::EACCES, &[(Abi::I386, 60)], word(int(0), 0xfff, EQUAL, 0o77))]);
        let run = trace(mode, "int80-denied").rules(&bytes).run().exited(0).complete();
        assert_eq!(run.stdout, "-13\n");
        let denied: Vec<_> = run.records.calls().filter(|(_, call)| call.rule > 0).map(|(_, call)| (call.abi, call.number, call.rule, call.result)).collect();
        assert_eq!(denied, [(1, 60, 4, -13)]);
    }
}

#[test]
fn a_denial_that_nobody_wants_to_hear_of_is_the_filters_own() {
    let quiet = |number| Rule { report: false, ..deny(1, libc::EACCES, &[(Abi::X86_64, number)], always()) };
    let plan = only(&[record(libc::SYS_getppid, &[])]);
    let run = trace(ModeRequest::Filter, "denied").plan(&plan).rules(&rules(&[quiet(libc::SYS_umask)])).run().exited(0);
    assert!(run.stdout.starts_with("-13 0 "), "{}", run.stdout);
    assert_eq!(run.records.of(libc::SYS_umask).len(), 0);
    let run = trace(ModeRequest::Stops, "denied").plan(&plan).rules(&rules(&[quiet(libc::SYS_umask)])).run().exited(0);
    assert!(run.stdout.starts_with("-13 0 "), "{}", run.stdout);
    assert_eq!(run.records.of(libc::SYS_umask).len(), 0);
}

in_both_modes! {
    fn the_first_execve_is_never_denied(mode: ModeRequest) {
        let bytes = rules(&[deny(1, libc::EACCES, &[(Abi::X86_64, libc::SYS_execve)], always())]);
        let run = trace(mode, "failing-exec").rules(&bytes).run().exited(0).complete();
        let told: Vec<(u32, i64)> = run.records.of(libc::SYS_execve).iter().map(|call| (call.rule, call.result)).collect();
        assert_eq!(told, [(0, 0), (1, -13), (1, -13), (1, -13)]);
    }
}

in_both_modes! {
    fn set_up_works_where_the_rules_deny_its_calls(mode: ModeRequest) {
        // The child's own chdir, dup2, write, futex and exit are nobody's business.
        let calls = [libc::SYS_chdir, libc::SYS_dup2, libc::SYS_write, libc::SYS_futex, libc::SYS_rt_sigprocmask, libc::SYS_fcntl];
        let calls: Vec<_> = calls.iter().map(|number| (Abi::X86_64, *number)).collect();
        let bytes = rules(&[deny(1, libc::EPERM, &calls, always())]);
        let run = trace(mode, "exit 5").program(|program| program.cwd = Some(crate::support::c_string("/"))).rules(&bytes).run();
        run.exited(5).complete();
        let error = trace(mode, "x").program(|program| program.candidates = vec![crate::support::c_string("/no/such")]).rules(&bytes).refused();
        assert!(matches!(error, syscope_engine::Error::Spawn { errno: nix::errno::Errno::ENOENT, .. }), "{error:?}");
    }
}

#[test]
fn a_stronger_filter_of_the_programs_own_is_told_under_ours() {
    // Its ERRNO takes precedence over our TRACE: the call is not seen, and the run says that this may be so.
    let run = trace(ModeRequest::Filter, "own-filter").run().exited(0);
    assert_eq!(run.records.of(libc::SYS_getpgrp).len(), 0);
    assert_eq!(run.records.gaps().len(), 1);
    assert_ne!(run.end.incomplete, 0);
    let run = trace(ModeRequest::Stops, "own-filter").run().exited(0).complete();
    assert_eq!(run.records.of(libc::SYS_getpgrp)[0].result, -18);
}

#[test]
fn detaching_is_refused_while_a_filter_holds_the_tracees() {
    let live = trace(ModeRequest::Filter, "all-block 1").start();
    assert!(!live.session.detach());
    assert!(live.session.kill(libc::SIGKILL, true));
    live.finish().killed(libc::SIGKILL);
}
