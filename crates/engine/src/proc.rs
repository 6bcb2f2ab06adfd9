//! What proc(5) says of threads.

use std::fs;
use std::path::PathBuf;

use crate::sys::Tid;

/// State letter of proc_pid_stat(5); `None` for a thread that is gone.
pub(crate) fn state(tid: Tid) -> Option<u8> {
    let stat = fs::read(format!("/proc/{tid}/stat")).ok()?;
    // The name before it may hold anything, parentheses included.
    let name_end = stat.iter().rposition(|byte| *byte == b')')?;
    stat.get(name_end + 2).copied()
}

/// A number of proc_pid_status(5).
pub(crate) fn status_field(tid: Tid, name: &str) -> Option<Tid> {
    let status = fs::read_to_string(format!("/proc/{tid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix(name)).and_then(|value| value.trim().parse().ok())
}

/// The threads of a process, as far as they can be seen now.
pub(crate) fn threads_of(pid: Tid) -> Vec<Tid> {
    let entries = fs::read_dir(format!("/proc/{pid}/task")).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
}

/// What a thread calls itself.
pub(crate) fn name(tid: Tid) -> Option<Vec<u8>> {
    let mut name = fs::read(format!("/proc/{tid}/comm")).ok()?;
    name.pop_if(|byte| *byte == b'\n');
    Some(name)
}

/// Whether the numbers that this thread has for others are those that we have.
pub(crate) fn counts_as_we_do(tid: Tid) -> bool {
    let namespace = fs::read_link(format!("/proc/{tid}/ns/pid"));
    namespace.is_ok() && namespace.ok() == fs::read_link("/proc/self/ns/pid").ok()
}

/// What a number counts. In each PID namespace it is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    Thread,
    Process,
    Group,
    Session,
}

impl Counted {
    /// The line of proc_pid_status(5) that lists the numbers, ours first.
    fn line(self) -> &'static str {
        match self {
            Self::Thread => "NSpid:",
            Self::Process => "NStgid:",
            Self::Group => "NSpgid:",
            Self::Session => "NSsid:",
        }
    }

    fn numbers(self, of: Tid) -> Option<Vec<Tid>> {
        let status = fs::read_to_string(format!("/proc/{of}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix(self.line()))?;
        Some(line.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect())
    }
}

fn pid_namespace(of: Tid) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{of}/ns/pid")).ok()
}

/// Our number for what `seen_by` counts as `number`; the same one if both live in one namespace.
pub(crate) fn our_number(seen_by: Tid, number: Tid, counted: Counted) -> Option<Tid> {
    if counts_as_we_do(seen_by) {
        return Some(number);
    }
    let namespace = pid_namespace(seen_by)?;
    let level = Counted::Thread.numbers(seen_by)?.len().checked_sub(1)?;
    let is_meant = |numbers: &[Tid], of: Tid| {
        // Who lives deeper than that has a number there, too.
        numbers.get(level) == Some(&number)
            && (numbers.len() > level + 1 || pid_namespace(of).as_ref() == Some(&namespace))
    };
    let processes = fs::read_dir("/proc").ok()?.flatten();
    processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).find_map(|process: Tid| {
        let candidates = if counted == Counted::Thread { threads_of(process) } else { vec![process] };
        candidates.into_iter().find_map(|of| {
            let numbers = counted.numbers(of)?;
            if is_meant(&numbers, of) { numbers.first().copied() } else { None }
        })
    })
}
