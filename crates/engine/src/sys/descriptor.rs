//! What the kernel tells of an open file without opening it, and the socket that asks for other sockets.

use std::ffi::CStr;
use std::os::fd::{FromRawFd, OwnedFd};

use nix::errno::Errno;

/// What stat(2) says of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct File {
    pub(crate) mode: u32,
    /// Of a device: major and minor number.
    pub(crate) device: (u32, u32),
    /// File system and inode: which file it is.
    pub(crate) identity: ((u32, u32), u64),
}

/// The file that a path leads to; that which it is itself, if links are not `followed`.
///
/// What the file system remembers is enough: asking a server for news could wait for one that is itself stopped.
pub(crate) fn file(path: &CStr, followed: bool) -> Option<File> {
    const AT_SYMLINK_NOFOLLOW: i32 = 0x100;
    const AT_STATX_DONT_SYNC: i32 = 0x4000;
    const BASIC_STATS: u32 = 0x7ff;
    // struct statx with room to grow; glibc 2.17 has neither the type nor the function.
    let mut buffer = [0u8; 256];
    let flags = AT_STATX_DONT_SYNC | if followed { 0 } else { AT_SYMLINK_NOFOLLOW };
    // SAFETY: the path is a C string, and the buffer is as large as the kernel's struct, which it fills.
    let result = unsafe {
        libc::syscall(libc::SYS_statx, libc::AT_FDCWD, path.as_ptr(), flags, BASIC_STATS, buffer.as_mut_ptr())
    };
    if result != 0 {
        return None;
    }
    let number = |at: usize| Some(u32::from_le_bytes(*buffer.get(at..)?.first_chunk()?));
    Some(File {
        mode: number(28)? & 0xffff,
        device: (number(128)?, number(132)?),
        identity: ((number(136)?, number(140)?), u64::from_le_bytes(*buffer.get(32..)?.first_chunk()?)),
    })
}

/// The value of an extended attribute.
pub(crate) fn attribute<'a>(path: &CStr, name: &CStr, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
    // SAFETY: both are C strings, and the kernel writes no more than the buffer's length.
    let length = unsafe { libc::getxattr(path.as_ptr(), name.as_ptr(), buffer.as_mut_ptr().cast(), buffer.len()) };
    buffer.get(..usize::try_from(length).ok()?)
}

/// A socket for questions about other sockets (sock_diag(7)), which never waits.
pub(crate) fn socket_of_sockets() -> Result<OwnedFd, Errno> {
    let kind = libc::SOCK_RAW | libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    // SAFETY: socket(2) takes numbers only.
    let fd = Errno::result(unsafe { libc::socket(libc::AF_NETLINK, kind, libc::NETLINK_SOCK_DIAG) })?;
    // SAFETY: the descriptor is new, and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}
