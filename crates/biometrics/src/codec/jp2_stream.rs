//! In-memory streams for openjp2.
//!
//! The only module of this crate with `unsafe`. Reason: openjp2 takes in-memory data only through C
//! callbacks with a `void*`; its one safe stream wants a named file, and biometric images must not touch
//! the disk. The unsafe surface is the four callbacks and the calls that register them, and the setting of C's
//! allocator that openjp2's own buffers need ([`wipe_freed_memory`]).
#![allow(unsafe_code)]

use std::ffi::c_void;

use openjp2::Stream;
use openjp2::openjpeg::{
    opj_stream_set_read_function, opj_stream_set_seek_function, opj_stream_set_skip_function,
    opj_stream_set_user_data, opj_stream_set_write_function,
};

/// Lets C's allocator overwrite what it is given back, for the rest of the process (mallopt(3), `M_PERTURB`). openjp2
/// takes its buffers from there, and they hold pictures of fingers; an allocator of Rust's that wipes does not see
/// them. Blocks of up to about a kilobyte may be spared by glibc's per-thread caches. False where it cannot be done.
#[must_use]
pub fn wipe_freed_memory() -> bool {
    c_memory::wipe_freed()
}

#[cfg(target_env = "gnu")]
mod c_memory {
    /// `M_PERTURB` of glibc's malloc.h.
    const M_PERTURB: i32 = -6;

    unsafe extern "C" {
        fn mallopt(parameter: i32, value: i32) -> i32;
    }

    pub(super) fn wipe_freed() -> bool {
        // SAFETY: mallopt takes two numbers and may be called at any time.
        unsafe { mallopt(M_PERTURB, 0xFF) == 1 }
    }
}

#[cfg(not(target_env = "gnu"))]
mod c_memory {
    pub(super) const fn wipe_freed() -> bool {
        false
    }
}

const BUFFER_BYTES: usize = 64 * 1024;
/// What openjp2 takes as failure of a read or write.
const FAILED: usize = usize::MAX;

struct Input<'a> {
    data: &'a [u8],
    at: usize,
}

struct Output {
    data: Vec<u8>,
    at: usize,
    limit: usize,
}

trait Position {
    fn at(&mut self) -> &mut usize;
    /// The furthest place that may be moved to.
    fn end(&self) -> usize;
}

impl Position for Input<'_> {
    fn at(&mut self) -> &mut usize {
        &mut self.at
    }
    fn end(&self) -> usize {
        self.data.len()
    }
}

impl Position for Output {
    fn at(&mut self) -> &mut usize {
        &mut self.at
    }
    fn end(&self) -> usize {
        // openjp2 leaves a gap for a box header and comes back to fill it.
        self.limit
    }
}

/// Moves to an absolute place between 0 and the furthest allowed one; false where it is outside.
fn move_to(p: &mut impl Position, target: Option<i64>) -> bool {
    match target.and_then(|t| usize::try_from(t).ok()) {
        Some(t) if t <= p.end() => {
            *p.at() = t;
            true
        }
        _ => false,
    }
}

unsafe extern "C" fn read(buffer: *mut c_void, len: usize, user: *mut c_void) -> usize {
    if buffer.is_null() || user.is_null() {
        return FAILED;
    }
    // SAFETY: `user` is the Input that `with_input` registered and keeps alive; `buffer` has `len` bytes
    // by the contract of the callback, and the two cannot overlap.
    let (input, out) =
        unsafe { (&mut *user.cast::<Input<'_>>(), std::slice::from_raw_parts_mut(buffer.cast::<u8>(), len)) };
    let rest = &input.data[input.at..];
    let n = rest.len().min(len);
    out[..n].copy_from_slice(&rest[..n]);
    input.at += n;
    n // 0 is the end, as std::io::Read has it
}

unsafe extern "C" fn write(buffer: *mut c_void, len: usize, user: *mut c_void) -> usize {
    if buffer.is_null() || user.is_null() {
        return FAILED;
    }
    // SAFETY: as in `read`, with the Output that `with_output` registered; `buffer` is only read.
    let (output, bytes) =
        unsafe { (&mut *user.cast::<Output>(), std::slice::from_raw_parts(buffer.cast::<u8>(), len)) };
    let Some(end) = output.at.checked_add(len).filter(|e| *e <= output.limit) else { return FAILED };
    if output.data.len() < end {
        output.data.resize(end, 0);
    }
    output.data[output.at..end].copy_from_slice(bytes);
    output.at = end;
    len
}

unsafe extern "C" fn skip<P: Position>(count: i64, user: *mut c_void) -> i64 {
    if user.is_null() {
        return -1;
    }
    // SAFETY: registered with the same P by `with_input` or `with_output`, which keep it alive.
    let p = unsafe { &mut *user.cast::<P>() };
    let target = i64::try_from(*p.at()).ok().and_then(|at| at.checked_add(count));
    if move_to(p, target) { count } else { -1 }
}

unsafe extern "C" fn seek<P: Position>(target: i64, user: *mut c_void) -> i32 {
    if user.is_null() {
        return 0;
    }
    // SAFETY: as in `skip`.
    let p = unsafe { &mut *user.cast::<P>() };
    i32::from(move_to(p, Some(target)))
}

/// Runs `f` with a stream that reads `data`.
pub(super) fn with_input<R>(data: &[u8], f: impl FnOnce(&mut Stream) -> R) -> R {
    let mut input = Input { data, at: 0 };
    // Declared after `input`, so it is dropped first, on unwinding too.
    let mut stream = Stream::new_custom(BUFFER_BYTES, true);
    stream.set_stream_length(data.len() as u64);
    let handle = (&raw mut stream).cast();
    // SAFETY: `handle` points to a live Stream, which is what the functions cast it to; `input` outlives
    // the stream and is touched only by the callbacks while it does.
    unsafe {
        opj_stream_set_read_function(handle, Some(read));
        opj_stream_set_skip_function(handle, Some(skip::<Input<'_>>));
        opj_stream_set_seek_function(handle, Some(seek::<Input<'_>>));
        opj_stream_set_user_data(handle, (&raw mut input).cast(), None);
    }
    f(&mut stream)
}

/// Runs `f` with a stream that writes to memory, up to `limit` bytes; gives its result and what was written.
pub(super) fn with_output<R>(limit: usize, f: impl FnOnce(&mut Stream) -> R) -> (R, Vec<u8>) {
    let mut output = Output { data: Vec::new(), at: 0, limit };
    let result = {
        let mut stream = Stream::new_custom(BUFFER_BYTES, false);
        let handle = (&raw mut stream).cast();
        // SAFETY: as in `with_input`; the stream flushes its buffer when it is dropped, at the end of this
        // block, while `output` is alive.
        unsafe {
            opj_stream_set_write_function(handle, Some(write));
            opj_stream_set_skip_function(handle, Some(skip::<Output>));
            opj_stream_set_seek_function(handle, Some(seek::<Output>));
            opj_stream_set_user_data(handle, (&raw mut output).cast(), None);
        }
        f(&mut stream)
    };
    (result, output.data)
}
