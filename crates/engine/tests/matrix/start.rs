//! Start-up: what a program finds, what is recorded of its birth, and starts that fail.

use std::fs::{self, File, Permissions};
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use nix::errno::Errno;
use syscope_engine::{Error, ModeRequest, SpawnStep, Stdio};

use crate::in_both_modes;
use crate::support::records::Body;
use crate::support::{Tracing, c_string, fixtures, trace, uid};

/// A file of a test's own, removed with the value.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, content: &[u8], mode: u32) -> Self {
        let path = std::env::temp_dir().join(format!("syscope-{}-{name}", std::process::id()));
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

fn refused_with(tracing: Tracing, step: SpawnStep, errno: Errno) {
    assert_eq!(tracing.refused(), Error::Spawn { step, errno });
}

in_both_modes! {
    fn the_first_call_recorded_is_the_execve_that_started_the_program(mode: ModeRequest) {
        let run = trace(mode, "exit 0").run().exited(0).complete();
        let first = run.records.calls().next().unwrap();
        assert!(first.1.is(libc::SYS_execve) && first.1.result == 0 && !first.1.entry_unseen, "{first:?}");
        assert_eq!(run.records.of(libc::SYS_execve).len(), 1);
        // Nothing of ours between clone and execve: no chdir, dup2, sigaction storm, seccomp or futex of the set-up.
        for number in [libc::SYS_dup2, libc::SYS_seccomp, libc::SYS_futex, libc::SYS_setsid] {
            assert_eq!(run.records.of(number).len(), 0);
        }
        let last = run.records.of(libc::SYS_exit_group);
        assert!(last.len() == 1 && last[0].unfinished && last[0].args[0] == 0, "{last:?}");
        assert_eq!(run.records.count(|body| matches!(body, Body::Signal { .. })), 0, "no SIGTRAP of an exec");
    }
}

in_both_modes! {
    fn the_exec_event_names_the_program(mode: ModeRequest) {
        let run = trace(mode, "exit 0").run().exited(0);
        let executions: Vec<_> = run.records.all.iter().filter(|record| matches!(record.body, Body::Exec { .. })).collect();
        let [only] = executions.as_slice() else { panic!("{executions:?}") };
        let program = fixtures().canonicalize().unwrap().into_os_string().into_encoded_bytes();
        assert_eq!(only.body, Body::Exec { former_tid: run.pid, program });
    }
}

in_both_modes! {
    fn a_missing_program_is_a_typed_error(mode: ModeRequest) {
        let tracing = trace(mode, "x").program(|program| program.candidates = vec![c_string("/no/such/program")]);
        refused_with(tracing, SpawnStep::Exec, Errno::ENOENT);
    }
}

in_both_modes! {
    fn a_program_without_permission_is_a_typed_error(mode: ModeRequest) {
        let file = Scratch::new(&format!("no-permission-{mode:?}"), b"#!/bin/sh\n", 0o644);
        let tracing = trace(mode, "x").program(|program| program.candidates = vec![c_string(file.path())]);
        refused_with(tracing, SpawnStep::Exec, Errno::EACCES);
    }
}

in_both_modes! {
    fn a_file_that_is_no_program_is_a_typed_error(mode: ModeRequest) {
        let file = Scratch::new(&format!("no-program-{mode:?}"), b"neither ELF nor script\n", 0o755);
        let tracing = trace(mode, "x").program(|program| program.candidates = vec![c_string(file.path())]);
        refused_with(tracing, SpawnStep::Exec, Errno::ENOEXEC);
    }
}

in_both_modes! {
    fn a_missing_working_directory_is_a_typed_error(mode: ModeRequest) {
        let tracing = trace(mode, "x").program(|program| program.cwd = Some(c_string("/no/such/folder")));
        refused_with(tracing, SpawnStep::Chdir, Errno::ENOENT);
    }
}

in_both_modes! {
    fn a_closed_descriptor_is_a_typed_error(mode: ModeRequest) {
        let tracing = trace(mode, "x").program(|program| program.stdio = [Stdio::Null, Stdio::Fd(99_999), Stdio::Null]);
        refused_with(tracing, SpawnStep::Stdio, Errno::EBADF);
    }
}

#[test]
fn nothing_to_execute_is_a_typed_error() {
    let error = trace(ModeRequest::Auto, "x").program(|program| program.candidates.clear()).refused();
    assert!(matches!(error, Error::Config(_)), "{error:?}");
    let error = trace(ModeRequest::Auto, "x").program(|program| program.argv.clear()).refused();
    assert!(matches!(error, Error::Config(_)), "{error:?}");
}

in_both_modes! {
    fn candidates_are_tried_in_order_past_what_is_missing_or_forbidden(mode: ModeRequest) {
        let forbidden = Scratch::new(&format!("forbidden-{mode:?}"), b"#!/bin/sh\n", 0o644);
        let below_a_file = format!("{}/program", forbidden.path());
        let run = trace(mode, "exit 3").program(|program| {
            let real = program.candidates.remove(0);
            let before = [c_string("/no/such/program"), c_string(forbidden.path()), c_string(below_a_file.clone())];
            program.candidates = before.into_iter().chain([real, c_string("/bin/false")]).collect();
        });
        let run = run.run().exited(3);
        // Attempts that fail before the first program runs are no calls of the program.
        assert_eq!(run.records.of(libc::SYS_execve).len(), 1);
        assert_eq!(run.records.of(libc::SYS_execve)[0].result, 0);
    }
}

in_both_modes! {
    fn a_forbidden_candidate_is_told_when_no_other_is_found(mode: ModeRequest) {
        let forbidden = Scratch::new(&format!("only-forbidden-{mode:?}"), b"", 0o644);
        let tracing = trace(mode, "x")
            .program(|program| program.candidates = vec![c_string(forbidden.path()), c_string("/no/such/program")]);
        refused_with(tracing, SpawnStep::Exec, Errno::EACCES);
    }
}

