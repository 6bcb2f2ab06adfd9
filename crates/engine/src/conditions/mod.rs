//! Whether a predicate of a rule holds for a call.

mod matcher;

use self::matcher::{matches, may_match_beneath_a_root};
use crate::capture::Call;
use crate::paths::{Base, Lost, TOO_LONG, Who, names_of_own, without_deleted};
use crate::plan::{Source, Value};
use crate::record::CaptureStatus as Status;
use crate::rules::{Compare, CompareBytes, Matcher, Predicate};

pub(crate) use crate::processes::Processes;

/// What is known of a predicate. What cannot be read is unknown, whichever way the comparison goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    Yes,
    No,
    Unknown,
}

impl Truth {
    fn of(holds: bool) -> Self {
        if holds { Self::Yes } else { Self::No }
    }

    fn or(self, other: Self) -> Self {
        match (self, other) {
            (Self::Yes, _) | (_, Self::Yes) => Self::Yes,
            (Self::Unknown, _) | (_, Self::Unknown) => Self::Unknown,
            (Self::No, Self::No) => Self::No,
        }
    }

    fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Unknown => Self::Unknown,
        }
    }
}

/// A call that is asked about.
pub(crate) struct Asked<'a> {
    pub(crate) call: &'a Call<'a>,
    /// What was captured at entry.
    pub(crate) captures: &'a [u8],
    pub(crate) processes: &'a mut Processes,
    /// Set where something could not be read though the kernel itself could read it.
    pub(crate) unread: bool,
}

/// What a predicate inside another one is about.
#[derive(Clone, Copy)]
struct Level<'b> {
    /// Top-level captures, or the children of the one around.
    captures: &'b [u8],
    /// None at the top.
    bytes: Option<&'b [u8]>,
    /// A limit of ours cut the bytes, and what is beyond them.
    is_cut: bool,
}

