//! What the two processes tell each other: frames of a kind (one byte), a length (four, little-endian) and a payload.
//!
//! Numbers are little-endian; texts and byte strings have their length in front. Both sides come in one package, but are two files,
//! so what arrives is checked all the same: any bytes are a message or refused.

use std::io::{self, Read, Write};

use syscope_engine::own::Beginner;
use syscope_engine::{Enforced, Error, RuleUse, Tid, record};

/// No message is longer; plans and rules are some hundred kilobytes at most.
const LONGEST: usize = 64 << 20;

/// What this process wants of the helper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// First of all, and once.
    Start(Orders),
    /// Leave a thread alone from now on.
    Exempt(Beginner),
    /// Let go.
    Detach,
}

/// Whom to trace, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Orders {
    /// A process, or the one thread of it that is wanted.
    pub target: Tid,
    /// All threads of the process, those to come included.
    pub all_threads: bool,
    /// Threads that are left alone.
    pub except: Vec<Tid>,
    /// As in the engine's `plan.rs`.
    pub plan: Vec<u8>,
    /// As in the engine's `rules.rs`; empty for none.
    pub rules: Vec<u8>,
}

/// What the helper answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Every call from now on is seen.
    Attached,
    /// Nobody is traced, and the helper ends.
    Failed(Failure),
    /// This thread is not traced and never will be.
    Exempted(Tid),
    /// Nobody is traced any more, and all records are in the file.
    Over(Over),
}

/// How the tracing ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Over {
    /// Bit n: gap reason n happened.
    pub incomplete: u32,
    /// What each rule has done.
    pub rules: Vec<RuleUse>,
    /// The tracer itself failed.
    pub failure: Option<Failure>,
}

/// What failed, for the error that people see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failure {
    /// A stable word.
    pub step: String,
    /// 0 if none.
    pub errno: i32,
    /// Whom it concerned.
    pub pid: Option<Tid>,
    /// The kernel request.
    pub operation: Option<String>,
    /// For people.
    pub message: String,
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let (step, errno, pid, operation) = match error {
            Error::Spawn { step, errno } => (step.to_string(), *errno as i32, None, None),
            Error::Gone { pid } => ("gone".into(), 0, Some(*pid), None),
            Error::AlreadyTraced { pid, .. } => ("already-traced".into(), 0, Some(*pid), None),
            Error::OwnChild { pid } => ("own-child".into(), 0, Some(*pid), None),
            Error::Own { pid } => ("self".into(), 0, Some(*pid), None),
            Error::Refused { operation, tid, errno } => {
                ("denied".into(), *errno as i32, Some(*tid), Some((*operation).to_owned()))
            }
            Error::Malformed { what, .. } => ((*what).to_owned(), 0, None, None),
            Error::Filter { errno } => ("filter".into(), *errno as i32, None, None),
            Error::Config(_) => ("config".into(), 0, None, None),
            Error::Host { operation, errno } => ("host".into(), *errno as i32, None, Some((*operation).to_owned())),
            Error::Internal(_) | _ => ("internal".into(), 0, None, None),
        };
        Self { step, errno, pid, operation, message: error.to_string() }
    }
}

impl Failure {
    /// Of something that the helper, or its start, needs from the system.
    #[must_use]
    pub fn of_io(operation: &str, error: &io::Error) -> Self {
        Self {
            step: "helper".into(),
            errno: error.raw_os_error().unwrap_or(0),
            pid: None,
            operation: Some(operation.to_owned()),
            message: format!("{operation}: {error}"),
        }
    }
}

const START: u8 = 1;
const EXEMPT: u8 = 2;
const DETACH: u8 = 3;
const ATTACHED: u8 = 4;
const FAILED: u8 = 5;
const EXEMPTED: u8 = 6;
const OVER: u8 = 7;

/// Either side's messages.
pub trait Message: Sized {
    /// Kind and payload.
    fn encode(&self) -> (u8, Vec<u8>);
    /// `None` where the bytes are no such message.
    fn decode(kind: u8, payload: &[u8]) -> Option<Self>;
}

/// Writes one message.
///
/// # Errors
/// Of write(2): `EPIPE` where the other side has ended.
pub fn send(mut to: impl Write, message: &impl Message) -> io::Result<()> {
    let (kind, payload) = message.encode();
    let mut frame = vec![kind];
    frame.extend(length_of(&payload));
    frame.extend(payload);
    // At once, so that several threads may write.
    to.write_all(&frame)
}

