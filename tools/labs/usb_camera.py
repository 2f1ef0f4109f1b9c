"""A USB camera in software, for `./dev lab camera usb`: plugged into the kernel's virtual USB host (vhci-hcd) by the
USB/IP protocol, so that the kernel's real driver (uvcvideo) and its real nodes are tested.

The camera has a bulk endpoint and two formats of 1280x720: Motion JPEG at 30 and YUYV at 5 frames a second (USB Video
Class 1.0). Every frame is the same picture.

    usb_camera.py --mjpeg FILE --yuyv FILE     until it is killed, which unplugs the camera
    SIGUSR1                                    no frames any more; again: frames
    SIGSTOP                                    the whole device is dead
"""

import argparse
import os
import select
import signal
import socket
import struct
import time

ATTACH = "/sys/devices/platform/vhci_hcd.0/attach"
HIGH_SPEED = 3
WIDTH, HEIGHT = 1280, 720
PAYLOAD_BYTES = 16384
# Format index: frame interval in units of 100 ns.
MJPEG, YUYV = 1, 2
INTERVALS = {MJPEG: 333333, YUYV: 2000000}
FRAME_BYTES_MAX = WIDTH * HEIGHT * 2
EPIPE, ECONNRESET = 32, 104
CMD_SUBMIT, CMD_UNLINK, RET_SUBMIT, RET_UNLINK = 1, 2, 3, 4
STRINGS = {1: "rekam", 2: "Lab USB Camera", 3: "LAB-1"}


def device_descriptor():
    return struct.pack("<BBHBBBBHHHBBBB", 18, 1, 0x0200, 0xEF, 2, 1, 64, 0x1D6B, 0x0102, 0x0100, 1, 2, 3, 1)


def frame_descriptor(subtype, interval):
    rate = FRAME_BYTES_MAX * 8 * 30
    body = struct.pack("<BBHHIIIIBI", 1, 0, WIDTH, HEIGHT, rate, rate, FRAME_BYTES_MAX, interval, 1, interval)
    return struct.pack("<BBB", 3 + len(body), 0x24, subtype) + body


def config_descriptor():
    camera = struct.pack("<BBBBHBBHHHB3s", 18, 0x24, 2, 1, 0x0201, 0, 0, 0, 0, 0, 3, b"\0\0\0")
    output = struct.pack("<BBBBHBBB", 9, 0x24, 3, 2, 0x0101, 0, 1, 0)
    control = struct.pack("<BBBHHIBB", 13, 0x24, 1, 0x0100, 13 + len(camera) + len(output), 6000000, 1, 1)
    yuy2 = b"YUY2\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71"
    formats = struct.pack("<BBBBBBBBBBB", 11, 0x24, 6, MJPEG, 1, 1, 1, 0, 0, 0, 0)
    formats += frame_descriptor(7, INTERVALS[MJPEG])
    formats += struct.pack("<BBBBB16sBBBBBB", 27, 0x24, 4, YUYV, 1, yuy2, 16, 1, 0, 0, 0, 0)
    formats += frame_descriptor(5, INTERVALS[YUYV])
    formats += bytes([6, 0x24, 0x0D, 1, 1, 4])
    header = struct.pack("<BBBBHBBBBBBBBB", 15, 0x24, 1, 2, 15 + len(formats), 0x81, 0, 2, 0, 0, 0, 1, 0, 0)
    body = bytes([8, 0x0B, 0, 2, 0x0E, 3, 0, 0])
    body += bytes([9, 4, 0, 0, 0, 0x0E, 1, 0, 0]) + control + camera + output
    body += bytes([9, 4, 1, 0, 1, 0x0E, 2, 0, 0]) + header + formats
    body += struct.pack("<BBBBHB", 7, 5, 0x81, 2, 512, 0)
    return struct.pack("<BBHBBBBB", 9, 2, 9 + len(body), 2, 1, 0, 0x80, 250) + body


def string_descriptor(index):
    if index == 0:
        return bytes([4, 3, 0x09, 0x04])
    text = STRINGS.get(index, "").encode("utf-16-le")
    return bytes([2 + len(text), 3]) + text


def probe(format_index):
    return struct.pack("<HBBIHHHHHII", 1, format_index, 1, INTERVALS[format_index], 0, 0, 0, 0, 0,
                       FRAME_BYTES_MAX, PAYLOAD_BYTES)