impl Asked<'_> {
    /// Whether `predicate` holds. `unread` becomes set only where that leaves it unknown.
    pub(crate) fn holds(&mut self, predicate: &Predicate) -> Truth {
        let before = self.unread;
        let top = Level { captures: self.captures, bytes: None, is_cut: false };
        let truth = self.ask(predicate, top);
        if truth != Truth::Unknown {
            self.unread = before;
        }
        truth
    }

    fn ask(&mut self, predicate: &Predicate, level: Level<'_>) -> Truth {
        match predicate {
            Predicate::Always => Truth::Yes,
            Predicate::All(several) => self.all(several, level),
            Predicate::Any(several) => self.any(several, level),
            Predicate::Not(one) => self.ask(one, level).not(),
            Predicate::Word { value, mask, compare, operand } => {
                self.word(*value, level, |word| compared(word & mask, *compare, *operand))
            }
            Predicate::Bytes { offset, compare, operand } => self.bytes(level, *offset, compare, operand),
            Predicate::Within { key, holds } => self.within(*key, holds, level),
            Predicate::Path { key, directory, follows_links, matcher } => {
                self.paths(*key, *directory, *follows_links, matcher, level)
            }
            Predicate::Descriptor { fd, matcher } => self.descriptor(*fd, matcher, level),
            Predicate::Socket { fd, holds } => self.socket(*fd, holds, level),
            Predicate::Program { matcher } => self.program(matcher),
            Predicate::Argv { any, matcher } => self.argv(*any, matcher),
        }
    }

    fn all(&mut self, several: &[Predicate], level: Level<'_>) -> Truth {
        let mut truth = Truth::Yes;
        for one in several {
            match self.ask(one, level) {
                Truth::No => return Truth::No,
                Truth::Unknown => truth = Truth::Unknown,
                Truth::Yes => {}
            }
        }
        truth
    }

    fn any(&mut self, several: &[Predicate], level: Level<'_>) -> Truth {
        let mut truth = Truth::No;
        for one in several {
            truth = truth.or(self.ask(one, level));
            if truth == Truth::Yes {
                break;
            }
        }
        truth
    }

    fn unread(&mut self) -> Truth {
        self.unread = true;
        Truth::Unknown
    }

    fn lost(&mut self, lost: Lost) -> Truth {
        match lost {
            Lost::Gone => Truth::Unknown,
            Lost::Refused => self.unread(),
        }
    }

    fn who(&self) -> Who {
        Who { pid: self.call.pid, tid: self.call.tid }
    }

    fn word(&mut self, value: Value, level: Level<'_>, holds: impl FnOnce(u64) -> bool) -> Truth {
        match self.value(value, level) {
            Ok(word) => Truth::of(holds(word)),
            Err(truth) => truth,
        }
    }

    /// A number, or what is to be said without it.
    fn value(&mut self, value: Value, level: Level<'_>) -> Result<u64, Truth> {
        if let Source::Field(offset) = value.source {
            let bytes = level.bytes.ok_or(Truth::Unknown)?;
            return match field(bytes, offset, value.width) {
                Some(word) => Ok(value.cut(word)),
                None if level.is_cut => Err(self.unread()),
                None => Err(Truth::No),
            };
        }
        if let Some(word) = self.call.constant_value(value, self.captures) {
            return Ok(word);
        }
        let is_ours_to_read = |found: Found<'_>| {
            matches!(value.source, Source::Entry(key, _) if key == found.key)
                && matches!(found.status, Status::Refused | Status::Truncated)
        };
        Err(if Captures(self.captures).any(is_ours_to_read) { self.unread() } else { Truth::Unknown })
    }

    fn fd(&mut self, value: Value, level: Level<'_>) -> Result<i32, Truth> {
        self.value(value, level).map(|word| word as i32)
    }

    fn bytes(&mut self, level: Level<'_>, offset: u32, compare: &CompareBytes, operand: &[u8]) -> Truth {
        let Some(bytes) = level.bytes else { return Truth::Unknown };
        let Some(bytes) = bytes.get(offset as usize..) else {
            return if level.is_cut { self.unread() } else { Truth::No };
        };
        let (agree, is_to_the_end) = match compare {
            CompareBytes::Equal => (agree(bytes, operand), true),
            CompareBytes::Prefix => (agree(bytes, operand), false),
            CompareBytes::Masked(mask) => (agree_in(bytes, operand, mask), false),
        };
        if !agree {
            Truth::No
        } else if bytes.len() < operand.len() || is_to_the_end && level.is_cut && bytes.len() == operand.len() {
            // So far they agree, and what follows is not there, or not known.
            if level.is_cut { self.unread() } else { Truth::No }
        } else {
            Truth::of(!is_to_the_end || bytes.len() == operand.len())
        }
    }

    fn within(&mut self, key: u8, holds: &Predicate, level: Level<'_>) -> Truth {
        self.some_capture(key, level, |asked, found| {
            let inside =
                Level { captures: found.children, bytes: Some(found.bytes), is_cut: found.status == Status::Truncated };
            match found.status {
                Status::Ok | Status::Truncated => asked.ask(holds, inside),
                Status::Null => Truth::No,
                Status::Fault => Truth::Unknown,
                Status::Refused => asked.unread(),
            }
        })
    }

    /// Whether something holds for any capture of this key; one that was not made is unknown.
    fn some_capture(
        &mut self,
        key: u8,
        level: Level<'_>,
        mut holds: impl FnMut(&mut Self, &Found<'_>) -> Truth,
    ) -> Truth {
        let mut answer = None;
        for found in Captures(level.captures).filter(|found| found.key == key) {
            let truth = holds(self, &found).or(answer.unwrap_or(Truth::No));
            if truth == Truth::Yes {
                return Truth::Yes;
            }
            answer = Some(truth);
        }
        match answer {
            Some(Truth::No) | None if level.is_cut => self.unread(),
            Some(truth) => truth,
            None => Truth::Unknown,
        }
    }

    fn paths(&mut self, key: u8, directory: Value, follows_links: bool, matcher: &Matcher, level: Level<'_>) -> Truth {
        let from = if directory.source == Source::Absent {
            Base::CwdOnly
        } else {
            match self.fd(directory, level) {
                Ok(libc::AT_FDCWD) => Base::Cwd,
                Ok(fd) => Base::Descriptor(fd),
                Err(truth) => return truth,
            }
        };
        self.some_capture(key, level, |asked, found| match found.status {
            Status::Ok | Status::Truncated if found.bytes.len() >= TOO_LONG => Truth::No,
            Status::Ok => asked.path(found.bytes, from, follows_links, matcher),
            Status::Truncated | Status::Refused => asked.unread(),
            Status::Fault => Truth::Unknown,
            // Calls that take a descriptor alone mean what is behind it.
            Status::Null if matches!(from, Base::Descriptor(_)) => asked.path(b"", from, false, matcher),
            Status::Null => Truth::No,
        })
    }

    fn path(&mut self, text: &[u8], from: Base, follows_links: bool, matcher: &Matcher) -> Truth {
        let who = self.who();
        let is_meant =
            |name: &[u8]| matches(matcher, name) || names_of_own(who, name).iter().any(|name| matches(matcher, name));
        match self.processes.places.name(who, text, from) {
            Ok(name) if is_meant(&name) => return Truth::Yes,
            Ok(_) => {}
            Err(Lost::Gone) => return Truth::No,
            Err(Lost::Refused) => return self.unread(),
        }
        if !follows_links {
            return Truth::No;
        }
        let led = self.processes.places.led(who, text, from);
        if led.names.iter().any(|name| is_meant(name)) {
            Truth::Yes
        } else if led.is_refused {
            self.unread()
        } else {
            Truth::No
        }
    }

    fn descriptor(&mut self, fd: Value, matcher: &Matcher, level: Level<'_>) -> Truth {
        let fd = match self.fd(fd, level) {
            Ok(fd) => fd,
            Err(truth) => return truth,
        };
        let who = self.who();
        let link = match self.processes.places.descriptor(who, fd) {
            Ok(link) => link,
            Err(Lost::Gone) => return Truth::No,
            Err(Lost::Refused) => return self.unread(),
        };
        let name = without_deleted(&link);
        // A file may be called so.
        if matches(matcher, name) || name.len() < link.len() && matches(matcher, &link) {
            return Truth::Yes;
        }
        if !may_match_beneath_a_root(matcher, name) {
            return Truth::No;
        }
        match self.processes.places.seen_by(who, name) {
            Ok(seen) => Truth::of(matches(matcher, &seen)),
            Err(lost) => self.lost(lost),
        }
    }

    fn socket(&mut self, fd: Value, holds: &Predicate, level: Level<'_>) -> Truth {
        let fd = match self.fd(fd, level) {
            Ok(fd) => fd,
            Err(truth) => return truth,
        };
        match self.processes.socket(self.who(), fd) {
            Ok(None) => Truth::No,
            Ok(Some(socket)) => self.ask(holds, Level { captures: &[], bytes: Some(&socket), is_cut: false }),
            Err(lost) => self.lost(lost),
        }
    }

    fn program(&mut self, matcher: &Matcher) -> Truth {
        match self.processes.program_names(self.call.pid) {
            Ok(names) => Truth::of(names.iter().any(|name| matches(matcher, name))),
            Err(lost) => self.lost(lost),
        }
    }

    fn argv(&mut self, any: bool, matcher: &Matcher) -> Truth {
        let argv = match self.processes.arguments(self.call.pid) {
            Ok(argv) => argv,
            Err(lost) => return self.lost(lost),
        };
        let count = if any { usize::MAX } else { 1 };
        let mut seen = 0usize;
        let is_there = argv.iter().take(count).inspect(|_| seen += 1).any(|word| matches(matcher, word));
        if is_there {
            Truth::Yes
        } else if argv.is_cut() && seen < count {
            self.unread()
        } else {
            Truth::No
        }
    }
}

