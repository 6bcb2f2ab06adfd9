//! What the kernel says of processes beyond their memory: program, arguments, sockets. Programs and arguments are
//! remembered until another program is executed, everything else for one stop at most.

use std::collections::HashMap;
use std::fs;
use std::io::Read as _;
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;

use nix::errno::Errno;
use nix::sys::stat::fstat;

use crate::paths::{Lost, Places, Who, without_deleted};
use crate::proc;
use crate::sys::Tid;
use crate::sys::socket::{self, End};

/// What is told of a command line.
const ARGV_TOLD: usize = 4096;
/// What is read of one.
const ARGV_READ: usize = 64 << 10;
/// Most processes that are remembered.
const REMEMBERED: usize = 512;
/// Most descriptors for processes: each is one of the host's.
const MAX_PIDFDS: usize = 64;
/// Most sockets that are remembered of one call.
const MAX_SOCKETS: usize = 16;
/// Threads that are asked where a process has lost its first.
const THREADS_ASKED: usize = 16;

/// What the kernel says of processes, remembered until they execute another program.
#[derive(Debug, Default)]
pub(crate) struct Processes {
    programs: HashMap<Tid, Program>,
    argv: HashMap<Tid, Argv>,
    /// A descriptor of a process stays its own through each execve.
    pidfds: HashMap<Tid, OwnedFd>,
    pub(crate) places: Places,
    /// By descriptor.
    sockets: Vec<(i32, Socket)>,
}

/// Domain, type and both addresses, if it is one.
type Socket = Result<Option<Vec<u8>>, Lost>;

#[derive(Debug)]
struct Program {
    link: Vec<u8>,
    /// The same file, as a process with another root has it.
    seen: Vec<u8>,
}

/// A command line: each argument ends with a NUL.
#[derive(Debug)]
pub(crate) struct Argv {
    bytes: Vec<u8>,
    /// There is more of it.
    is_cut: bool,
}

impl Argv {
    /// The arguments, as far as they were read whole.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let end = if self.is_cut { self.bytes.iter().rposition(|byte| *byte == 0) } else { None };
        let whole = match (end, self.is_cut) {
            (None, true) => &[][..],
            (Some(end), _) => self.bytes.get(..=end).unwrap_or_default(),
            (None, false) => &self.bytes,
        };
        let whole = Some(whole).filter(|whole| !whole.is_empty());
        whole.into_iter().flat_map(|whole| whole.strip_suffix(b"\0").unwrap_or(whole).split(|byte| *byte == 0))
    }

    pub(crate) fn is_cut(&self) -> bool {
        self.is_cut
    }
}

impl Processes {
    /// The link of `/proc/PID/exe`; `None` for a process that is gone, or that we may not ask about.
    pub(crate) fn program(&mut self, pid: Tid) -> Option<&[u8]> {
        self.learn_program(pid).ok()?;
        self.programs.get(&pid).map(|program| program.link.as_slice())
    }

    /// The first bytes of `/proc/PID/cmdline`, 4096 at most.
    pub(crate) fn argv(&mut self, pid: Tid) -> Option<&[u8]> {
        let argv = self.arguments(pid).ok()?;
        Some(argv.bytes.get(..ARGV_TOLD).unwrap_or(&argv.bytes))
    }

    /// The process has become another program.
    pub(crate) fn executed(&mut self, pid: Tid) {
        self.programs.remove(&pid);
        self.argv.remove(&pid);
        self.next_stop();
    }

    /// Its number may become somebody else's.
    pub(crate) fn ended(&mut self, pid: Tid) {
        self.executed(pid);
        self.pidfds.remove(&pid);
    }

    /// Another stop: names and sockets may mean something else now.
    pub(crate) fn next_stop(&mut self) {
        self.places.forget();
        self.sockets.clear();
    }

    /// The names of a process's program: our own, and that of a process with another root.
    pub(crate) fn program_names(&mut self, pid: Tid) -> Result<[&[u8]; 2], Lost> {
        self.learn_program(pid)?;
        let program = self.programs.get(&pid).ok_or(Lost::Gone)?;
        Ok([without_deleted(&program.link), without_deleted(&program.seen)])
    }

    fn learn_program(&mut self, pid: Tid) -> Result<(), Lost> {
        if self.programs.contains_key(&pid) {
            return Ok(());
        }
        let (tid, link) = of_any_thread(pid, |tid| read_link(tid, "exe"))?;
        let seen = Places::default().seen_by(Who { pid, tid }, &link).unwrap_or_else(|_| link.clone());
        if self.programs.len() >= REMEMBERED {
            self.programs.clear();
        }
        self.programs.insert(pid, Program { link, seen });
        Ok(())
    }

    /// The arguments that a process was started with, or what it has put in their place.
    pub(crate) fn arguments(&mut self, pid: Tid) -> Result<&Argv, Lost> {
        if !self.argv.contains_key(&pid) {
            let (_, argv) = of_any_thread(pid, read_argv)?;
            if self.argv.len() >= REMEMBERED {
                self.argv.clear();
            }
            self.argv.insert(pid, argv);
        }
        self.argv.get(&pid).ok_or(Lost::Gone)
    }

