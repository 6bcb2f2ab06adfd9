//! Which files a tracee's paths and descriptors mean, by the names that the tracee has for them.
//!
//! Links in proc(5) are told as seen from our own root, so what lies beneath a tracee's root loses that part of its name.
//! Nothing is opened but by `O_PATH`, which leaves FIFOs and devices alone.

mod walk;

use std::fs;
use std::os::unix::ffi::OsStringExt as _;

use nix::errno::Errno;

use self::walk::Walk;
use crate::proc;
use crate::sys::Tid;

/// Paths that the kernel finds too long, its NUL not counted.
pub(crate) const TOO_LONG: usize = 4096;
/// What is remembered of one call, of each kind.
const REMEMBERED: usize = 64;

/// Why there is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lost {
    /// There is nothing.
    Gone,
    /// The kernel does not let us look, though the tracee itself may.
    Refused,
}

impl Lost {
    pub(crate) fn of(errno: Errno) -> Self {
        let is_gone = matches!(errno, Errno::ENOENT | Errno::ESRCH | Errno::ENOTDIR | Errno::EBADF);
        // Otherwise we are refused, or out of descriptors or memory, and the tracee might not be.
        if is_gone { Self::Gone } else { Self::Refused }
    }

    pub(crate) fn of_io(error: &std::io::Error) -> Self {
        error.raw_os_error().map_or(Self::Refused, |errno| Self::of(Errno::from_raw(errno)))
    }
}

/// Who names files: a stopped thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Who {
    pub(crate) pid: Tid,
    pub(crate) tid: Tid,
}

impl Who {
    /// A thread may have a root, a working directory and descriptors of its own: its tid, not its pid.
    fn proc(self, what: &str) -> String {
        format!("{}/{what}", proc::directory(self.tid))
    }

    fn link(self, what: &str) -> Result<Vec<u8>, Lost> {
        let link = fs::read_link(self.proc(what)).map_err(|error| Lost::of_io(&error))?;
        Ok(link.into_os_string().into_vec())
    }
}

/// What a path starts from, where it does not start with a slash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Base {
    /// The working directory.
    Cwd,
    /// The same, for calls that can't mean that directory itself by an empty path.
    CwdOnly,
    Descriptor(i32),
}

impl Base {
    fn in_proc(self) -> String {
        match self {
            Self::Cwd | Self::CwdOnly => "cwd".to_owned(),
            Self::Descriptor(fd) => format!("fd/{fd}"),
        }
    }
}

/// The names that symbolic links give to a path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Led {
    pub(crate) names: Vec<Vec<u8>>,
    /// The links could not be followed to their end.
    pub(crate) is_refused: bool,
}

#[derive(Debug)]
struct Named {
    text: Vec<u8>,
    from: Base,
    name: Result<Vec<u8>, Lost>,
    led: Option<Led>,
}

/// What has been asked about the files of one thread. It is true for one stop.
#[derive(Debug, Default)]
pub(crate) struct Places {
    root: Option<Vec<u8>>,
    descriptors: Vec<(i32, Result<Vec<u8>, Lost>)>,
    named: Vec<Named>,
}

impl Places {
    /// Another stop: everything may be elsewhere.
    pub(crate) fn forget(&mut self) {
        self.root = None;
        self.descriptors.clear();
        self.named.clear();
    }

    /// What a descriptor is a link to, as the kernel tells us.
    pub(crate) fn descriptor(&mut self, who: Who, fd: i32) -> Result<Vec<u8>, Lost> {
        if fd < 0 {
            return Err(Lost::Gone);
        }
        if let Some((_, known)) = self.descriptors.iter().find(|(known, _)| *known == fd) {
            return known.clone();
        }
        let link = who.link(&format!("fd/{fd}"));
        if self.descriptors.len() < REMEMBERED {
            self.descriptors.push((fd, link.clone()));
        }
        link
    }

    /// The name that the tracee has for what a link of proc(5) says.
    pub(crate) fn seen_by(&mut self, who: Who, link: &[u8]) -> Result<Vec<u8>, Lost> {
        if !link.starts_with(b"/") {
            return Ok(link.to_vec());
        }
        if self.root.is_none() {
            self.root = Some(who.link("root")?);
        }
        let root = self.root.as_deref().unwrap_or(b"/");
        Ok(beneath_root(link, root).to_vec())
    }

    /// A path made absolute, cleaned by the letter.
    pub(crate) fn name(&mut self, who: Who, text: &[u8], from: Base) -> Result<Vec<u8>, Lost> {
        // No question, and nothing to remember.
        if text.starts_with(b"/") {
            return Ok(clean(text));
        }
        let named = self.take(who, text, from);
        let name = named.name.clone();
        self.put(named);
        name
    }

    /// What a path is also called, where it leads through symbolic links.
    pub(crate) fn led(&mut self, who: Who, text: &[u8], from: Base) -> Led {
        let mut named = self.take(who, text, from);
        let led = named.led.take().unwrap_or_else(|| self.follow(who, text, from));
        named.led = Some(led.clone());
        self.put(named);
        led
    }

    fn take(&mut self, who: Who, text: &[u8], from: Base) -> Named {
        match self.named.iter().position(|known| known.from == from && known.text == text) {
            Some(index) => self.named.swap_remove(index),
            None => Named { text: text.to_vec(), from, name: self.absolute(who, text, from), led: None },
        }
    }

    fn put(&mut self, named: Named) {
        if self.named.len() >= REMEMBERED {
            self.named.clear();
        }
        self.named.push(named);
    }

