//! The kernel's filter: sees what stops see, spares what it may, and denies.

use std::collections::BTreeMap;

use syscope_engine::{Abi, Enforced, Error, Follow, Mode, ModeRequest};

use crate::in_both_modes;
use crate::support::plan::{
    EQUAL, GREATER, PREFIX, Predicate, Rule, all, all_and, always, any, argument, bytes, captured, constant, deny, int,
    not, only, program_is, record, replace, rule, rules, set_argument, string, word,
};
use crate::support::records::{Body, Call};
use crate::support::{Run, Tracing, c_string, trace};

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
    let is_process = |word: u64| {
        let is_child = |(_, child, _): &(_, i32, _)| *child as u64 == word;
        word == run.pid as u64 || word == u64::from(std::process::id()) || run.records.forks().iter().any(is_child)
    };
    let word = |word: u64| if word < 1000 && !is_process(word) { word.to_string() } else { "?".into() };
    let result = if call.is_error || call.result < 1000 && !is_process(call.result as u64) {
        call.result.to_string()
    } else {
        "?".into()
    };
    let without_arguments = [libc::SYS_getppid, libc::SYS_pause, libc::SYS_fork, libc::SYS_vfork];
    let first = if call.is(libc::SYS_read) {
        word(call.args[2])
    } else if without_arguments.iter().any(|number| call.is(*number)) {
        // What is in the register is anything.
        "?".into()
    } else {
        word(call.args[0])
    };
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
    let umask = || rules(&[quiet(1, libc::SYS_umask, always())]);
    let plan = only(&[record(libc::SYS_getppid, &[])]);
    let run = trace(ModeRequest::Filter, "denied").plan(&plan).rules(&umask()).run().exited(0);
    assert!(run.stdout.starts_with("-13 0 "), "{}", run.stdout);
    assert_eq!(run.records.of(libc::SYS_umask).len(), 0);
    let run = trace(ModeRequest::Stops, "denied").plan(&plan).rules(&umask()).run().exited(0);
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

