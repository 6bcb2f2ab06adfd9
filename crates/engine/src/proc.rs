//! What proc(5) says of threads.

use std::fs;

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
