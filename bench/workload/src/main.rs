//! The programs that `npm run bench` traces: system calls in a loop, and nothing else.
//!
//! `syscope-workload null N`: N times getppid(2), the cheapest call there is.
//! `syscope-workload file N`: N times open, read, fstat and close of /etc/passwd.
//! `syscope-workload threads N`: 8 threads that share N rounds of the latter.

use std::fs::File;
use std::io::Read;
use std::os::unix::process::parent_id;

fn main() {
    let mut args = std::env::args().skip(1);
    let work = args.next().unwrap_or_default();
    let rounds: u64 = args.next().and_then(|number| number.parse().ok()).unwrap_or(1);
    match work.as_str() {
        "null" => (0..rounds).for_each(|_| {
            let _ = parent_id();
        }),
        "file" => (0..rounds).for_each(|_| read_file()),
        "threads" => {
            let threads: Vec<_> =
                (0..8).map(|_| std::thread::spawn(move || (0..rounds / 8).for_each(|_| read_file()))).collect();
            threads.into_iter().for_each(|thread| drop(thread.join()));
        }
        _ => {
            eprintln!("usage: syscope-workload null|file|threads ROUNDS");
            std::process::exit(2);
        }
    }
}

fn read_file() {
    let mut buffer = [0u8; 1024];
    if let Ok(mut file) = File::open("/etc/passwd") {
        let _ = file.metadata();
        let _ = file.read(&mut buffer);
    }
}