class Camera:
    def __init__(self, frames):
        self.frames = frames
        self.format = MJPEG
        self.silent = False
        self.pending = []
        self.reset()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with open(ATTACH, "w", encoding="ascii") as attach:
            attach.write(f"0 {theirs.fileno()} 65538 {HIGH_SPEED}")
        theirs.close()
        self.socket = ours

    def reset(self):
        """A stream begins."""
        self.at, self.toggle, self.due = 0, 0, time.monotonic()

    def control(self, setup, data):
        """The answer to a request on endpoint 0; None to refuse it."""
        kind, request, value, index, length = struct.unpack("<BBHHH", setup)
        answer = None
        if (kind, request) == (0x80, 6):
            descriptors = {1: device_descriptor, 2: config_descriptor, 3: lambda: string_descriptor(value & 0xFF)}
            make = descriptors.get(value >> 8)
            answer = make() if make else None
        elif kind in (0x80, 0x81, 0x82) and request == 0:
            answer = b"\0\0"
        elif kind in (0x00, 0x01, 0x02):
            answer = b""
        elif kind == 0x21 and index == 1 and request == 1 and value >> 8 in (1, 2):
            wanted = data[2] if len(data) > 2 else 0
            self.format = wanted if wanted in INTERVALS else MJPEG
            if value >> 8 == 2:
                self.reset()
            answer = b""
        elif kind == 0xA1 and index == 1 and value >> 8 in (1, 2):
            answers = {0x85: struct.pack("<H", 26), 0x86: b"\x03", 0x84: bytes(26)}
            answer = answers.get(request, probe(self.format))
        return None if answer is None else answer[:length]

    def send(self, sequence, status, data=b"", actual=None):
        length = len(data) if actual is None else actual
        head = struct.pack(">IIIIIiIIII8x", RET_SUBMIT, sequence, 0, 0, 0, status, length, 0, 0, 0)
        self.socket.sendall(head + data)

    def read(self, size):
        parts = b""
        while len(parts) < size:
            part = self.socket.recv(size - len(parts))
            if not part:
                raise SystemExit("the host has let go")
            parts += part
        return parts

    def command(self):
        """One command of the host."""
        head = self.read(48)
        command, sequence, _, direction, endpoint = struct.unpack(">IIIII", head[:20])
        if command == CMD_UNLINK:
            victim = struct.unpack(">I", head[20:24])[0]
            held = [urb for urb in self.pending if urb[0] == victim]
            self.pending = [urb for urb in self.pending if urb[0] != victim]
            status = -ECONNRESET if held else 0
            self.socket.sendall(struct.pack(">IIIIIi24x", RET_UNLINK, sequence, 0, 0, 0, status))
            return
        if command != CMD_SUBMIT:
            raise SystemExit(f"no command: {command}")
        length = struct.unpack(">I", head[24:28])[0]
        data = self.read(length) if direction == 0 else b""
        if endpoint != 0:
            self.pending.append((sequence, length))
            return
        answer = self.control(head[40:48], data)
        if answer is None:
            self.send(sequence, -EPIPE)
        elif direction == 0:
            self.send(sequence, 0, actual=length)
        else:
            self.send(sequence, 0, answer)

    def stream(self):
        """Serves waiting transfers, one payload each; the time until the next one is due."""
        while self.pending and not self.silent:
            now = time.monotonic()
            if self.at == 0 and now < self.due:
                return self.due - now
            frame = self.frames[self.format]
            sequence, length = self.pending.pop(0)
            part = frame[self.at:self.at + min(length, PAYLOAD_BYTES) - 2]
            self.at += len(part)
            ended = self.at >= len(frame)
            self.send(sequence, 0, bytes([2, 0x80 | self.toggle | (2 if ended else 0)]) + part)
            if ended:
                self.at, self.toggle = 0, 1 - self.toggle
                self.due = max(self.due + INTERVALS[self.format] / 1e7, now)
            # Commands come first.
            return 0
        return 0.5

    def run(self):
        wait = 0.5
        while True:
            readable, _, _ = select.select([self.socket], [], [], wait)
            if readable:
                self.command()
            wait = self.stream()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mjpeg", required=True)
    parser.add_argument("--yuyv", required=True)
    args = parser.parse_args()
    frames = {}
    for index, path in ((MJPEG, args.mjpeg), (YUYV, args.yuyv)):
        with open(path, "rb") as file:
            frames[index] = file.read()
    if len(frames[YUYV]) != FRAME_BYTES_MAX or os.geteuid() != 0:
        raise SystemExit("needs a YUYV frame of 1280x720, and root")
    camera = Camera(frames)

    def hush(_signal, _frame):
        camera.silent = not camera.silent

    signal.signal(signal.SIGUSR1, hush)
    camera.run()


if __name__ == "__main__":
    main()
