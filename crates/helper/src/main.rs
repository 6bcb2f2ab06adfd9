//! The helper of `traceSelf()`: traces the process that has started it.
//!
//! Descriptor 0 is a socket to that process, which speaks `wire`; descriptor 1 the file for the records: chunks, each with its length
//! (four bytes, little-endian) in front. The helper asks nothing of that process while it is stopped, and ends when it does.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

use syscope_engine::{Config, End, Ending, Error, Follow, ModeRequest, Plan, Rules, Session, Target};
use syscope_helper::wire::{Answer, Failure, Orders, Over, Request, receive, send};

/// A thread that has not stopped after this time is inside of the kernel.
const JOINED_WITHIN: Duration = Duration::from_secs(1);

enum Event {
    Asked(Request),
    /// The process that has started us is not there any more, or wants no more of us.
    Alone,
    /// The session may be over.
    Woken,
}

fn main() -> ExitCode {
    // Nobody reads what a panic prints; it shows in how we end.
    std::panic::set_hook(Box::new(|_| {}));
    // No folder is to be kept from being unmounted.
    let _ = std::env::set_current_dir("/");
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "syscope-helper is started by traceSelf() of syscope: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> io::Result<()> {
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let records = File::from(io::stdout().as_fd().try_clone_to_owned()?);
    let Some(Request::Start(orders)) = receive(&socket)? else { return Err(io::ErrorKind::InvalidData.into()) };
    let (tell, events) = channel();
    let woken = tell.clone();
    let session = match start(orders, woken) {
        Ok(session) => session,
        Err(error) => return send(&socket, &Answer::Failed(Failure::from(&error))),
    };
    session.await_joined(JOINED_WITHIN);
    // Where this fails nobody is there, and the reader says so.
    let _ = send(&socket, &Answer::Attached);
    let from = socket.try_clone()?;
    thread::spawn(move || listen(&from, &tell));
    let (end, is_wanted) = attend(&session, &socket, &events);
    if !is_wanted {
        return Ok(());
    }
    if let Err(error) = write_records(&session, records) {
        let message = format!("could not keep what it has recorded ({error})");
        let failure = Failure { step: "helper-lost".into(), message, ..Failure::default() };
        return send(&socket, &Answer::Failed(failure));
    }
    let failure = end.failure.as_ref().map(Failure::from);
    send(&socket, &Answer::Over(Over { incomplete: end.incomplete, rules: end.rules, failure }))
}

fn start(orders: Orders, woken: Sender<Event>) -> Result<Session, Error> {
    let plan = Plan::parse(&orders.plan)?;
    let rules = if orders.rules.is_empty() { Rules::default() } else { Rules::parse(&orders.rules)? };
    let mut config = Config::new(Target::Attach(vec![orders.target]));
    config.plan = plan;
    config.rules = rules;
    config.follow = if orders.all_threads { Follow::Threads } else { Follow::Thread };
    config.except = orders.except;
    config.mode = ModeRequest::Stops;
    config.ending = Ending::Tree;
    Session::start(config, Box::new(move || drop(woken.send(Event::Woken))))
}

fn listen(from: &UnixStream, tell: &Sender<Event>) {
    while let Ok(Some(request)) = receive(from) {
        let _ = tell.send(Event::Asked(request));
    }
    let _ = tell.send(Event::Alone);
}

/// Until the session is over. Returns its end, and whether anybody wants to know.
fn attend(session: &Session, socket: &UnixStream, events: &Receiver<Event>) -> (End, bool) {
    let mut is_wanted = true;
    for event in events {
        match event {
            Event::Asked(Request::Exempt(beginner)) => {
                session.exempt(beginner.tid, beginner.starts_processes);
                let _ = send(socket, &Answer::Exempted(beginner.tid));
            }
            Event::Asked(Request::Detach) => drop(session.detach()),
            // Once is enough.
            Event::Asked(Request::Start(_)) | Event::Woken => {}
            Event::Alone => {
                is_wanted = false;
                session.abandon();
            }
        }
        if let Some(end) = session.end() {
            return (end, is_wanted);
        }
    }
    (End::default(), false)
}

fn write_records(session: &Session, to: File) -> io::Result<()> {
    let mut to = BufWriter::new(to);
    while let Some(chunk) = session.take() {
        let length = u32::try_from(chunk.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        to.write_all(&length.to_le_bytes())?;
        to.write_all(&chunk)?;
    }
    to.flush()
}
