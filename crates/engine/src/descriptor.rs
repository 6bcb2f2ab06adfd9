//! What lies behind a descriptor of a stopped thread, as it is at that moment: what proc(5) and sock_diag(7) say.

use std::collections::HashMap;
use std::ffi::CString;
use std::fs;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;

use crate::proc;
use crate::record::{CaptureStatus, close_capture, open_capture, put_capture};
use crate::sys::{Tid, descriptor};

/// What is wanted besides the link: bits that a plan sets.
pub mod wish {
    /// Numbers of a device.
    pub const DEVICE: u8 = 1;
    /// Addresses of a socket.
    pub const SOCKET: u8 = 2;
    /// State of an eventfd.
    pub const EVENTFD: u8 = 4;
    /// The process of a pidfd.
    pub const PIDFD: u8 = 8;
    /// The signals of a signalfd.
    pub const SIGNALFD: u8 = 16;
    /// All of them.
    pub const ALL: u8 = 31;
}

/// What is wanted of processes.
pub mod pid_wish {
    /// What it calls itself.
    pub const NAME: u8 = 1;
    /// Our number for it, as a capture inside, where that is another.
    pub const OUR_NUMBER: u8 = 2;
    /// Both.
    pub const ALL: u8 = 3;
}

/// Keys of what is captured of one descriptor, inside the capture of its link.
pub mod part {
    /// `st_mode`, major and minor number of a device, 4 bytes each.
    pub const DEVICE: u8 = 0;
    /// proc_pid_fdinfo(5).
    pub const FDINFO: u8 = 1;
    /// Name of a socket's protocol, as the kernel has it.
    pub const PROTOCOL: u8 = 2;
    /// What sock_diag(7) says of a socket: the answer behind its netlink header.
    pub const SOCKET: u8 = 3;
    /// Nothing: the link ends in " (deleted)", and that is the file's name.
    pub const NAMED_SO: u8 = 4;
}

const FDINFO_MAX: u64 = 4096;

/// Appends the capture of a descriptor's link and of what else is wished for.
pub(crate) fn put_descriptor(
    keys: (u8, u8),
    (tid, fd): (Tid, Option<i32>),
    wishes: u8,
    sockets: &mut Sockets,
    out: &mut Vec<u8>,
) {
    let (key, phase) = keys;
    // A thread may have a descriptor table of its own: its tid, not its pid.
    let path = match fd {
        Some(libc::AT_FDCWD) => format!("{}/cwd", proc::directory(tid)),
        Some(fd) if fd >= 0 => format!("{}/fd/{fd}", proc::directory(tid)),
        Some(_) | None => return put_capture(key, phase, CaptureStatus::Null, 0, &[], out),
    };
    let Ok(link) = fs::read_link(&path) else {
        return put_capture(key, phase, CaptureStatus::Fault, 0, &[], out);
    };
    let link = link.as_os_str().as_bytes();
    let at = open_capture(key, phase, out);
    out.extend_from_slice(link);
    out.resize(out.len().next_multiple_of(8), 0);
    if let Some(fd) = fd.filter(|fd| *fd >= 0) {
        let of = Descriptor { tid, fd, path, phase };
        if link.ends_with(b" (deleted)") && of.is_at(link) {
            put_capture(part::NAMED_SO, phase, CaptureStatus::Ok, 0, &[], out);
        }
        if wishes != 0 {
            of.put_details(link, wishes, sockets, out);
        }
    }
    close_capture(at, link.len(), CaptureStatus::Ok, 0, out);
}

/// A descriptor whose link was read.
struct Descriptor {
    tid: Tid,
    fd: i32,
    path: String,
    phase: u8,
}

impl Descriptor {
    fn put_details(&self, link: &[u8], wishes: u8, sockets: &mut Sockets, out: &mut Vec<u8>) {
        match kind_of(link) {
            Some(wish::SOCKET) if wishes & wish::SOCKET != 0 => self.put_socket(link, sockets, out),
            Some(wish::DEVICE) if wishes & wish::DEVICE != 0 => self.put_device(out),
            Some(anonymous @ (wish::EVENTFD | wish::PIDFD | wish::SIGNALFD)) if wishes & anonymous != 0 => {
                self.put_fdinfo(out);
            }
            _ => {}
        }
    }

