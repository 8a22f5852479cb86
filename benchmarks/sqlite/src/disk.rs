//! How often the disk alone can be told to keep something: what no durable write of one caller can be faster than.

use std::error::Error;
use std::fs::OpenOptions;
use std::io::{Seek, SeekFrom, Write};
use std::time::Instant;

use load::{Cell, Measured};

/// A page, as SQLite writes it to its log.
const PAGE: [u8; 4_096] = [7; 4_096];

/// How long the file is, which is written from its beginning again and again, as the log of SQLite is.
const LOG: u64 = 4 * 1024 * 1024;

/// Writes a page after the other, each synced.
///
/// # Errors
/// What the system says.
pub fn run(cell: &Cell) -> Result<Measured, Box<dyn Error>> {
    let mut file = OpenOptions::new().create(true).truncate(false).write(true).open(&cell.file)?;
    // A file that grows is synced with its metadata, which takes several times as long.
    for _ in 0..LOG / PAGE.len() as u64 {
        file.write_all(&PAGE)?;
    }
    file.sync_all()?;
    let (begin, mut took) = (Instant::now(), Vec::new());
    while begin.elapsed() < cell.time {
        let start = Instant::now();
        if file.stream_position()? >= LOG {
            file.seek(SeekFrom::Start(0))?;
        }
        file.write_all(&PAGE)?;
        file.sync_data()?;
        took.push(start.elapsed().as_nanos() as u64);
    }
    let rate = took.len() as f64 / begin.elapsed().as_secs_f64();
    took.sort_unstable();
    let at = |share: f64| took.get((took.len() as f64 * share) as usize).map_or(0.0, |nanos| *nanos as f64 / 1e3);
    Ok(Measured { rate, p50_us: at(0.5), p99_us: at(0.99), ..Measured::default() })
}
