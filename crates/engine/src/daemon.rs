//! Turning into the command, with the tracer outside: so the command stays the child of whoever started us.

use std::io::{Error as IoError, Read, pipe};
use std::os::fd::AsRawFd;

use nix::errno::Errno;

use crate::error::Error;
use crate::session::{Program, Stdio, prepare};
use crate::sys::Tid;
use crate::sys::daemon::{Tracers, become_program, let_trace, start_orphan};
use crate::tracer::step_of;

pub use crate::sys::daemon::Place;

/// What the tracer says where all is well; anything else is an errno.
const ATTACHED: u8 = 0;

/// Starts `tracer` as nobody's child, waits until it has written a zero byte to its descriptor 0, and turns this process
/// into `command`. Returns `Ok` only where the tracer has ended before.
///
/// # Errors
/// [`Error::Spawn`] of the command, [`Error::Host`] of the tracer. This process has lost its signal handlers by then, and
/// perhaps its user: all that is left is to say so and to exit.
pub fn turn_into(command: Program, tracer: Program, place: Place) -> Result<(), Error> {
    let refused = |operation| move |errno| Error::Host { operation, errno };
    let failed = |error: IoError| refused("pipe2")(Errno::from_raw(error.raw_os_error().unwrap_or(libc::EIO)));
    let (mut told, tell) = pipe().map_err(failed)?;
    let [_, stdout, stderr] = tracer.stdio;
    let tracer = Program { stdio: [Stdio::Fd(tell.as_raw_fd()), stdout, stderr], ..tracer };
    let mut opened = Vec::new();
    let command = prepare(command, &mut Default::default(), &mut opened)?;
    let tracer = prepare(tracer, &mut Default::default(), &mut opened)?;
    // Which process it will be nobody knows before it is there, and it is too late then to tell it that it may.
    let_trace(Tracers::Anybody);
    start_orphan(tracer, place).map_err(refused("fork"))?;
    drop(tell);
    let mut answer = [ATTACHED];
    if told.read_exact(&mut answer).is_err() {
        return Ok(());
    }
    let_trace(Tracers::Ancestors);
    let [answer] = answer;
    if answer != ATTACHED {
        return Err(refused("execve")(Errno::from_raw(answer.into())));
    }
    let (step, errno) = become_program(command);
    Err(Error::Spawn { step: step_of(step), errno })
}

/// Under Yama, lets one process trace this one, though it is no ancestor; `None` takes that back.
pub fn allow_tracer(pid: Option<Tid>) {
    let_trace(pid.map_or(Tracers::Ancestors, Tracers::One));
}