    /// Whether a path leads to the file that is open.
    fn is_at(&self, link: &[u8]) -> bool {
        let open = self.c_path().and_then(|path| descriptor::file(&path, true));
        let there = CString::new(link).ok().and_then(|path| descriptor::file(&path, false));
        open.zip(there).is_some_and(|(open, there)| open.identity == there.identity)
    }

    fn put_device(&self, out: &mut Vec<u8>) {
        let Some(descriptor::File { mode, device: (major, minor), .. }) =
            self.c_path().and_then(|path| descriptor::file(&path, true))
        else {
            return;
        };
        let is_terminal = mode & libc::S_IFMT == libc::S_IFCHR;
        if !is_terminal && mode & libc::S_IFMT != libc::S_IFBLK {
            return;
        }
        let words = [mode, major, minor];
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        put_capture(part::DEVICE, self.phase, CaptureStatus::Ok, 0, &bytes, out);
        if is_terminal {
            // The master of a pseudoterminal says there which one it is.
            self.put_fdinfo(out);
        }
    }

    fn put_fdinfo(&self, out: &mut Vec<u8>) {
        let Ok(file) = fs::File::open(format!("{}/fdinfo/{}", proc::directory(self.tid), self.fd)) else {
            return;
        };
        let mut text = Vec::new();
        if file.take(FDINFO_MAX).read_to_end(&mut text).is_ok() {
            put_capture(part::FDINFO, self.phase, CaptureStatus::Ok, 0, &text, out);
        }
    }

    fn put_socket(&self, link: &[u8], sockets: &mut Sockets, out: &mut Vec<u8>) {
        let mut buffer = [0u8; 256];
        let Some(name) = self
            .c_path()
            .and_then(|path| descriptor::attribute(&path, c"system.sockprotoname", &mut buffer))
            .and_then(|value| value.split(|byte| *byte == 0).next())
        else {
            return;
        };
        put_capture(part::PROTOCOL, self.phase, CaptureStatus::Ok, 0, name, out);
        let inode = link.strip_prefix(b"socket:[").and_then(|rest| rest.strip_suffix(b"]"));
        let inode = inode.and_then(|digits| std::str::from_utf8(digits).ok()?.parse().ok());
        if let Some(answer) = inode.and_then(|inode| sockets.ask(name, inode)) {
            put_capture(part::SOCKET, self.phase, CaptureStatus::Ok, 0, &answer, out);
        }
    }

    fn c_path(&self) -> Option<CString> {
        CString::new(self.path.as_str()).ok()
    }
}

/// What may be wished for of something with this link. A path may lead to a device.
fn kind_of(link: &[u8]) -> Option<u8> {
    match link {
        [b'/', ..] => Some(wish::DEVICE),
        b"anon_inode:[eventfd]" => Some(wish::EVENTFD),
        b"anon_inode:[pidfd]" => Some(wish::PIDFD),
        b"anon_inode:[signalfd]" => Some(wish::SIGNALFD),
        _ if link.starts_with(b"socket:[") => Some(wish::SOCKET),
        _ if link.starts_with(b"pidfd:") => Some(wish::PIDFD),
        _ => None,
    }
}

/// How to ask for a socket of one protocol.
#[derive(Clone, Copy)]
struct Protocol {
    name: &'static str,
    family: i32,
    number: i32,
}

const fn inet(name: &'static str, number: i32) -> Protocol {
    Protocol { name, family: libc::AF_INET, number }
}

const fn inet6(name: &'static str, number: i32) -> Protocol {
    Protocol { name, family: libc::AF_INET6, number }
}

