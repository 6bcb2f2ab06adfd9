//! One call at a time: what is recorded of it, however it is entered and whatever its number.

use std::collections::BTreeMap;

use syscope_engine::{Abi, Mode, ModeRequest};

use crate::in_both_modes;
use crate::support::plan::{all_and, fd_path, int, only, record, result};
use crate::support::records::{FAULT, OK};
use crate::support::trace;

in_both_modes! {
    fn a_program_prints_the_trace_that_is_recorded(mode: ModeRequest) {
        let run = trace(mode, "own-trace").run().exited(0).complete();
        let wanted: Vec<&str> = run.stdout.lines().collect();
        assert_eq!(wanted.len(), 13);
        let numbers: Vec<i64> = wanted.iter().map(|line| line.split(' ').next().unwrap().parse().unwrap()).collect();
        let recorded: Vec<String> = run.records.calls()
            .filter(|(_, call)| numbers.contains(&i64::from(call.number)))
            .map(|(_, call)| format!("{} {:?} = {}", call.number, call.args, call.result))
            .collect();
        assert_eq!(recorded, wanted);
        for (_, call) in run.records.calls() {
            assert_eq!(call.is_error, (-4095..0).contains(&call.result), "{call:?}");
        }
    }
}

in_both_modes! {
    fn numbers_that_no_table_knows_are_recorded_as_they_are(mode: ModeRequest) {
        let run = trace(mode, "odd-numbers").run().exited(0).complete();
        let odd: Vec<(u8, u32)> = run.records.calls()
            .filter(|(_, call)| call.args == [0x11, 0x22, 0x33, 0x44, 0x55, 0x66])
            .map(|(_, call)| (call.abi, call.number))
            .collect();
        let (native, x32) = (Abi::X86_64 as u8, Abi::X32 as u8);
        let wanted = [
            // -1 is what a skipped call leaves behind: no x32 call.
            (native, u32::MAX), (native, 500), (native, 0x3ff), (native, 5000), (native, 0x3fff_ffff), (x32, 0x7fff_ffff),
            (x32, 0x4000_0000 | 110), (x32, 0x4000_1234), (x32, u32::MAX - 1), (native, 0x8000_0000),
        ];
        assert_eq!(odd, wanted);
        assert_eq!(run.records.labels(), [7]);
    }
}

in_both_modes! {
    fn calls_by_int_0x80_are_told_apart_call_by_call(mode: ModeRequest) {
        let run = trace(mode, "int80").run().exited(0).complete();
        let calls: Vec<_> = run.records.calls().filter(|(_, call)| call.abi == Abi::I386 as u8).map(|(_, call)| call).collect();
        let told: Vec<i64> = calls.iter().map(|call| call.result).collect();
        assert_eq!(run.stdout.trim(), format!("{told:?}"));
        assert_eq!(calls.iter().map(|call| call.number).collect::<Vec<_>>(), [20, 6, 60, 9999]);
        // 32-bit words, zero-extended.
        assert_eq!(calls[0].args[..3], [0xffff_ffff, 2, 3]);
        assert_eq!(calls[1].args[0], 0x8000_0001);
        assert!(calls[1].is_error && calls[3].is_error && !calls[0].is_error);
        // The 64-bit calls around them stay what they are.
        assert_eq!(run.records.labels(), [1, 2]);
    }
}

#[test]
fn calls_by_int_0x80_are_recorded_under_a_filter_that_wants_few() {
    let plan = only(&[record(libc::SYS_getppid, &[]), record(60, &[]).by(Abi::I386)]);
    let run = trace(ModeRequest::Auto, "int80").plan(&plan).run().exited(0).complete();
    assert_eq!(run.mode, Mode::Filter);
    let calls: Vec<(u8, u32)> = run.records.calls().map(|(_, call)| (call.abi, call.number)).collect();
    assert_eq!(calls, [(0, 110), (1, 60), (0, 110)]);
}

in_both_modes! {
    fn descriptors_are_named_at_the_stop(mode: ModeRequest) {
        let plan = all_and(&[
            record(libc::SYS_openat, &[fd_path(16, int(0)), fd_path(24, result()).at_exit()]),
            record(libc::SYS_dup2, &[fd_path(16, int(0)), fd_path(17, int(1))]),
            record(libc::SYS_fchdir, &[fd_path(16, int(0))]),
            record(libc::SYS_close, &[fd_path(16, int(0))]),
        ]);
        let run = trace(mode, "chdir-and-open").plan(&plan).run().exited(0).complete();
        let proc = format!("/proc/{}", run.pid).into_bytes();
        let status = format!("/proc/{}/status", run.pid).into_bytes();
        let opened = run.records.of(libc::SYS_openat);
        let [inner, here] = opened[opened.len() - 2..] else { panic!() };
        assert_eq!(inner.capture(16).bytes, proc);
        assert_eq!(inner.capture(24).bytes, status);
        assert_eq!(here.capture(16).bytes, b"/usr", "AT_FDCWD is the working directory");
        assert!(here.captures.iter().all(|capture| capture.key != 24), "no descriptor came back");
        let dup = run.records.of(libc::SYS_dup2);
        let dup = dup.last().unwrap();
        // At the entry the target is still what it was.
        assert_eq!((&dup.capture(16).bytes, &dup.capture(17).bytes), (&status, &proc));
        assert_eq!(run.records.of(libc::SYS_fchdir)[0].capture(16).bytes, b"");
        assert_eq!(run.records.of(libc::SYS_close).last().unwrap().capture(16).bytes, status);
    }
}

