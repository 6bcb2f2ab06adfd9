//! Following a path through symbolic links, as the tracee would be led.
//!
//! It is walked component by component, since the kernel would take `/proc/self` for us, and refuses to follow links to open
//! files where it is told to keep below a directory. Most paths have no links, which takes one question to know.

use std::ffi::CString;
use std::fs::{File, OpenOptions};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt as _;

use nix::errno::Errno;
use nix::fcntl::{OFlag, OpenHow, ResolveFlag, openat, openat2};
use nix::sys::stat::Mode;
use nix::sys::statfs::{PROC_SUPER_MAGIC, fstatfs};

use super::{
    Base, Lost, Places, TOO_LONG, Who, is_all_digits, may_do_more, own_numbers, parent_length, without_deleted,
};
use crate::sys::path;

/// Links that the kernel follows in one path.
const MAX_LINKS: usize = 40;
/// Components that are looked at for one path, those of links included.
const MAX_STEPS: usize = 8192;

/// Where the walk along a path has come to. `name` has no links in it.
pub(super) struct Walk<'a> {
    places: &'a mut Places,
    who: Who,
    /// A directory, and how much of `name` leads to it.
    anchor: OwnedFd,
    anchored: usize,
    /// As the tracee has it; empty for its root.
    name: Vec<u8>,
    /// Components that are still to come, the next one last.
    rest: Vec<Vec<u8>>,
}

/// What a component turns out to be.
enum Part {
    Plain,
    /// The text of a symbolic link.
    Link(Vec<u8>),
    /// A link of proc(5) that leads to an open file, whatever its text says.
    Jump(Vec<u8>),
}

impl<'a> Walk<'a> {
    /// `None` where there are no links on the way.
    pub(super) fn start(places: &'a mut Places, who: Who, text: &[u8], from: Base) -> Result<Option<Self>, Lost> {
        let is_absolute = text.starts_with(b"/");
        let (place, name) = if is_absolute {
            ("root".to_owned(), Vec::new())
        } else {
            (from.in_proc(), places.absolute(who, b".", from)?)
        };
        let anchor = open_directory(&who.proc(&place))?;
        if has_no_links(&anchor, text) {
            return Ok(None);
        }
        let name = if name == b"/" { Vec::new() } else { name };
        let mut walk = Self { places, who, anchored: name.len(), anchor, name, rest: Vec::new() };
        walk.expect(text);
        Ok(Some(walk))
    }

    fn expect(&mut self, text: &[u8]) {
        let parts = text.split(|byte| *byte == b'/').filter(|part| !part.is_empty() && *part != b".");
        self.rest.extend(parts.rev().map(<[u8]>::to_vec));
    }

    /// # Errors
    /// [`Lost::Gone`] where the path leads nowhere.
    pub(super) fn go_to_the_end(&mut self, names: &mut Vec<Vec<u8>>) -> Result<(), Lost> {
        let (mut links, mut steps) = (0, 0);
        while let Some(part) = self.rest.pop() {
            steps += 1;
            if steps > MAX_STEPS {
                return Err(Lost::Refused);
            }
            if part == b".." {
                self.go_up()?;
                continue;
            }
            self.name.push(b'/');
            self.name.extend_from_slice(&part);
            let part = match self.look(&part) {
                Ok(part) => part,
                Err(Lost::Gone) => {
                    self.note(names);
                    return Ok(());
                }
                Err(Lost::Refused) => return Err(Lost::Refused),
            };
            if !matches!(part, Part::Plain) {
                links += 1;
                if links > MAX_LINKS {
                    return Ok(());
                }
                // What a link leads to is also meant by its own name: files that it hides, and the link itself.
                self.note(names);
            }
            match part {
                Part::Plain => {}
                Part::Link(text) => self.go_along(&text)?,
                Part::Jump(text) => {
                    if !self.jump(&text, names)? {
                        return Ok(());
                    }
                }
            }
        }
        self.note(names);
        Ok(())
    }

    /// The name of what the path would lead to if no more links were on the way.
    fn note(&self, names: &mut Vec<Vec<u8>>) {
        if self.rest.iter().any(|part| part == b"..") {
            return;
        }
        let mut name = self.name.clone();
        for part in self.rest.iter().rev() {
            name.push(b'/');
            name.extend_from_slice(part);
        }
        if name.is_empty() {
            name.push(b'/');
        }
        if !names.contains(&name) {
            names.push(name);
        }
    }

    /// A name as the kernel is to be asked for it.
    fn below_anchor(&self, name: &[u8]) -> Result<CString, Lost> {
        let below = name.get(self.anchored + 1..).filter(|below| !below.is_empty()).unwrap_or(b".");
        CString::new(below).map_err(|_| Lost::Gone)
    }

