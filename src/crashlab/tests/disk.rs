//! The disk with a volatile cache, spoken to as a virtual machine does.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};

use crate::crashlab::disk::VolatileDisk;

const SECTOR: usize = 512;
const SECTORS: usize = 64;

/// A client of the NBD protocol, as small as can be.
struct Client(UnixStream);

impl Client {
    fn open(socket: &std::path::Path) -> Self {
        let mut stream = UnixStream::connect(socket).unwrap();
        let mut greeting = [0; 18];
        stream.read_exact(&mut greeting).unwrap();
        assert_eq!(&greeting[..16], b"NBDMAGICIHAVEOPT");
        stream.write_all(&3u32.to_be_bytes()).unwrap();
        // An option that nobody has is answered and left; then NBD_OPT_GO with the empty name and no requests.
        for option in [8u32, 7] {
            let data: &[u8] = if option == 7 { &[0; 6] } else { &[] };
            let len = u32::try_from(data.len()).unwrap().to_be_bytes();
            stream.write_all(&[&b"IHAVEOPT"[..], &option.to_be_bytes(), &len, data].concat()).unwrap();
            loop {
                let mut head = [0; 20];
                stream.read_exact(&mut head).unwrap();
                let number = |at: usize| u32::from_be_bytes(head[at..at + 4].try_into().unwrap());
                let mut data = vec![0; number(16) as usize];
                stream.read_exact(&mut data).unwrap();
                // NBD_REP_INFO tells the size, then comes the acknowledgement.
                if number(12) != 3 {
                    break;
                }
                assert_eq!(data[2..10], (SECTOR as u64 * SECTORS as u64).to_be_bytes());
            }
        }
        Self(stream)
    }

    /// One request; the error number and what was read.
    fn ask(&mut self, kind: u16, sector: usize, len: usize, data: &[u8]) -> (u32, Vec<u8>) {
        let offset = (sector * SECTOR) as u64;
        let len32 = u32::try_from(len).unwrap();
        let head = [
            &0x2560_9513_u32.to_be_bytes()[..],
            &0u16.to_be_bytes(),
            &kind.to_be_bytes(),
            &77u64.to_be_bytes(),
            &offset.to_be_bytes(),
            &len32.to_be_bytes(),
            data,
        ];
        self.0.write_all(&head.concat()).unwrap();
        let mut reply = [0; 16];
        self.0.read_exact(&mut reply).unwrap();
        let error = u32::from_be_bytes(reply[4..8].try_into().unwrap());
        let mut read = vec![0; if kind == 0 && error == 0 { len } else { 0 }];
        self.0.read_exact(&mut read).unwrap();
        (error, read)
    }
    fn write(&mut self, sector: usize, fill: u8) {
        assert_eq!(self.ask(1, sector, SECTOR, &[fill; SECTOR]).0, 0);
    }
    fn read(&mut self, sector: usize) -> u8 {
        let (error, bytes) = self.ask(0, sector, SECTOR, &[]);
        assert!(error == 0 && bytes.iter().all(|b| *b == bytes[0]));
        bytes[0]
    }
    fn flush(&mut self) {
        assert_eq!(self.ask(3, 0, 0, &[]).0, 0);
    }
}

#[test]
fn a_cut_loses_what_was_not_flushed_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let socket = folder.path().join("socket");
    let listener = UnixListener::bind(&socket).unwrap();
    let image = std::fs::OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(folder.path().join("image"))
        .unwrap();
    image.set_len((SECTOR * SECTORS) as u64).unwrap();
    let mut disk = VolatileDisk::new(image, 5).unwrap();
    let mut session = |work: &mut dyn FnMut(&mut Client)| {
        std::thread::scope(|scope| {
            let served = scope.spawn(|| disk.serve(&listener));
            let mut client = Client::open(&socket);
            work(&mut client);
            drop(client);
            served.join().unwrap().unwrap();
        });
        disk.cut().unwrap();
    };
    session(&mut |client| {
        for sector in 0..30 {
            client.write(sector, 1);
        }
        client.flush();
        for sector in 20..SECTORS {
            client.write(sector, 2);
        }
        // The newest is read before it is durable.
        assert_eq!((client.read(0), client.read(20), client.read(63)), (1, 2, 2));
        let beyond = client.ask(0, SECTORS, SECTOR, &[]);
        assert_ne!(beyond.0, 0);
    });
    session(&mut |client| {
        assert!((0..20).all(|sector| client.read(sector) == 1), "flushed and lost");
        let after: Vec<u8> = (20..SECTORS).map(|sector| client.read(sector)).collect();
        let old = |at: &usize| if *at < 10 { 1 } else { 0 };
        assert!((0..after.len()).all(|at| after[at] == 2 || after[at] == old(&at)));
        assert!(after.contains(&2) && after.iter().any(|b| *b != 2), "kept or lost as one: {after:?}");
    });
    assert_eq!(disk.flushes, 1);
    assert!(disk.lost_writes > 0);
}
