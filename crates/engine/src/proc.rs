//! What proc(5) says of threads.

use std::collections::HashMap;
use std::fs;
use std::path::PathBuf;
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::sys::Tid;

/// Most threads whose other number is remembered.
const REMEMBERED: usize = 4096;

/// Where proc(5) has what it says of a thread. It may have been mounted in a PID namespace around ours, and then knows everybody by
/// another number.
pub(crate) fn directory(tid: Tid) -> String {
    format!("/proc/{}", shown_as(tid))
}

/// The number that proc(5) has for one of ours.
fn shown_as(tid: Tid) -> Tid {
    static KNOWN: OnceLock<Mutex<HashMap<Tid, Tid>>> = OnceLock::new();
    if our_level() == 0 {
        return tid;
    }
    let mut known = KNOWN.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner);
    let is_it =
        |shown: Tid| Counted::Thread.numbers(shown).is_some_and(|numbers| numbers.get(our_level()) == Some(&tid));
    if let Some(shown) = known.get(&tid).copied().filter(|shown| is_it(*shown)) {
        return shown;
    }
    let found = shown_processes().flat_map(shown_threads).find(|shown| is_it(*shown));
    if known.len() >= REMEMBERED {
        known.clear();
    }
    // Of somebody who is gone, proc(5) says nothing under any number.
    known.insert(tid, found.unwrap_or(0));
    found.unwrap_or(0)
}

/// How many PID namespaces lie between that of proc(5) and ours.
fn our_level() -> usize {
    static LEVEL: OnceLock<usize> = OnceLock::new();
    *LEVEL.get_or_init(|| {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        numbers_in(&status, "NSpid:").map_or(0, |numbers| numbers.len().saturating_sub(1))
    })
}

fn numbers_in(status: &str, line: &str) -> Option<Vec<Tid>> {
    let line = status.lines().find_map(|text| text.strip_prefix(line))?;
    Some(line.split_ascii_whitespace().filter_map(|word| word.parse().ok()).collect())
}

fn shown_processes() -> impl Iterator<Item = Tid> {
    numbers_of_entries("/proc".into())
}

fn shown_threads(process: Tid) -> impl Iterator<Item = Tid> {
    numbers_of_entries(format!("/proc/{process}/task"))
}

fn numbers_of_entries(directory: String) -> impl Iterator<Item = Tid> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// State letter of proc_pid_stat(5); `None` for a thread that is gone.
pub(crate) fn state(tid: Tid) -> Option<u8> {
    let stat = fs::read(format!("{}/stat", directory(tid))).ok()?;
    // The name before it may hold anything, parentheses included.
    let name_end = stat.iter().rposition(|byte| *byte == b')')?;
    stat.get(name_end + 2).copied()
}

/// A number of proc_pid_status(5). Those of other processes are proc(5)'s own.
pub(crate) fn status_field(tid: Tid, name: &str) -> Option<Tid> {
    let status = fs::read_to_string(format!("{}/status", directory(tid))).ok()?;
    status.lines().find_map(|line| line.strip_prefix(name)).and_then(|value| value.trim().parse().ok())
}

/// The thread group of a thread.
pub(crate) fn group_of(tid: Tid) -> Option<Tid> {
    if our_level() == 0 { status_field(tid, "Tgid:") } else { Counted::Process.ours(shown_as(tid)) }
}

/// Whether a thread belongs to this process.
pub(crate) fn is_thread_of(pid: Tid, tid: Tid) -> bool {
    fs::exists(format!("{}/task/{}", directory(pid), shown_as(tid))).unwrap_or(false)
}

/// The threads of a process, as far as they can be seen now.
pub(crate) fn threads_of(pid: Tid) -> Vec<Tid> {
    let shown = shown_threads(shown_as(pid));
    if our_level() == 0 { shown.collect() } else { shown.filter_map(|shown| Counted::Thread.ours(shown)).collect() }
}

/// What a thread calls itself.
pub(crate) fn name(tid: Tid) -> Option<Vec<u8>> {
    let mut name = fs::read(format!("{}/comm", directory(tid))).ok()?;
    name.pop_if(|byte| *byte == b'\n');
    Some(name)
}

/// Whether the numbers that this thread has for others are those that we have.
pub(crate) fn counts_as_we_do(tid: Tid) -> bool {
    let namespace = pid_namespace(shown_as(tid));
    namespace.is_some() && namespace == fs::read_link("/proc/self/ns/pid").ok()
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

    /// Of somebody, by the number that proc(5) has: its own number first, then those of the namespaces within.
    fn numbers(self, shown: Tid) -> Option<Vec<Tid>> {
        numbers_in(&fs::read_to_string(format!("/proc/{shown}/status")).ok()?, self.line())
    }

    fn ours(self, shown: Tid) -> Option<Tid> {
        self.numbers(shown)?.get(our_level()).copied()
    }
}

fn pid_namespace(shown: Tid) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{shown}/ns/pid")).ok()
}

/// Our number for what `seen_by` counts as `number`; the same one if both live in one namespace.
pub(crate) fn our_number(seen_by: Tid, number: Tid, counted: Counted) -> Option<Tid> {
    if counts_as_we_do(seen_by) {
        return Some(number);
    }
    let seen_by = shown_as(seen_by);
    let namespace = pid_namespace(seen_by)?;
    let level = Counted::Thread.numbers(seen_by)?.len().checked_sub(1)?;
    let is_meant = |numbers: &[Tid], of: Tid| {
        // Who lives deeper than that has a number there, too.
        numbers.get(level) == Some(&number)
            && (numbers.len() > level + 1 || pid_namespace(of).as_ref() == Some(&namespace))
    };
    shown_processes().find_map(|process| {
        let candidates = if counted == Counted::Thread { shown_threads(process).collect() } else { vec![process] };
        candidates.into_iter().find_map(|of| {
            let numbers = counted.numbers(of)?;
            if is_meant(&numbers, of) { numbers.get(our_level()).copied() } else { None }
        })
    })
}
