//! The line to vsmartcard's `vpcd`: messages of a length in two bytes, big endian, and a body. A body of one byte is
//! for the slot, a longer one is a command for the card.

use std::io::{ErrorKind, Read, Write};

/// What the reader wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Message {
    PowerOff,
    PowerOn,
    Reset,
    GetAtr,
    Apdu(Vec<u8>),
}

/// What came within a while.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Came {
    Message(Message),
    Nothing,
    /// The reader is gone, or speaks another protocol.
    End,
}

/// A connection; reads of the stream must come back after a while.
pub(super) struct Line<S> {
    stream: S,
    buffer: Vec<u8>,
}

impl<S: Read + Write> Line<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, buffer: Vec::new() }
    }

    pub(super) fn next(&mut self) -> Came {
        let mut bytes = [0; 4096];
        loop {
            if let Some(body) = take(&mut self.buffer) {
                return match message(body) {
                    Some(message) => Came::Message(message),
                    None => Came::End,
                };
            }
            match self.stream.read(&mut bytes) {
                Ok(0) => return Came::End,
                Ok(count) => self.buffer.extend(bytes.iter().take(count)),
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                    return Came::Nothing;
                }
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Came::End,
            }
        }
    }

    /// Sends an answer. One that is longer than the length can say ends the line, as vpcd would lose step.
    pub(super) fn send(&mut self, body: &[u8]) -> std::io::Result<()> {
        let length = u16::try_from(body.len()).map_err(|_| std::io::Error::from(ErrorKind::InvalidInput))?;
        let mut message = length.to_be_bytes().to_vec();
        message.extend(body);
        self.stream.write_all(&message)?;
        self.stream.flush()
    }
}

/// Takes a whole body from the front. What is kept is at most one message of 65,537 bytes and what one read gave.
fn take(buffer: &mut Vec<u8>) -> Option<Vec<u8>> {
    let length = usize::from(u16::from_be_bytes(*buffer.first_chunk::<2>()?));
    if buffer.len() < 2 + length {
        return None;
    }
    let body = buffer.drain(..2 + length).skip(2).collect();
    Some(body)
}

fn message(body: Vec<u8>) -> Option<Message> {
    match body[..] {
        [0] => Some(Message::PowerOff),
        [1] => Some(Message::PowerOn),
        [2] => Some(Message::Reset),
        [4] => Some(Message::GetAtr),
        [] | [_] => None,
        _ => Some(Message::Apdu(body)),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::expect_used)]
    use std::collections::VecDeque;

    use super::*;

    /// A stream that gives these pieces, with a pause between them.
    struct Pieces(VecDeque<Vec<u8>>, bool, Vec<u8>);

    impl Read for Pieces {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(ErrorKind::WouldBlock.into());
            }
            let Some(piece) = self.0.pop_front() else { return Ok(0) };
            buffer[..piece.len()].copy_from_slice(&piece);
            Ok(piece.len())
        }
    }
    impl Write for Pieces {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.2.extend(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn check(pieces: &[&[u8]], expected: &[Came]) {
        let pieces = pieces.iter().map(|piece| piece.to_vec()).collect();
        let mut line = Line::new(Pieces(pieces, false, Vec::new()));
        let came: Vec<Came> = std::iter::repeat_with(|| line.next())
            .filter(|came| *came != Came::Nothing)
            .take(expected.len())
            .collect();
        assert_eq!(came, expected);
    }

    #[test]
    fn messages_in_any_pieces() {
        use Message::{Apdu, GetAtr, PowerOff, PowerOn, Reset};
        let m = |message| Came::Message(message);
        check(
            &[&[0, 1, 0, 0, 1, 1, 0, 1, 2, 0, 1, 4]],
            &[m(PowerOff), m(PowerOn), m(Reset), m(GetAtr), Came::End],
        );
        check(&[&[0], &[2], &[0xA4], &[7, 0, 1], &[4]], &[m(Apdu(vec![0xA4, 7])), m(GetAtr), Came::End]);
        check(&[&[0, 9, 1, 2]], &[Came::End]);
        check(&[&[0, 0]], &[Came::End]);
        check(&[&[0, 1, 3]], &[Came::End]);
        check(&[], &[Came::End]);
    }

    #[test]
    fn answers_have_their_length_before_them() {
        let mut line = Line::new(Pieces(VecDeque::new(), false, Vec::new()));
        line.send(&[0x90, 0x00]).unwrap();
        line.send(&[]).unwrap();
        assert_eq!(line.stream.2, [0, 2, 0x90, 0, 0, 0]);
        assert!(line.send(&vec![0; 65_536]).is_err());
    }
}