in_both_modes! {
    fn set_up_works_where_the_filter_would_deny_its_calls_alone(mode: ModeRequest) {
        let calls = [libc::SYS_futex, libc::SYS_setgroups, libc::SYS_setresgid, libc::SYS_setresuid, libc::SYS_rt_sigprocmask];
        let quiet: Vec<_> = calls.iter().zip(1..).map(|(number, id)| quiet(id, *number, always())).collect();
        let plan = only(&[]);
        let run = trace(mode, "exit 5").program(|program| {
            if crate::support::uid() == 0 {
                (program.uid, program.gid, program.groups) = (Some(0), Some(0), Some(Vec::new()));
            }
        });
        run.plan(&plan).rules(&rules(&quiet)).run().exited(5).complete();
        let exits = rules(&[self::quiet(1, libc::SYS_exit_group, always())]);
        let error = trace(mode, "x").program(|program| program.candidates = vec![c_string("/no/such")]).plan(&plan).rules(&exits).refused();
        assert!(matches!(error, Error::Spawn { errno: nix::errno::Errno::ENOENT, .. }), "{error:?}");
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

/// Denies without a word.
fn quiet(id: u16, number: i64, when: Predicate) -> Rule {
    Rule { report: false, ..deny(id, libc::EACCES, &[(Abi::X86_64, number)], when) }
}

in_both_modes! {
    fn a_child_that_is_not_followed_has_no_rules(mode: ModeRequest) {
        let umask = || rules(&[quiet(1, libc::SYS_umask, always())]);
        for (follow, denied) in [(Follow::Everybody, true), (Follow::Nobody, false)] {
            let run = trace(mode, "apart denied").with(|config| config.follow = follow).plan(&only(&[])).rules(&umask()).run();
            let run = run.exited(0);
            assert_eq!(run.stdout.contains("\n-13 0 "), denied, "{}", run.stdout);
        }
    }
}

/// Makes these calls, one after the other; `$2` is the result of the third.
fn script(mode: ModeRequest, calls: &[String]) -> Tracing {
    trace(mode, "script").program(|program| program.argv.extend(calls.iter().map(|call| c_string(call.as_str()))))
}

/// The results of these calls, which need not be recorded.
fn results(tracing: Tracing) -> (Vec<i64>, Run) {
    let run = tracing.run().exited(0).complete();
    let told = run.records.of(libc::SYS_sched_yield).iter().flat_map(|call| call.args).map(u64::cast_signed).collect();
    (told, run)
}

/// A call that tells the results of six others.
fn telling(first: usize) -> String {
    let words: Vec<_> = (first..first + 6).map(|index| format!("${index}")).collect();
    format!("{} {}", libc::SYS_sched_yield, words.join(" "))
}

/// How each rule was enforced and how often it acted, by id.
fn uses(run: &Run) -> Vec<(u16, Enforced, u64)> {
    run.end.rules.iter().map(|told| (told.id, told.enforced, told.acted)).collect()
}

const SOCKET: [(Abi, i64); 1] = [(Abi::X86_64, libc::SYS_socket)];

fn domain(domain: i32) -> Predicate {
    word(int(0), u64::MAX, EQUAL, domain as u64)
}

/// Sockets of domains 1, 2, 10, 1, 2 (in a word with more bits than an `int` has) and 16.
fn sockets() -> Vec<String> {
    let mut calls: Vec<_> = ["1", "2", "10", "1", "0x700000002", "16"].map(|domain| format!("41 {domain} 2 0")).into();
    calls.push(telling(0));
    calls
}

fn only_results() -> Vec<u8> {
    only(&[record(libc::SYS_sched_yield, &[])])
}

#[test]
fn sockets_of_one_domain_are_denied_by_the_filter_alone() {
    let internet = any(&[domain(libc::AF_INET), domain(libc::AF_INET6)]);
    let bytes = rules(&[quiet(1, libc::SYS_socket, internet)]);
    for mode in [ModeRequest::Filter, ModeRequest::Auto, ModeRequest::Stops] {
        let (told, run) = results(script(mode, &sockets()).plan(&only_results()).rules(&bytes));
        assert!(matches!(told[..], [3, -13, -13, 4, -13, 5]), "{told:?}");
        assert_eq!(run.records.of(libc::SYS_socket).len(), 0);
        let by_stops = mode == ModeRequest::Stops;
        assert_eq!(uses(&run), [if by_stops { (1, Enforced::Stops, 3) } else { (1, Enforced::Kernel, 0) }]);
    }
}

in_both_modes! {
    fn sockets_of_one_domain_are_denied_and_reported(mode: ModeRequest) {
        let bytes = rules(&[deny(7, libc::EACCES, &SOCKET, domain(libc::AF_INET)), deny(8, libc::EPERM, &SOCKET, domain(libc::AF_NETLINK))]);
        let (told, run) = results(script(mode, &sockets()).plan(&only_results()).rules(&bytes));
        assert!(matches!(told[..], [3, -13, 4, 5, -13, -1]), "{told:?}");
        let denied: Vec<_> = run.records.of(libc::SYS_socket).iter().map(|call| (call.rule, call.args[0], call.result)).collect();
        assert_eq!(denied, [(7, 2, -13), (7, 0x7_0000_0002, -13), (8, 16, -1)]);
        let how = if mode == ModeRequest::Filter { Enforced::Filter } else { Enforced::Stops };
        assert_eq!(uses(&run), [(7, how, 2), (8, how, 1)]);
    }
}

in_both_modes! {
    fn a_call_that_is_recorded_anyway_tells_of_its_rules(mode: ModeRequest) {
        let bytes = rules(&[deny(7, libc::EACCES, &SOCKET, domain(libc::AF_INET))]);
        let plan = only(&[record(libc::SYS_sched_yield, &[]), record(libc::SYS_socket, &[])]);
        let (_, run) = results(script(mode, &sockets()).plan(&plan).rules(&bytes));
        let acted: Vec<_> = run.records.of(libc::SYS_socket).iter().map(|call| call.rule).collect();
        assert_eq!(acted, [0, 7, 0, 0, 7, 0]);
        assert_eq!(uses(&run), [(7, Enforced::Stops, 2)], "each of these calls stops, for the record");
    }
}

/// How often the fixture had to wait while it made `calls`: once for each stop, at least.
fn waits(tracing: Tracing) -> u64 {
    const RUSAGE: u64 = 144;
    const VOLUNTARY_SWITCHES: usize = 128;
    let usage = bytes(0, argument(1), constant(RUSAGE), RUSAGE as u32).at_exit();
    let run = tracing.plan(&only(&[record(libc::SYS_getrusage, &[usage])])).run().exited(0).complete();
    let told: Vec<u64> = run
        .records
        .of(libc::SYS_getrusage)
        .iter()
        .map(|call| u64::from_le_bytes(call.capture(0).bytes[VOLUNTARY_SWITCHES..][..8].try_into().unwrap()))
        .collect();
    told[1] - told[0]
}

#[test]
fn calls_that_no_rule_can_match_cost_no_stop() {
    const CALLS: u64 = 300;
    // Such a socket is never made, so there are no descriptors to close.
    const NO_DOMAIN: &str = "41 77 2 0";
    let mut calls = vec!["98 0 [ z144 ]".to_owned()];
    calls.extend((0..CALLS).map(|_| NO_DOMAIN.to_owned()));
    calls.push("98 0 [ z144 ]".to_owned());
    let counted = |rule| waits(script(ModeRequest::Filter, &calls).rules(&rules(&[rule])));
    let nobody = program_is(0, "/no/such/program");
    let spared = [
        deny(1, libc::EACCES, &SOCKET, domain(libc::AF_INET)),
        deny(1, libc::EACCES, &SOCKET, all(&[nobody.clone(), domain(libc::AF_INET)])),
        quiet(1, libc::SYS_socket, domain(77)),
        rule(1, &SOCKET, domain(libc::AF_INET), &[replace(-13)]).after(always()),
    ];
    for rule in spared {
        let waits = counted(rule);
        assert!(waits < CALLS / 4, "{waits} waits in {CALLS} calls");
    }
    for when in [nobody.clone(), all(&[nobody, domain(77)]), domain(77)] {
        let waits = counted(deny(1, libc::EACCES, &SOCKET, when));
        assert!(waits >= CALLS, "{waits} waits in {CALLS} calls");
    }
}

in_both_modes! {
    fn words_of_every_width_are_compared_as_what_they_are(mode: ModeRequest) {
        let all_bits = u64::MAX;
        let conditions = [
            word(argument(0), all_bits, EQUAL, 0x1_0000_0001),
            word(int(0), all_bits, EQUAL, -1i64 as u64),
            word(argument(1), 0xf0_0000_0000, EQUAL, 0x30_0000_0000),
            all(&[word(argument(2), all_bits, GREATER, 1 << 40), not(word(argument(2), all_bits, GREATER, 1 << 41))]),
            word(int(3), 0x8000_0000_0000_0001, EQUAL, 0x8000_0000_0000_0001),
            word(argument(4), 0b110, EQUAL, 0),
        ];
        // Words, and the condition that they meet.
        let calls: [(&str, i64); 12] = [
            ("0x100000001 0 0 0 6", 1),
            ("0x200000001 0 0 0 6", 0),
            ("0xffffffff 0 0 0 6", 2),
            ("0x1ffffffff 0 0 0 6", 2),
            ("0x7fffffff 0 0 0 6", 0),
            ("0 0x3f12345678 0 0 6", 3),
            ("0 0x1312345678 0 0 6", 0),
            ("0 0 0x10000000001 0 6", 4),
            ("0 0 0x20000000000 0 6", 4),
            ("0 0 0x20000000001 0 6", 0),
            ("0 0 0 0x80000001 6", 5),
            ("0 0 0 0x100000001 9", 6),
        ];
        // getuid takes no arguments.
        let number = libc::SYS_getuid;
        let mut lines: Vec<_> = calls.iter().map(|(words, _)| format!("{number} {words}")).collect();
        lines.extend([telling(0), telling(6)]);
        let own = i64::from(crate::support::uid());
        for report in [true, false] {
            let wanted: Vec<_> = conditions
                .iter()
                .zip(1..)
                .map(|(when, id)| Rule { report, ..deny(id, 100 + i32::from(id), &[(Abi::X86_64, number)], when.clone()) })
                .collect();
            let (told, run) = results(script(mode, &lines).plan(&only_results()).rules(&rules(&wanted)));
            let right: Vec<_> = calls.iter().map(|(_, id)| if *id == 0 { own } else { -100 - id }).collect();
            assert_eq!(told, right);
            let by_filter = mode == ModeRequest::Filter;
            let how = if !by_filter { Enforced::Stops } else if report { Enforced::Filter } else { Enforced::Kernel };
            assert!(run.end.rules.iter().all(|told| told.enforced == how), "{:?}", run.end.rules);
        }
    }
}

in_both_modes! {
    fn what_a_rule_has_changed_no_filter_denies(mode: ModeRequest) {
        let bytes = rules(&[
            quiet(1, libc::SYS_socket, domain(libc::AF_UNIX)),
            rule(2, &SOCKET, domain(libc::AF_INET), &[set_argument(0, libc::AF_UNIX as u64)]),
        ]);
        let (told, run) = results(script(mode, &sockets()).plan(&only_results()).rules(&bytes));
        assert!(matches!(told[..], [-13, 3, 4, -13, 5, 6]), "{told:?}");
        let stops = mode == ModeRequest::Stops;
        let how = if stops { Enforced::Stops } else { Enforced::Filter };
        assert_eq!(uses(&run), [(1, how, 2), (2, how, 2)]);
    }
}

in_both_modes! {
    fn a_thousand_rules_work(mode: ModeRequest) {
        let number = libc::SYS_getuid;
        let mut lines: Vec<_> = [1, 2, 500, 1000, 1001].map(|word: u64| format!("{number} {}", word << 32 | word)).into();
        lines.push(format!("{} 1 2", libc::SYS_getgid));
        lines.push(telling(0));
        let own = i64::from(crate::support::uid());
        let wide = |at: u64| word(argument(0), u64::MAX, EQUAL, (at + 1) << 32 | (at + 1));
        let getuid = [(Abi::X86_64, number)];
        let of_one_call = |report| (0..1000).map(|at| Rule { report, ..deny(at as u16 + 1, libc::EACCES, &getuid, wide(at)) }).collect();
        // More than the kernel takes: some calls have to stop.
        let of_many = (0..1000).map(|at| {
            let numbers: Vec<_> = (100..400).filter(|number| *number == libc::SYS_getuid || number % 7 == at as i64 % 7).map(|number| (Abi::X86_64, number)).collect();
            Rule { report: false, ..deny(at as u16 + 1, libc::EACCES, &numbers, all(&[wide(at), word(argument(1), u64::MAX, EQUAL, 0)])) }
        });
        let sets: [Vec<Rule>; 3] = [of_one_call(true), of_one_call(false), of_many.collect()];
        for set in sets {
            let (told, run) = results(script(mode, &lines).plan(&only_results()).rules(&rules(&set)));
            assert_eq!(told[..5], [-13, -13, -13, -13, own]);
            assert_eq!(run.end.rules.len(), 1000);
        }
    }
}
