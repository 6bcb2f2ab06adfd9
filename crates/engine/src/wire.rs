//! Reading the two small languages that come in as bytes: plan and rules.

use crate::Abi;
use crate::error::Error;

/// A cursor that never reads past the end.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    what: &'static str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Self { what, bytes, at: 0 }
    }

    pub(crate) fn malformed(&self, problem: &'static str) -> Error {
        Error::Malformed { what: self.what, offset: self.at, problem }
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Error> {
        let end = self.at.checked_add(count);
        let found = end.and_then(|end| self.bytes.get(self.at..end)).ok_or_else(|| self.malformed("ends too early"))?;
        self.at += count;
        Ok(found)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let problem = self.malformed("ends too early");
        self.bytes(N)?.try_into().map_err(|_| problem)
    }

    pub(crate) fn u8(&mut self) -> Result<u8, Error> {
        self.array().map(u8::from_le_bytes)
    }

    pub(crate) fn u16(&mut self) -> Result<u16, Error> {
        self.array().map(u16::from_le_bytes)
    }

    pub(crate) fn u32(&mut self) -> Result<u32, Error> {
        self.array().map(u32::from_le_bytes)
    }

    pub(crate) fn u64(&mut self) -> Result<u64, Error> {
        self.array().map(u64::from_le_bytes)
    }

    pub(crate) fn abi(&mut self) -> Result<Abi, Error> {
        match self.u8()? {
            0 => Ok(Abi::X86_64),
            1 => Ok(Abi::I386),
            2 => Ok(Abi::X32),
            _ => Err(self.malformed("unknown ABI")),
        }
    }

    pub(crate) fn expect_u32(&mut self, wanted: u32, problem: &'static str) -> Result<(), Error> {
        if self.u32()? == wanted { Ok(()) } else { Err(self.malformed(problem)) }
    }

    pub(crate) fn expect_u16(&mut self, wanted: u16, problem: &'static str) -> Result<(), Error> {
        if self.u16()? == wanted { Ok(()) } else { Err(self.malformed(problem)) }
    }

    pub(crate) fn end(&self) -> Result<(), Error> {
        if self.at == self.bytes.len() { Ok(()) } else { Err(self.malformed("bytes after the end")) }
    }
}
