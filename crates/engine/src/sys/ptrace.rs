//! ptrace(2) requests, one function each. By nix where it can express the request; signals are plain numbers here,
//! because nix has no real-time ones.

use std::mem::{MaybeUninit, size_of};
use std::ptr;

use nix::errno::Errno;
use nix::sys::ptrace as nix_ptrace;
use nix::unistd::Pid;

use super::Tid;
use crate::Abi;

pub(crate) use nix::sys::ptrace::Options;

/// `struct ptrace_syscall_info` of linux/ptrace.h (since Linux 5.3), with both of its unions flattened.
#[derive(Clone, Copy, Debug)]
pub(crate) enum SyscallInfo {
    /// Not in a syscall-stop.
    None,
    Entry {
        arch: u32,
        ip: u64,
        sp: u64,
        nr: u64,
        args: [u64; 6],
    },
    Exit {
        ip: u64,
        value: i64,
        is_error: bool,
    },
    Seccomp {
        arch: u32,
        ip: u64,
        sp: u64,
        nr: u64,
        args: [u64; 6],
    },
}

#[repr(C)]
struct RawSyscallInfo {
    op: u8,
    pad: [u8; 3],
    arch: u32,
    instruction_pointer: u64,
    stack_pointer: u64,
    /// entry: nr, args[6]; exit: rval, is_error; seccomp: nr, args[6], ret_data.
    words: [u64; 8],
}

const _: () = assert!(size_of::<RawSyscallInfo>() == 88);

// linux/ptrace.h. Our own, because libc gives these numbers different types for different C libraries.
const PTRACE_CONT: u32 = 7;
const PTRACE_DETACH: u32 = 17;
const PTRACE_SYSCALL: u32 = 24;
const PTRACE_GETSIGINFO: u32 = 0x4202;
const PTRACE_GET_SYSCALL_INFO: u32 = 0x420e;
const PTRACE_LISTEN: u32 = 0x4208;

/// Attaches without stopping. `options` take effect at once.
pub(crate) fn seize(tid: Tid, options: Options) -> Result<(), Errno> {
    nix_ptrace::seize(Pid::from_raw(tid), options)
}

/// Stops a running tracee with `PTRACE_EVENT_STOP`.
pub(crate) fn interrupt(tid: Tid) -> Result<(), Errno> {
    nix_ptrace::interrupt(Pid::from_raw(tid))
}

/// Restarts until the next syscall-stop, delivering `signal` (0: none).
pub(crate) fn resume_to_syscall(tid: Tid, signal: i32) -> Result<(), Errno> {
    request(PTRACE_SYSCALL, tid, 0, signal as usize)
}

/// Restarts, delivering `signal` (0: none).
pub(crate) fn resume(tid: Tid, signal: i32) -> Result<(), Errno> {
    request(PTRACE_CONT, tid, 0, signal as usize)
}

/// Lets a tracee in group-stop stay stopped, while further events are reported.
pub(crate) fn listen(tid: Tid) -> Result<(), Errno> {
    request(PTRACE_LISTEN, tid, 0, 0)
}

/// Lets a stopped tracee go, delivering `signal` (0: none).
pub(crate) fn detach(tid: Tid, signal: i32) -> Result<(), Errno> {
    request(PTRACE_DETACH, tid, 0, signal as usize)
}

/// The message of a PTRACE_EVENT stop: a new thread's id, a former thread id, a seccomp rule's data.
pub(crate) fn event_message(tid: Tid) -> Result<u64, Errno> {
    nix_ptrace::getevent(Pid::from_raw(tid)).map(|message| message as u64)
}

/// The siginfo of a signal-delivery-stop, as the kernel's 128 bytes.
pub(crate) fn signal_info(tid: Tid) -> Result<[u8; 128], Errno> {
    let mut info = [0u8; 128];
    request(PTRACE_GETSIGINFO, tid, 0, info.as_mut_ptr() as usize).map(|()| info)
}

