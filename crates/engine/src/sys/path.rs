//! Asking where paths lead without opening what is there.

use std::ffi::CStr;
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::errno::Errno;

/// Longest link that the kernel makes or tells, `PATH_MAX`.
const LINK_MAX: usize = 4096;

/// What a symbolic link says; `EINVAL` where the path leads to something else.
pub(crate) fn read_link(directory: BorrowedFd<'_>, path: &CStr) -> Result<Vec<u8>, Errno> {
    let mut buffer = vec![0u8; LINK_MAX];
    // SAFETY: the path is a C string, and the kernel writes no more than the buffer's length.
    let length =
        unsafe { libc::readlinkat(directory.as_raw_fd(), path.as_ptr(), buffer.as_mut_ptr().cast(), buffer.len()) };
    buffer.truncate(usize::try_from(Errno::result(length)?).unwrap_or(0));
    Ok(buffer)
}