in_both_modes! {
    fn a_descriptor_that_is_not_open_has_no_path(mode: ModeRequest) {
        let plan = all_and(&[record(libc::SYS_dup2, &[fd_path(16, int(0))])]);
        let run = trace(mode, "own-trace").plan(&plan).run().exited(0);
        let dup = run.records.of(libc::SYS_dup2);
        assert_eq!((dup[0].capture(16).status, dup[0].capture(16).bytes.len()), (FAULT, 0));
        assert_ne!(dup[0].capture(16).status, OK);
    }
}

in_both_modes! {
    fn counting_counts_what_a_record_would_have_shown(mode: ModeRequest) {
        let recorded = trace(mode, "own-trace").run().exited(0);
        let counted = trace(mode, "own-trace").with(|config| config.counting = true).run().exited(0).complete();
        assert_eq!(counted.records.calls().count(), 0);
        let mut wanted: BTreeMap<(u8, u32), (u64, u64)> = BTreeMap::new();
        for (_, call) in recorded.records.calls() {
            let count = wanted.entry((call.abi, call.number)).or_default();
            count.0 += 1;
            count.1 += u64::from(call.is_error);
        }
        assert_eq!(read_counts(&counted.counts), wanted);
    }
}

/// Calls and errors by call, of one process.
fn read_counts(bytes: &[u8]) -> BTreeMap<(u8, u32), (u64, u64)> {
    let u32_at = |at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
    let u64_at = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    assert_eq!(&bytes[..4], b"SCNT");
    let mut at = 8;
    let mut counts = BTreeMap::new();
    for _ in 0..u32_at(4) {
        let row = at;
        at += 88;
        let mut sum_of = |entries: u32| {
            let from = at;
            at += 16 * entries as usize;
            (from..at).step_by(16).map(|entry| u64_at(entry + 8)).sum::<u64>()
        };
        let errors = sum_of(u32_at(row + 12));
        let (calls, unfinished) = (u64_at(row + 16), u64_at(row + 24));
        for (sums, entries) in [(32, 80), (56, 84)] {
            assert_eq!(sum_of(u32_at(row + entries)), calls - unfinished);
            let [total, least, most] = [0, 8, 16].map(|offset| u64_at(row + sums + offset));
            assert!(least <= most && most <= total && total <= most * calls);
        }
        assert_eq!(counts.insert((bytes[row + 4], u32_at(row + 8)), (calls, errors)), None);
    }
    assert_eq!(at, bytes.len());
    counts
}

in_both_modes! {
    fn an_io_uring_that_submits_nothing_hides_nothing(mode: ModeRequest) {
        let run = trace(mode, "io-uring idle").run().exited(0).complete();
        if run.stdout == "0\n" {
            return; // Containers forbid rings.
        }
    }
}

in_both_modes! {
    fn an_io_uring_that_the_kernel_polls_is_told_as_something_not_seen(mode: ModeRequest) {
        let run = trace(mode, "io-uring polled").run().exited(0);
        if run.stdout == "0\n" {
            return; // Containers forbid rings.
        }
        assert_eq!(run.records.gaps(), [(1, u32::MAX)]);
        assert_eq!(run.end.incomplete, 1 << 1);
    }
}

in_both_modes! {
    fn an_io_uring_that_opens_a_file_is_told_once_with_its_operation(mode: ModeRequest) {
        let run = trace(mode, "io-uring open").run().exited(0);
        const OPENAT: u32 = 18;
        if run.stdout == "0\n" {
            return; // Containers forbid rings.
        }
        assert_eq!(run.records.gaps(), [(1, OPENAT)]);
        assert_eq!(run.end.incomplete, 1 << 1);
    }
}

in_both_modes! {
    fn what_goes_through_an_io_uring_is_in_the_call_that_submits_it(mode: ModeRequest) {
        const SUBMITTED: u8 = 6;
        let plan = only(&[record(libc::SYS_io_uring_enter, &[])]);
        let run = trace(mode, "io-uring open").plan(&plan).run().exited(0);
        if run.stdout == "0\n" {
            return; // Containers forbid rings.
        }
        let calls = run.records.of(libc::SYS_io_uring_enter);
        assert_eq!(calls.len(), 2);
        for call in calls {
            let submitted = call.capture(SUBMITTED);
            assert_eq!((submitted.phase, submitted.status, submitted.bytes.len()), (0, OK, 0));
            let [entry] = &submitted.children[..] else { panic!("{submitted:?}") };
            assert_eq!(entry.bytes.len(), 64);
            assert_eq!((entry.bytes[0], &entry.bytes[4..8]), (18, &libc::AT_FDCWD.to_le_bytes()[..]));
        }
        // Where the call is not recorded it is still looked at.
        let run = trace(mode, "io-uring open").plan(&only(&[record(libc::SYS_getppid, &[])])).run().exited(0);
        assert_eq!(run.records.of(libc::SYS_io_uring_enter).len(), 0);
        assert_eq!(run.records.gaps(), [(1, 18)]);
    }
}

in_both_modes! {
    fn an_io_uring_that_only_serves_epoll_hides_nothing(mode: ModeRequest) {
        let run = trace(mode, "io-uring epoll").run().exited(0).complete();
        if run.stdout == "0\n" {
            return; // Containers forbid rings.
        }
    }
}