fn compared(word: u64, compare: Compare, operand: u64) -> bool {
    match compare {
        Compare::Equal => word == operand,
        Compare::NotEqual => word != operand,
        Compare::Less => word < operand,
        Compare::LessOrEqual => word <= operand,
        Compare::Greater => word > operand,
        Compare::GreaterOrEqual => word >= operand,
    }
}

/// Whether bytes are the same as far as both go.
fn agree(bytes: &[u8], operand: &[u8]) -> bool {
    bytes.iter().zip(operand).all(|(byte, wanted)| byte == wanted)
}

fn agree_in(bytes: &[u8], operand: &[u8], mask: &[u8]) -> bool {
    bytes.iter().zip(operand).zip(mask).all(|((byte, wanted), mask)| byte & mask == wanted & mask)
}

fn field(bytes: &[u8], offset: u32, width: u8) -> Option<u64> {
    let start = offset as usize;
    let bytes = bytes.get(start..start.checked_add(usize::from(width))?)?;
    let mut word = [0u8; 8];
    word.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
    Some(u64::from_le_bytes(word))
}

/// One capture, `record::CaptureHead` and what follows it.
struct Found<'b> {
    key: u8,
    status: Status,
    bytes: &'b [u8],
    children: &'b [u8],
}

/// The captures that lie side by side in bytes, up to the first that is none.
struct Captures<'b>(&'b [u8]);

impl<'b> Iterator for Captures<'b> {
    type Item = Found<'b>;

    fn next(&mut self) -> Option<Found<'b>> {
        const HEAD: usize = size_of::<crate::record::CaptureHead>();
        let head = self.0.get(..HEAD)?;
        let total = field(head, 0, 4)? as usize;
        let length = field(head, 4, 4)? as usize;
        let (whole, rest) = self.0.split_at_checked(total.max(HEAD))?;
        let content = whole.get(HEAD..)?;
        let status = match head.get(10)? {
            0 => Status::Ok,
            1 => Status::Null,
            3 => Status::Truncated,
            4 => Status::Refused,
            _ => Status::Fault,
        };
        self.0 = rest;
        Some(Found {
            key: *head.get(8)?,
            status,
            bytes: content.get(..length)?,
            children: content.get(length.next_multiple_of(8)..).unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests;