    /// Whether the last component of `name` is a link.
    fn look(&mut self, part: &[u8]) -> Result<Part, Lost> {
        // These two lead somewhere else for whoever asks.
        if matches!(part, b"self" | b"thread-self") && self.is_in_proc()? {
            let ours = path::read_link(self.anchor.as_fd(), &self.below_anchor(&self.name)?).ok();
            let (pid, tid) = own_numbers(self.who, ours.as_deref());
            let text = if part == b"self" { pid.to_string() } else { format!("{pid}/task/{tid}") };
            return Ok(Part::Link(text.into_bytes()));
        }
        match path::read_link(self.anchor.as_fd(), &self.below_anchor(&self.name)?) {
            Ok(text) if is_like_a_jump(&self.name) && self.is_in_proc()? => Ok(Part::Jump(text)),
            Ok(text) => Ok(Part::Link(text)),
            Err(Errno::EINVAL) => Ok(Part::Plain),
            Err(errno) => Err(self.lost(errno)),
        }
    }

    fn lost(&self, errno: Errno) -> Lost {
        let is_refused = matches!(errno, Errno::EACCES | Errno::EPERM) && may_do_more(self.who);
        let is_ours_alone = matches!(errno, Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM | Errno::EINTR);
        // The kernel itself never needs the whole name.
        let is_too_long = errno == Errno::ENAMETOOLONG && self.name.len() >= TOO_LONG;
        if is_refused || is_ours_alone || is_too_long { Lost::Refused } else { Lost::Gone }
    }

    fn is_in_proc(&self) -> Result<bool, Lost> {
        let parent = self.name.get(..parent_length(&self.name)).unwrap_or_default();
        let directory = self.open(parent, OFlag::O_DIRECTORY)?;
        Ok(fstatfs(&directory).is_ok_and(|found| found.filesystem_type() == PROC_SUPER_MAGIC))
    }

    fn open(&self, name: &[u8], flags: OFlag) -> Result<OwnedFd, Lost> {
        let flags = flags | OFlag::O_PATH | OFlag::O_CLOEXEC;
        openat(&self.anchor, self.below_anchor(name)?.as_c_str(), flags, Mode::empty())
            .map_err(|errno| self.lost(errno))
    }

    fn go_up(&mut self) -> Result<(), Lost> {
        if self.name.is_empty() {
            return Ok(());
        }
        let parent = parent_length(&self.name);
        if self.name.len() <= self.anchored {
            self.anchor = openat(&self.anchor, c"..", OFlag::O_PATH | OFlag::O_CLOEXEC, Mode::empty())
                .map_err(|errno| self.lost(errno))?;
            self.anchored = parent;
        }
        self.name.truncate(parent);
        Ok(())
    }

    fn go_along(&mut self, text: &[u8]) -> Result<(), Lost> {
        self.name.truncate(parent_length(&self.name));
        if text.starts_with(b"/") {
            self.anchor = open_directory(&self.who.proc("root"))?;
            self.anchored = 0;
            self.name.clear();
        }
        self.expect(text);
        Ok(())
    }

    /// Goes on from an open file; false where that is none with a name.
    fn jump(&mut self, text: &[u8], names: &mut Vec<Vec<u8>>) -> Result<bool, Lost> {
        let name = self.places.seen_by(self.who, without_deleted(text))?;
        if !name.starts_with(b"/") {
            if self.rest.is_empty() {
                names.push(name);
            }
            return Ok(false);
        }
        if !self.rest.is_empty() {
            self.anchor = self.open(&self.name, OFlag::empty())?;
        }
        self.name = if name == b"/" { Vec::new() } else { name };
        self.anchored = self.name.len();
        Ok(true)
    }
}

fn open_directory(path: &str) -> Result<OwnedFd, Lost> {
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(libc::O_PATH | libc::O_DIRECTORY);
    options.open(path).map(|file: File| file.into()).map_err(|error| Lost::of_io(&error))
}

/// Whether the kernel meets no symbolic link on its way from a directory; false where it does not say.
fn has_no_links(from: &OwnedFd, text: &[u8]) -> bool {
    let start = text.iter().position(|byte| *byte != b'/').unwrap_or(text.len());
    let below = text.get(start..).unwrap_or_default();
    // Above the directory may be what the tracee does not see.
    if below.split(|byte| *byte == b'/').any(|part| part == b"..") {
        return false;
    }
    if below.is_empty() {
        return true;
    }
    let how = OpenHow::new().flags(OFlag::O_PATH | OFlag::O_CLOEXEC).resolve(ResolveFlag::RESOLVE_NO_SYMLINKS);
    matches!(openat2(from, below, how), Ok(_) | Err(Errno::ENOENT | Errno::ENOTDIR))
}

/// Whether this is how proc(5) names links to open files.
fn is_like_a_jump(name: &[u8]) -> bool {
    let is_number = |part: Option<&[u8]>| part.is_some_and(is_all_digits);
    let mut parts = name.rsplit(|byte| *byte == b'/');
    match (parts.next(), parts.next()) {
        (Some(b"cwd" | b"root" | b"exe"), parent) => is_number(parent),
        (Some(_), Some(b"fd" | b"ns" | b"map_files")) => is_number(parts.next()),
        _ => false,
    }
}
