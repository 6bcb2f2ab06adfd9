//! What a tracee's socket is, asked of the socket itself through a copy of its descriptor.

use std::mem::size_of;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};

use nix::errno::Errno;

use super::Tid;

/// A thread other than its group's leader is meant; since Linux 6.9.
pub(crate) const PIDFD_THREAD: u32 = libc::O_EXCL as u32;

/// pidfd_open(2), since Linux 5.3. Closed on exec.
pub(crate) fn pidfd(tid: Tid, flags: u32) -> Result<OwnedFd, Errno> {
    // SAFETY: pidfd_open(2) takes numbers only.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, tid, flags) })?;
    // SAFETY: the descriptor is new, and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// A copy of somebody's descriptor: pidfd_getfd(2), since Linux 5.6. Closed on exec.
pub(crate) fn copy_descriptor(of: BorrowedFd<'_>, fd: i32) -> Result<OwnedFd, Errno> {
    // SAFETY: pidfd_getfd(2) takes numbers only.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_getfd, of.as_raw_fd(), fd, 0) })?;
    // SAFETY: the descriptor is new, and nobody else's.
    Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) })
}

/// An option of the level `SOL_SOCKET` that is an `int`.
pub(crate) fn option(socket: BorrowedFd<'_>, option: i32) -> Result<i32, Errno> {
    let mut value = 0i32;
    let mut length = size_of::<i32>() as libc::socklen_t;
    let at = (&raw mut value).cast();
    // SAFETY: the kernel writes at most `length` bytes, and the value is that long.
    let result = unsafe { libc::getsockopt(socket.as_raw_fd(), libc::SOL_SOCKET, option, at, &raw mut length) };
    Errno::result(result).map(|_| value)
}

/// Whose address is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Own,
    Peer,
}

/// The address of one end; empty where there is none.
pub(crate) fn address(socket: BorrowedFd<'_>, end: End) -> Vec<u8> {
    let mut address = vec![0u8; size_of::<libc::sockaddr_storage>()];
    let mut length = address.len() as libc::socklen_t;
    let (fd, at) = (socket.as_raw_fd(), address.as_mut_ptr().cast());
    let result = match end {
        // SAFETY: the kernel writes at most `length` bytes of an address, and the buffer is that long.
        End::Own => unsafe { libc::getsockname(fd, at, &raw mut length) },
        // SAFETY: as above.
        End::Peer => unsafe { libc::getpeername(fd, at, &raw mut length) },
    };
    // The length is that of the whole address, of which a buffer too short would hold a part.
    address.truncate(if result == 0 { length as usize } else { 0 });
    address
}