/// Reads one message; `None` where the other side has ended.
///
/// # Errors
/// Of read(2), and `InvalidData` where the bytes are no message.
pub fn receive<M: Message>(mut from: impl Read) -> io::Result<Option<M>> {
    let mut kind = [0];
    if from.read(&mut kind)? == 0 {
        return Ok(None);
    }
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > LONGEST {
        return Err(io::ErrorKind::InvalidData.into());
    }
    let mut payload = vec![0; length];
    from.read_exact(&mut payload)?;
    let [kind] = kind;
    M::decode(kind, &payload).map(Some).ok_or_else(|| io::ErrorKind::InvalidData.into())
}

impl Message for Request {
    fn encode(&self) -> (u8, Vec<u8>) {
        match self {
            Self::Start(orders) => (START, orders.encode()),
            Self::Exempt(beginner) => {
                let mut out: Vec<u8> = beginner.tid.to_le_bytes().into();
                out.push(beginner.starts_processes.into());
                (EXEMPT, out)
            }
            Self::Detach => (DETACH, Vec::new()),
        }
    }

    fn decode(kind: u8, payload: &[u8]) -> Option<Self> {
        let mut rest = Rest(payload);
        let message = match kind {
            START => Self::Start(Orders::decode(&mut rest)?),
            EXEMPT => Self::Exempt(Beginner { tid: rest.i32()?, starts_processes: rest.u8()? != 0 }),
            DETACH => Self::Detach,
            _ => return None,
        };
        rest.is_empty().then_some(message)
    }
}

impl Orders {
    fn encode(&self) -> Vec<u8> {
        let mut out: Vec<u8> = record::VERSION.to_le_bytes().into();
        out.extend(self.target.to_le_bytes());
        out.push(self.all_threads.into());
        out.extend((self.except.len() as u32).to_le_bytes());
        out.extend(self.except.iter().flat_map(|tid| tid.to_le_bytes()));
        for bytes in [&self.plan, &self.rules] {
            put_bytes(bytes, &mut out);
        }
        out
    }

    /// Records of another version than the other side reads would be worse than none.
    fn decode(rest: &mut Rest<'_>) -> Option<Self> {
        if rest.u32()? != record::VERSION {
            return None;
        }
        let (target, all_threads) = (rest.i32()?, rest.u8()? != 0);
        let count = rest.u32()?;
        let except = (0..count).map(|_| rest.i32()).collect::<Option<_>>()?;
        Some(Self { target, all_threads, except, plan: rest.bytes()?.into(), rules: rest.bytes()?.into() })
    }
}

impl Message for Answer {
    fn encode(&self) -> (u8, Vec<u8>) {
        let mut out = Vec::new();
        let kind = match self {
            Self::Attached => ATTACHED,
            Self::Failed(failure) => {
                failure.put(&mut out);
                FAILED
            }
            Self::Exempted(tid) => {
                out.extend(tid.to_le_bytes());
                EXEMPTED
            }
            Self::Over(over) => {
                over.put(&mut out);
                OVER
            }
        };
        (kind, out)
    }

    fn decode(kind: u8, payload: &[u8]) -> Option<Self> {
        let mut rest = Rest(payload);
        let message = match kind {
            ATTACHED => Self::Attached,
            FAILED => Self::Failed(Failure::read(&mut rest)?),
            EXEMPTED => Self::Exempted(rest.i32()?),
            OVER => Self::Over(Over::read(&mut rest)?),
            _ => return None,
        };
        rest.is_empty().then_some(message)
    }
}

impl Over {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend(self.incomplete.to_le_bytes());
        out.extend((self.rules.len() as u32).to_le_bytes());
        for used in &self.rules {
            out.extend(used.id.to_le_bytes());
            out.push(match used.enforced {
                Enforced::Kernel => 0,
                Enforced::Filter => 1,
                Enforced::Stops => 2,
            });
            out.extend(used.acted.to_le_bytes());
            out.extend(used.unread.to_le_bytes());
        }
        out.push(self.failure.is_some().into());
        if let Some(failure) = &self.failure {
            failure.put(out);
        }
    }

    fn read(rest: &mut Rest<'_>) -> Option<Self> {
        let incomplete = rest.u32()?;
        let count = rest.u32()?;
        let rules = (0..count).map(|_| read_use(rest)).collect::<Option<_>>()?;
        let failure = if rest.u8()? == 0 { None } else { Some(Failure::read(rest)?) };
        Some(Self { incomplete, rules, failure })
    }
}

fn read_use(rest: &mut Rest<'_>) -> Option<RuleUse> {
    let id = u16::from_le_bytes(rest.array()?);
    let enforced = match rest.u8()? {
        0 => Enforced::Kernel,
        1 => Enforced::Filter,
        2 => Enforced::Stops,
        _ => return None,
    };
    let acted = u64::from_le_bytes(rest.array()?);
    Some(RuleUse { id, enforced, acted, unread: u64::from_le_bytes(rest.array()?) })
}

