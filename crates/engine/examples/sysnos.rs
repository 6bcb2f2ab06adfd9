//! Prints number and name of every system call that the `syscalls` crate knows for x86_64, for a test of the table.

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use syscalls::Sysno;

fn main() {
    for call in Sysno::iter() {
        println!("{} {}", call.id(), call.name());
    }
}