const PROTOCOLS: [Protocol; 19] = [
    Protocol { name: "UNIX", family: libc::AF_UNIX, number: 0 },
    Protocol { name: "UNIX-STREAM", family: libc::AF_UNIX, number: 0 },
    Protocol { name: "NETLINK", family: libc::AF_NETLINK, number: 255 },
    inet("TCP", libc::IPPROTO_TCP),
    inet("UDP", libc::IPPROTO_UDP),
    inet("UDPLITE", libc::IPPROTO_UDPLITE),
    inet("DCCP", libc::IPPROTO_DCCP),
    inet("SCTP", libc::IPPROTO_SCTP),
    inet("L2TP/IP", 115),
    inet("PING", libc::IPPROTO_ICMP),
    inet("RAW", libc::IPPROTO_RAW),
    inet6("TCPv6", libc::IPPROTO_TCP),
    inet6("UDPv6", libc::IPPROTO_UDP),
    inet6("UDPLITEv6", libc::IPPROTO_UDPLITE),
    inet6("DCCPv6", libc::IPPROTO_DCCP),
    inet6("SCTPv6", libc::IPPROTO_SCTP),
    inet6("L2TP/IPv6", 115),
    inet6("PINGv6", libc::IPPROTO_ICMP),
    inet6("RAWv6", libc::IPPROTO_RAW),
];

impl Protocol {
    /// The question, and where an answer has the socket's inode.
    fn question(self, inode: u32) -> (Vec<u8>, usize) {
        const REQUEST: u16 = 1;
        const DUMP: u16 = 0x300;
        let (family, number) = (self.family as u8, self.number as u8);
        let (flags, body, at) = match self.family {
            // struct unix_diag_req: one socket, its name and its peer.
            libc::AF_UNIX => {
                let words = [u32::MAX, inode, 1 | 4, u32::MAX, u32::MAX];
                (REQUEST, body(family, number, &words), 4)
            }
            // struct netlink_diag_req.
            libc::AF_NETLINK => (REQUEST | DUMP, body(family, number, &[0; 4]), 16),
            // struct inet_diag_req_v2: whatever state it is in.
            _ => {
                let mut words = [0; 13];
                words[0] = u32::MAX;
                (REQUEST | DUMP, body(family, number, &words), 68)
            }
        };
        let length = (NETLINK_HEAD + body.len()) as u32;
        let mut message = Vec::new();
        message.extend_from_slice(&length.to_le_bytes());
        message.extend_from_slice(&SOCK_DIAG_BY_FAMILY.to_le_bytes());
        message.extend_from_slice(&flags.to_le_bytes());
        message.extend_from_slice(&[0; 8]);
        message.extend_from_slice(&body);
        (message, at)
    }

    /// A connection has the same ends for as long as it lives, and afterwards it is still the one that it was.
    fn is_lasting(self, answer: &[u8]) -> bool {
        match self.name {
            "TCP" | "TCPv6" => answer.get(6..8) != Some(&[0, 0]),
            "UNIX-STREAM" => has_peer(answer.get(16..).unwrap_or_default()),
            _ => false,
        }
    }
}

fn body(family: u8, number: u8, words: &[u32]) -> Vec<u8> {
    let mut body = vec![family, number, 0, 0];
    body.extend(words.iter().flat_map(|word| word.to_le_bytes()));
    body
}

const NETLINK_HEAD: usize = 16;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
/// Most connections that are remembered.
const REMEMBERED: usize = 1024;

/// What is known of sockets.
#[derive(Debug, Default)]
pub(crate) struct Sockets {
    /// By inode: the kernel searches through every socket of the machine, at each question.
    connections: HashMap<u32, Vec<u8>>,
}

impl Sockets {
    fn ask(&mut self, protocol: &[u8], inode: u32) -> Option<Vec<u8>> {
        if let Some(known) = self.connections.get(&inode) {
            return Some(known.clone());
        }
        let protocol = *PROTOCOLS.iter().find(|known| known.name.as_bytes() == protocol)?;
        let (question, at) = protocol.question(inode);
        let answer = ask(&question, at, inode)?;
        if protocol.is_lasting(&answer) {
            if self.connections.len() >= REMEMBERED {
                self.connections.clear();
            }
            self.connections.insert(inode, answer.clone());
        }
        Some(answer)
    }
}