impl Failure {
    fn put(&self, out: &mut Vec<u8>) {
        out.extend(self.errno.to_le_bytes());
        // No thread has the id 0.
        out.extend(self.pid.unwrap_or(0).to_le_bytes());
        for text in [&self.step, self.operation.as_ref().unwrap_or(&String::new()), &self.message] {
            put_bytes(text.as_bytes(), out);
        }
    }

    fn read(rest: &mut Rest<'_>) -> Option<Self> {
        let errno = rest.i32()?;
        let pid = Some(rest.i32()?).filter(|pid| *pid != 0);
        let (step, operation, message) = (rest.text()?, rest.text()?, rest.text()?);
        Some(Self { step, errno, pid, operation: Some(operation).filter(|text| !text.is_empty()), message })
    }
}

fn length_of(bytes: &[u8]) -> [u8; 4] {
    // `receive` refuses what is longer than LONGEST, which is far below.
    (bytes.len() as u32).to_le_bytes()
}

fn put_bytes(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend(length_of(bytes));
    out.extend_from_slice(bytes);
}

/// What is left of a payload. Nothing is read past its end.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn u8(&mut self) -> Option<u8> {
        self.array().map(u8::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_le_bytes)
    }

    fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_le_bytes)
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.u32()? as usize;
        let (first, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(first)
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.bytes()?.into()).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> Failure {
        Failure {
            step: "denied".into(),
            errno: 1,
            pid: Some(4711),
            operation: Some("PTRACE_SEIZE".into()),
            message: "no".into(),
        }
    }

    fn requests() -> Vec<Request> {
        vec![
            Request::Start(Orders {
                target: 7,
                all_threads: true,
                except: vec![8, 9],
                plan: vec![1, 2, 3],
                rules: Vec::new(),
            }),
            Request::Exempt(Beginner { tid: 12, starts_processes: true }),
            Request::Detach,
        ]
    }

    fn answers() -> Vec<Answer> {
        let used = RuleUse { id: 3, enforced: Enforced::Stops, acted: 1 << 40, unread: 2 };
        vec![
            Answer::Attached,
            Answer::Failed(failure()),
            Answer::Failed(Failure::default()),
            Answer::Exempted(12),
            Answer::Over(Over { incomplete: 5, rules: vec![used], failure: None }),
            Answer::Over(Over { incomplete: 0, rules: Vec::new(), failure: Some(failure()) }),
        ]
    }

    fn arrives<M: Message + PartialEq + std::fmt::Debug>(messages: &[M]) {
        let mut bytes = Vec::new();
        for message in messages {
            send(&mut bytes, message).unwrap_or_default();
        }
        let mut rest = bytes.as_slice();
        for message in messages {
            assert_eq!(receive(&mut rest).ok().flatten().as_ref(), Some(message));
        }
        assert!(matches!(receive::<M>(&mut rest), Ok(None)), "nothing is left");
    }

    #[test]
    fn what_is_sent_arrives() {
        arrives(&requests());
        arrives(&answers());
    }

    #[test]
    fn what_is_cut_off_or_has_bytes_too_many_is_refused() {
        let mut encoded: Vec<_> = requests().iter().map(Message::encode).collect();
        encoded.extend(answers().iter().map(Message::encode));
        for (kind, payload) in encoded {
            let longer = [payload.as_slice(), &[0]].concat();
            assert_eq!((Request::decode(kind, &longer), Answer::decode(kind, &longer)), (None, None));
            for length in 0..payload.len() {
                let cut = payload.get(..length).unwrap_or_default();
                assert_eq!((Request::decode(kind, cut), Answer::decode(kind, cut)), (None, None), "{kind} at {length}");
            }
        }
    }

    #[test]
    fn any_bytes_are_a_message_or_refused() {
        let mut state = 1u64;
        for _ in 0..20_000 {
            let bytes: Vec<u8> = (0..state % 40)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (state >> 60) as u8
                })
                .collect();
            state = state.wrapping_add(1);
            let _ = receive::<Request>(bytes.as_slice());
            let _ = receive::<Answer>(bytes.as_slice());
        }
    }

    #[test]
    fn orders_for_records_of_another_version_are_refused() {
        let (kind, mut payload) = requests().swap_remove(0).encode();
        if let Some(version) = payload.first_mut() {
            *version = version.wrapping_add(1);
        }
        assert_eq!(Request::decode(kind, &payload), None);
    }
}