/// What the tracee is doing with regard to system calls.
pub(crate) fn syscall_info(tid: Tid) -> Result<SyscallInfo, Errno> {
    let mut raw = MaybeUninit::<RawSyscallInfo>::zeroed();
    request(PTRACE_GET_SYSCALL_INFO, tid, size_of::<RawSyscallInfo>(), raw.as_mut_ptr() as usize)?;
    // SAFETY: all fields are integers, zeroed before the kernel wrote over a prefix of them.
    let raw = unsafe { raw.assume_init() };
    let [nr, a, b, c, d, e, f, _] = raw.words;
    let (arch, ip, sp) = (raw.arch, raw.instruction_pointer, raw.stack_pointer);
    Ok(match raw.op {
        1 => SyscallInfo::Entry { arch, ip, sp, nr, args: [a, b, c, d, e, f] },
        2 => SyscallInfo::Exit { ip, value: nr as i64, is_error: a & 0xff != 0 },
        3 => SyscallInfo::Seccomp { arch, ip, sp, nr, args: [a, b, c, d, e, f] },
        _ => SyscallInfo::None,
    })
}

/// Registers that rules and corrections read and write, by their place in `struct user_regs_struct`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Register {
    Rbp = 4 * 8,
    Rbx = 5 * 8,
    R10 = 7 * 8,
    R9 = 8 * 8,
    R8 = 9 * 8,
    /// The result, at syscall-exit.
    Rax = 10 * 8,
    Rcx = 11 * 8,
    Rdx = 12 * 8,
    Rsi = 13 * 8,
    Rdi = 14 * 8,
    /// The call's number; -1 skips the call.
    OrigRax = 15 * 8,
}

impl Register {
    /// Where an argument is: syscall(2), "Architecture calling conventions".
    pub(crate) fn of_argument(abi: Abi, index: usize) -> Option<Self> {
        let registers = match abi {
            Abi::X86_64 | Abi::X32 => [Self::Rdi, Self::Rsi, Self::Rdx, Self::R10, Self::R8, Self::R9],
            Abi::I386 => [Self::Rbx, Self::Rcx, Self::Rdx, Self::Rsi, Self::Rdi, Self::Rbp],
        };
        registers.get(index).copied()
    }
}

pub(crate) fn write_register(tid: Tid, register: Register, value: u64) -> Result<(), Errno> {
    nix_ptrace::write_user(Pid::from_raw(tid), register as usize as nix_ptrace::AddressType, value as libc::c_long)
}

pub(crate) fn read_register(tid: Tid, register: Register) -> Result<u64, Errno> {
    nix_ptrace::read_user(Pid::from_raw(tid), register as usize as nix_ptrace::AddressType).map(|word| word as u64)
}

/// All registers; for the arguments of a call whose entry was not seen.
pub(crate) fn registers(tid: Tid) -> Result<libc::user_regs_struct, Errno> {
    nix_ptrace::getregs(Pid::from_raw(tid))
}

/// One word of tracee memory.
pub(crate) fn peek(tid: Tid, address: u64) -> Result<u64, Errno> {
    nix_ptrace::read(Pid::from_raw(tid), address as nix_ptrace::AddressType).map(|word| word as u64)
}

/// Overwrites one word of tracee memory.
pub(crate) fn poke(tid: Tid, address: u64, value: u64) -> Result<(), Errno> {
    nix_ptrace::write(Pid::from_raw(tid), address as nix_ptrace::AddressType, value as libc::c_long)
}

fn request(operation: u32, tid: Tid, address: usize, data: usize) -> Result<(), Errno> {
    // SAFETY: the requests made through here either take numbers in both words or point `data` at a buffer of the
    // size that the request fills (siginfo: 128 bytes, syscall info: `address` bytes).
    let result = unsafe {
        libc::ptrace(
            operation as _,
            tid,
            ptr::without_provenance_mut::<u8>(address),
            ptr::without_provenance_mut::<u8>(data),
        )
    };
    Errno::result(result).map(drop)
}
