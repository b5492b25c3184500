//! Records: that they exist and hold something. They are hashed, not read.

use std::io::Read;

use ring::digest::{Context, SHA256};

use crate::{
    evidence::{FileAsk, RecordFacts},
    finding::{Cause, CauseKind},
    hash,
};

use super::{Reach, open};

/// The largest record that is hashed, in bytes.
const RECORD_LIMIT: u64 = 100 << 20;

/// Size and hash of a record.
///
/// # Errors
/// `Record` where it is missing, no regular file, or holds nothing but white space; `Permission`; `TooLarge` over 100
/// MiB; `Forbidden` outside
/// the folders that may be read. The detail is the path.
pub fn record(ask: &FileAsk, reach: &Reach) -> Result<RecordFacts, Cause> {
    let cause = |kind| Cause::new(kind, &ask.path);
    let (mut file, size) = open(&ask.path, reach).map_err(|found| if found.kind == CauseKind::File { cause(CauseKind::Record) } else { found })?;
    if size > RECORD_LIMIT {
        return Err(cause(CauseKind::TooLarge));
    }
    let (mut context, mut bytes, mut blank, mut buffer) = (Context::new(&SHA256), 0_u64, true, vec![0; 1 << 16]);
    loop {
        let read = file.read(&mut buffer).map_err(|_| cause(CauseKind::Record))?;
        if read == 0 {
            break;
        }
        bytes += read as u64;
        if bytes > RECORD_LIMIT {
            return Err(cause(CauseKind::TooLarge)); // it grew while it was read
        }
        context.update(&buffer[..read]);
        blank = blank && buffer[..read].iter().copied().all(is_blank);
    }
    if blank {
        return Err(cause(CauseKind::Record));
    }
    Ok(RecordFacts { bytes, sha256: hash::hex(&context.finish()) })
}

/// White space, a byte order mark, or what a file holds that was never written out before the power went.
fn is_blank(byte: u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, 0 | 0xef | 0xbb | 0xbf)
}