    /// Domain, type and peer of what a descriptor is, if that is a socket.
    pub(crate) fn socket(&mut self, who: Who, fd: i32) -> Socket {
        let link = match self.places.descriptor(who, fd) {
            Ok(link) => link,
            Err(Lost::Gone) => return Ok(None),
            Err(Lost::Refused) => return Err(Lost::Refused),
        };
        let Some(inode) = inode_of_socket(&link) else { return Ok(None) };
        if let Some((_, known)) = self.sockets.iter().find(|(known, _)| *known == fd) {
            return known.clone();
        }
        let told = self.copy(who, fd, inode).map(|socket| describe(&socket));
        if self.sockets.len() < MAX_SOCKETS {
            self.sockets.push((fd, told.clone()));
        }
        told
    }

    fn copy(&mut self, who: Who, fd: i32, inode: u64) -> Result<OwnedFd, Lost> {
        let is_it = |copy: &OwnedFd| fstat(copy).is_ok_and(|found| found.st_ino == inode);
        match self.copy_from_process(who.pid, fd) {
            Ok(copy) if who.tid == who.pid || is_it(&copy) => return Ok(copy),
            Err(errno @ (Errno::EBADF | Errno::ESRCH)) if who.tid == who.pid => return Err(Lost::of(errno)),
            // This thread may have a descriptor table of its own, and the first one may be gone.
            Ok(_) | Err(Errno::EBADF | Errno::ESRCH) => {}
            Err(_) => return Err(Lost::Refused),
        }
        let thread = socket::pidfd(who.tid, socket::PIDFD_THREAD).map_err(Lost::of)?;
        socket::copy_descriptor(thread.as_fd(), fd).map_err(Lost::of)
    }

    fn copy_from_process(&mut self, pid: Tid, fd: i32) -> Result<OwnedFd, Errno> {
        if let Some(pidfd) = self.pidfds.get(&pid) {
            match socket::copy_descriptor(pidfd.as_fd(), fd) {
                Err(Errno::ESRCH) => drop(self.pidfds.remove(&pid)),
                told => return told,
            }
        }
        let pidfd = socket::pidfd(pid, 0)?;
        let copy = socket::copy_descriptor(pidfd.as_fd(), fd);
        if self.pidfds.len() >= MAX_PIDFDS {
            self.pidfds.clear();
        }
        self.pidfds.insert(pid, pidfd);
        copy
    }
}

/// What the first thread that has an answer says: a process goes on without its first one.
fn of_any_thread<T>(pid: Tid, ask: impl Fn(Tid) -> Result<T, Lost>) -> Result<(Tid, T), Lost> {
    let first = match ask(pid) {
        Ok(answer) => return Ok((pid, answer)),
        Err(lost) => lost,
    };
    let others = proc::threads_of(pid).into_iter().filter(|tid| *tid != pid).take(THREADS_ASKED);
    others.into_iter().find_map(|tid| Some((tid, ask(tid).ok()?))).ok_or(first)
}

fn read_link(tid: Tid, what: &str) -> Result<Vec<u8>, Lost> {
    let link = fs::read_link(format!("{}/{what}", proc::directory(tid))).map_err(|error| Lost::of_io(&error))?;
    Ok(link.into_os_string().into_vec())
}

/// # Errors
/// [`Lost::Gone`] also for a thread that has ended, whose command line is empty.
fn read_argv(tid: Tid) -> Result<Argv, Lost> {
    let file = fs::File::open(format!("{}/cmdline", proc::directory(tid))).map_err(|error| Lost::of_io(&error))?;
    let mut bytes = Vec::new();
    file.take(ARGV_READ as u64 + 1).read_to_end(&mut bytes).map_err(|error| Lost::of_io(&error))?;
    if bytes.is_empty() {
        return Err(Lost::Gone);
    }
    let is_cut = bytes.len() > ARGV_READ;
    bytes.truncate(ARGV_READ);
    bytes.shrink_to_fit();
    Ok(Argv { bytes, is_cut })
}

fn inode_of_socket(link: &[u8]) -> Option<u64> {
    let digits = link.strip_prefix(b"socket:[")?.strip_suffix(b"]")?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// Domain and type, 4 bytes each, its own address in 128 bytes, and the peer's; `None` for what is no socket.
fn describe(copy: &OwnedFd) -> Option<Vec<u8>> {
    let domain = socket::option(copy.as_fd(), libc::SO_DOMAIN).ok()?;
    let kind = socket::option(copy.as_fd(), libc::SO_TYPE).ok()?;
    let mut told = [domain.to_le_bytes(), kind.to_le_bytes()].concat();
    let mut own = socket::address(copy.as_fd(), End::Own);
    own.resize(size_of::<libc::sockaddr_storage>(), 0);
    told.extend_from_slice(&own);
    told.extend_from_slice(&socket::address(copy.as_fd(), End::Peer));
    Some(told)
}