in_both_modes! {
    fn argv0_arguments_environment_and_working_directory_arrive(mode: ModeRequest) {
        let run = trace(mode, "environment two \u{e9}").program(|program| {
            program.argv[0] = c_string("another name");
            program.envp = vec![c_string("ONE=1"), c_string("EMPTY="), c_string("NO=more=than one")];
            program.cwd = Some(c_string("/usr"));
        });
        let run = run.run().exited(0);
        let wanted = "argv0 another name\narguments [\"two\", \"\u{e9}\"]\ncwd /usr\nONE=1\nEMPTY=\nNO=more=than one\n";
        assert_eq!(run.stdout, wanted);
    }
}

in_both_modes! {
    fn a_program_starts_with_no_signal_blocked_or_ignored(mode: ModeRequest) {
        // Rust ignores SIGPIPE in this process, as libuv does in Node, and the tracer thread blocks everything.
        let run = trace(mode, "signal-state").run().exited(0);
        assert_eq!(run.stdout, "blocked 0x0 not default 0x0\n");
    }
}

in_both_modes! {
    fn a_program_inherits_no_descriptor_of_ours(mode: ModeRequest) {
        let before = trace(mode, "descriptors").run().exited(0).stdout;
        let _ours = File::open("/dev/null").unwrap();
        let others = Tracing::of(mode, trace(mode, "target-idle").config.target).start();
        // Another session's pipes, bell and files are not for this one's program either.
        let after = trace(mode, "descriptors").run().exited(0).stdout;
        assert_eq!(before, after);
        others.session.kill(libc::SIGKILL, true);
        others.finish();
    }
}

in_both_modes! {
    fn pipes_carry_all_three_descriptors(mode: ModeRequest) {
        let mut live = trace(mode, "echo").program(|program| program.stdio = [Stdio::Pipe; 3]).start();
        let text = "x".repeat(200_000);
        let mut input = File::from(live.session.take_pipe(0).unwrap());
        let mut errors = File::from(live.session.take_pipe(2).unwrap());
        assert!(live.session.take_pipe(0).is_none(), "once");
        input.write_all(text.as_bytes()).unwrap();
        drop(input);
        let run = live.finish().exited(0);
        assert_eq!(run.stdout, text);
        let mut told = String::new();
        errors.read_to_string(&mut told).unwrap();
        assert_eq!(told, "copied\n");
    }
}

in_both_modes! {
    fn descriptors_of_ours_are_handed_on_in_any_order(mode: ModeRequest) {
        let input = Scratch::new(&format!("input-{mode:?}"), b"from a file", 0o644);
        let output = Scratch::new(&format!("output-{mode:?}"), b"", 0o644);
        let read = File::open(&input.0).unwrap();
        let write = File::options().write(true).open(&output.0).unwrap();
        let run = trace(mode, "echo").program(|program| {
            program.stdio = [Stdio::Fd(read.as_raw_fd()), Stdio::Fd(write.as_raw_fd()), Stdio::Fd(write.as_raw_fd())];
        });
        run.run().exited(0);
        assert_eq!(fs::read(&output.0).unwrap(), b"from a filecopied\n");
    }
}

in_both_modes! {
    fn a_null_standard_input_is_at_its_end_and_null_output_takes_everything(mode: ModeRequest) {
        let run = trace(mode, "echo").program(|program| program.stdio = [Stdio::Null; 3]).run().exited(0);
        let read = run.records.of(libc::SYS_read);
        assert_eq!(read.last().unwrap().result, 0);
    }
}

in_both_modes! {
    fn user_and_group_are_changed_without_a_trace_and_without_making_us_undumpable(mode: ModeRequest) {
        if uid() != 0 {
            return;
        }
        let public = Scratch::new(&format!("public-{mode:?}"), &fs::read(fixtures()).unwrap(), 0o755);
        let run = trace(mode, "ids").program(|program| {
            program.candidates = vec![c_string(public.path())];
            program.uid = Some(12_345);
            program.gid = Some(23_456);
        });
        let run = run.run().exited(0).complete();
        assert_eq!(run.stdout, "12345 23456 0\n");
        assert_eq!(run.records.of(libc::SYS_setresuid).len(), 0);
        // A process that can't be dumped owns none of its /proc files.
        let owner = std::os::unix::fs::MetadataExt::uid(&fs::metadata("/proc/self/fd").unwrap());
        assert_eq!(owner, uid());
    }
}

#[test]
fn a_group_that_may_not_be_taken_is_a_typed_error() {
    let tracing = trace(ModeRequest::Auto, "ids").program(|program| program.uid = Some(u32::MAX - 1));
    let outcome = tracing.try_start();
    if uid() == 0 {
        // Root may take any: the id exists or not.
        assert!(
            outcome.is_ok() || matches!(outcome, Err(Error::Spawn { step: SpawnStep::Setuid | SpawnStep::Exec, .. }))
        );
    } else {
        assert!(matches!(outcome, Err(Error::Spawn { step: SpawnStep::Setuid, errno: Errno::EPERM })));
    }
}

in_both_modes! {
    fn a_failing_exec_of_the_program_itself_hides_nothing(mode: ModeRequest) {
        let run = trace(mode, "failing-exec").run().exited(0).complete();
        let answers: Vec<i64> = run.records.of(libc::SYS_execve).iter().map(|call| call.result).collect();
        assert_eq!(answers, [0, -2, -13, -13]);
        assert_eq!(run.records.labels(), [1, 1, 1]);
    }
}
