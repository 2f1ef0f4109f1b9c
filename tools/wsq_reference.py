#!/usr/bin/env python3
# Needs: wsq==0.9 pillow==13.0.0 numpy==2.4.6
"""Compares our WSQ codec with NIST's (NBIS C code, in the Python package wsq).

  wsq_reference.py --rekam PATH FOLDER...   prints a table of sizes, PSNR and decoded differences
  wsq_reference.py --fixtures FOLDER        writes NAME.wsq for each NAME.pgm there, prints SHA-256 of the pixels

PATH is the executable; `PATH bio wsq encode|decode IN OUT` is called (`--codec PATH` leaves out `bio wsq`).
Images are PGM, PNG, BMP or TIFF files, or ISO 19794-4 records with a JPEG 2000 image (.iso); they are taken
as grey and encoded at 0.75 bits a pixel, the only rate of the Python package. «same» tells whether the files
are equal from the transform table on (before it stands a comment with the resolution). Exit status 1 when a decoded
pixel differs by more than 1, a size by more than 1 %, or a PSNR by more than 0.2 dB.
"""
import argparse
import hashlib
import io
import pathlib
import subprocess
import sys
import tempfile

import _wsq  # the C extension of the package wsq
import numpy as np
from PIL import Image

RATE = 0.75
MIN_SIDE_PX = 81
SUFFIXES = {".pgm", ".png", ".bmp", ".tif", ".tiff", ".iso"}


def load(path):
    data = path.read_bytes()
    if path.suffix == ".iso":
        starts = [at for at in (data.find(b"\0\0\0\x0cjP  "), data.find(b"\xff\x4f\xff\x51")) if at >= 0]
        if not starts:
            return None
        data = data[min(starts):]
    return np.array(Image.open(io.BytesIO(data)).convert("L"))


def reference_encode(image):
    height, width = image.shape
    return _wsq.compress(image.tobytes(), height, width, RATE)


def reference_decode(data):
    pixels, width, height, _ppi = _wsq.decompress(data)
    return np.frombuffer(pixels, np.uint8).reshape(height, width)


def psnr_db(a, b):
    error = np.mean((a.astype(float) - b) ** 2)
    return 10 * np.log10(255**2 / max(error, 1e-9))


def after_comment(data):
    """The file from its transform table on: the comment tells a resolution that a PGM file does not have."""
    return data[data.index(b"\xff\xa4"):]


def differ(a, b):
    return int(np.abs(a.astype(int) - b).max())


class Codec:
    """Our codec, through its executable."""

    def __init__(self, command, folder):
        self.command, self.folder = command, folder

    def run(self, verb, data, suffix_in, suffix_out):
        source, target = self.folder / f"in{suffix_in}", self.folder / f"out{suffix_out}"
        source.write_bytes(data)
        subprocess.run([*self.command, verb, source, target], check=True, stdout=subprocess.DEVNULL)
        return target.read_bytes()

    def encode(self, image):
        height, width = image.shape
        return self.run("encode", b"P5\n%d %d\n255\n" % (width, height) + image.tobytes(), ".pgm", ".wsq")

    def decode(self, data):
        return np.array(Image.open(io.BytesIO(self.run("decode", data, ".wsq", ".pgm"))).convert("L"))


def compare(codec, folders):
    files = sorted(f for folder in folders for f in pathlib.Path(folder).rglob("*") if f.suffix in SUFFIXES)
    head = ("image", "size", "bytes", "ref", "ratio", "same", "PSNR dB", "ref", "diff", "d(ref file)", "d(ours)")
    print("{:28} {:>9} {:>7} {:>7} {:>7} {:>5} {:>8} {:>6} {:>6} {:>11} {:>7}".format(*head))
    bad = count = 0
    for path in files:
        image = load(path)
        if image is None or min(image.shape) < MIN_SIDE_PX:
            continue
        theirs, ours = reference_encode(image), codec.encode(image)
        their_pixels, our_pixels = reference_decode(theirs), reference_decode(ours)
        of_theirs, of_ours = differ(codec.decode(theirs), their_pixels), differ(codec.decode(ours), our_pixels)
        ratio = len(ours) / len(theirs)
        db = [psnr_db(image, pixels) for pixels in (our_pixels, their_pixels)]
        print(
            f"{path.name:28} {image.shape[1]:4}x{image.shape[0]:<4} {len(ours):7} {len(theirs):7} {ratio:7.4f} "
            f"{'yes' if after_comment(ours) == after_comment(theirs) else 'no':>5} {db[0]:8.2f} {db[1]:6.2f} {db[0] - db[1]:6.2f} "
            f"{of_theirs:11} {of_ours:7}"
        )
        count += 1
        bad += abs(ratio - 1) > 0.01 or abs(db[0] - db[1]) > 0.2 or max(of_theirs, of_ours) > 1
    for path in sorted(f for folder in folders for f in pathlib.Path(folder).rglob("*.wsq")):
        data = path.read_bytes()
        of_theirs = differ(codec.decode(data), reference_decode(data))
        print(f"{path.name:28} decoded: largest difference {of_theirs}")
        count += 1
        bad += of_theirs > 1
    print(f"{count} compared, {bad} out of bounds")
    return 1 if bad or not count else 0


def fixtures(folder):
    for path in sorted(pathlib.Path(folder).glob("*.pgm")):
        path.with_suffix(".wsq").write_bytes(reference_encode(load(path)))
    for path in sorted(pathlib.Path(folder).glob("*.wsq")):
        print(path.name, hashlib.sha256(reference_decode(path.read_bytes()).tobytes()).hexdigest())
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--rekam", metavar="PATH")
    which.add_argument("--codec", metavar="PATH")
    which.add_argument("--fixtures", action="store_true")
    arguments = parser.parse_args()
    if arguments.fixtures:
        return fixtures(arguments.folders[0])
    command = [arguments.rekam, "bio", "wsq"] if arguments.rekam else [arguments.codec]
    with tempfile.TemporaryDirectory() as folder:
        return compare(Codec(command, pathlib.Path(folder)), arguments.folders)


if __name__ == "__main__":
    sys.exit(main())