/// The answer that has this inode at that place.
fn ask(question: &[u8], at: usize, inode: u32) -> Option<Vec<u8>> {
    let socket = descriptor::socket_of_sockets().ok()?;
    nix::unistd::write(&socket, question).ok()?;
    let mut buffer = vec![0; 32 << 10];
    loop {
        // Never waits: an answer, or the next part of one, is there as soon as it was asked for.
        let length = nix::unistd::read(&socket, &mut buffer).ok()?;
        let mut rest = buffer.get(..length)?;
        while let Some((kind, message, next)) = split_message(rest) {
            if kind != SOCK_DIAG_BY_FAMILY {
                return None;
            }
            if message.get(at..at + 4) == Some(&inode.to_le_bytes()) {
                return Some(message.to_vec());
            }
            rest = next;
        }
        if length == 0 {
            return None;
        }
    }
}

/// Whether attributes of a local socket name its other end. Before it is accepted, that has no inode.
fn has_peer(mut attributes: &[u8]) -> bool {
    const UNIX_DIAG_PEER: u16 = 2;
    while let Some([low, high, kind @ .., _, _, _, _]) = attributes.first_chunk::<8>() {
        let length = usize::from(u16::from_le_bytes([*low, *high]));
        if u16::from_le_bytes(*kind) == UNIX_DIAG_PEER && attributes.get(4..8) != Some(&[0; 4]) {
            return true;
        }
        attributes = attributes.get(length.max(4).next_multiple_of(4)..).unwrap_or_default();
    }
    false
}

/// The process that a pidfd is for.
pub(crate) fn process_of(tid: Tid, pidfd: i32) -> Option<Tid> {
    let text = fs::read_to_string(format!("{}/fdinfo/{pidfd}", proc::directory(tid))).ok()?;
    text.lines().find_map(|line| line.strip_prefix("Pid:")).and_then(|pid| pid.trim().parse().ok())
}

/// The first netlink message: its type, what is behind its header, and what follows it.
fn split_message(bytes: &[u8]) -> Option<(u16, &[u8], &[u8])> {
    let length = u32::from_le_bytes(*bytes.first_chunk()?) as usize;
    let kind = u16::from_le_bytes(*bytes.get(4..)?.first_chunk()?);
    let message = bytes.get(NETLINK_HEAD..length)?;
    Some((kind, message, bytes.get(length.next_multiple_of(4)..).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_that_are_cut_or_empty_end_the_answer() {
        assert!(split_message(&[]).is_none());
        assert!(split_message(&[0; 15]).is_none());
        assert!(split_message(&[0; 16]).is_none(), "shorter than its own header");
        let mut message = vec![20, 0, 0, 0, 20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4];
        assert_eq!(split_message(&message), Some((20, &[1, 2, 3, 4][..], &[][..])));
        message.truncate(18);
        assert!(split_message(&message).is_none());
    }

    #[test]
    fn the_other_end_of_a_local_socket_is_found_among_its_attributes() {
        let name = [8u8, 0, 0, 0, b'/', b'x', 0, 0];
        let peer = |inode: u8| [8u8, 0, 2, 0, inode, 0, 0, 0];
        assert!(has_peer(&[name, peer(7)].concat()));
        assert!(!has_peer(&[name, peer(0)].concat()));
        assert!(!has_peer(&name));
        assert!(!has_peer(&[0; 64]), "attributes without a length");
        assert!(!has_peer(&peer(7)[..7]));
    }

    #[test]
    fn only_what_was_asked_for_is_read() {
        assert_eq!(kind_of(b"/dev/null"), Some(wish::DEVICE));
        assert_eq!(kind_of(b"anon_inode:[eventpoll]"), None, "which can list thousands of descriptors");
        assert_eq!(kind_of(b"pidfd:[7]"), Some(wish::PIDFD));
        assert_eq!(kind_of(b"pipe:[7]"), None);
        assert_eq!(kind_of(b""), None);
    }
}