    fn absolute(&mut self, who: Who, text: &[u8], from: Base) -> Result<Vec<u8>, Lost> {
        if text.starts_with(b"/") {
            return Ok(clean(text));
        }
        let link = match from {
            Base::CwdOnly if text.is_empty() => return Err(Lost::Gone),
            Base::Descriptor(fd) => self.descriptor(who, fd)?,
            Base::Cwd | Base::CwdOnly => who.link("cwd")?,
        };
        let mut base = self.seen_by(who, without_deleted(&link))?;
        if text.is_empty() {
            return Ok(base);
        }
        if !base.starts_with(b"/") {
            return Err(Lost::Gone);
        }
        base.push(b'/');
        base.extend_from_slice(text);
        Ok(clean(&base))
    }

    fn follow(&mut self, who: Who, text: &[u8], from: Base) -> Led {
        let mut names = Vec::new();
        // Links of proc(5) have no links in them; nor do paths that the kernel does not even look at.
        if text.is_empty() || text.len() >= TOO_LONG {
            return Led::default();
        }
        let ended = Walk::start(self, who, text, from).and_then(|walk| match walk {
            Some(mut walk) => walk.go_to_the_end(&mut names),
            None => Ok(()),
        });
        Led { names, is_refused: ended == Err(Lost::Refused) }
    }
}

fn is_all_digits(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(u8::is_ascii_digit)
}

/// What a process is called where its own process numbers are told; `ours` is what we are called there.
fn own_numbers(who: Who, ours: Option<&[u8]>) -> (Tid, Tid) {
    let our_number = std::process::id().to_string();
    let tells_ours = ours.is_some_and(|text| text.split(|byte| *byte == b'/').next() == Some(our_number.as_bytes()));
    if tells_ours || proc::counts_as_we_do(who.tid) {
        return (who.pid, who.tid);
    }
    let innermost = |line: &str| {
        let status = fs::read_to_string(who.proc("status")).ok()?;
        let numbers = status.lines().find_map(|found| found.strip_prefix(line))?;
        numbers.split_ascii_whitespace().next_back()?.parse().ok()
    };
    (innermost("NStgid:").unwrap_or(who.pid), innermost("NSpid:").unwrap_or(who.tid))
}

/// The other names of what a process finds about itself in proc(5).
pub(crate) fn names_of_own(who: Who, name: &[u8]) -> Vec<Vec<u8>> {
    let Some(below) = name.strip_prefix(b"/proc/") else { return Vec::new() };
    let end = below.iter().position(|byte| *byte == b'/').unwrap_or(below.len());
    let (first, rest) = below.split_at_checked(end).unwrap_or_default();
    if !matches!(first, b"self" | b"thread-self") && !is_all_digits(first) {
        return Vec::new();
    }
    let ours = fs::read_link(who.proc("root/proc/self")).ok().map(|link| link.into_os_string().into_vec());
    let (pid, tid) = own_numbers(who, ours.as_deref());
    let named = |first: String| [b"/proc/", first.as_bytes(), rest].concat();
    match first {
        b"self" => vec![named(pid.to_string())],
        b"thread-self" => vec![named(format!("{pid}/task/{tid}")), named(format!("self/task/{tid}"))],
        _ if first == pid.to_string().as_bytes() => {
            let mut names = vec![named("self".to_owned())];
            if let Some(of_thread) = rest.strip_prefix(format!("/task/{tid}").as_bytes())
                && matches!(of_thread, [] | [b'/', ..])
            {
                names.push([b"/proc/thread-self", of_thread].concat());
            }
            names
        }
        _ => Vec::new(),
    }
}

/// Whether a thread may be allowed what is refused to us: it acts for somebody else.
fn may_do_more(who: Who) -> bool {
    let rights = |of: &str| {
        let status = fs::read_to_string(format!("{of}/status")).ok()?;
        let space = fs::read_link(format!("{of}/ns/user")).ok()?;
        let of_rights = |line: &&str| ["Uid:", "Gid:", "Groups:", "CapEff:"].iter().any(|name| line.starts_with(name));
        Some((status.lines().filter(of_rights).map(str::to_owned).collect::<Vec<_>>(), space))
    };
    let its = rights(&proc::directory(who.tid));
    its.is_none() || its != rights("/proc/thread-self")
}

/// A link's text without what the kernel appends to the names of files that are no longer there.
pub(crate) fn without_deleted(link: &[u8]) -> &[u8] {
    link.strip_suffix(b" (deleted)").unwrap_or(link)
}

fn beneath_root<'a>(name: &'a [u8], root: &[u8]) -> &'a [u8] {
    match name.strip_prefix(root) {
        Some([]) => b"/",
        Some(below @ [b'/', ..]) => below,
        // The root is ours, or this lies outside of it, where the tracee itself has no name for it.
        Some(_) | None => name,
    }
}

fn parent_length(name: &[u8]) -> usize {
    name.iter().rposition(|byte| *byte == b'/').unwrap_or(0)
}

/// An absolute path without empty components and `.`, each `..` taking away the component before it.
pub(crate) fn clean(path: &[u8]) -> Vec<u8> {
    let mut name = Vec::with_capacity(path.len());
    for part in path.split(|byte| *byte == b'/') {
        match part {
            b"" | b"." => {}
            b".." => name.truncate(parent_length(&name)),
            _ => {
                name.push(b'/');
                name.extend_from_slice(part);
            }
        }
    }
    if name.is_empty() {
        name.push(b'/');
    }
    name
}
