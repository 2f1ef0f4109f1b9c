#!/usr/bin/env python3
# Needs: wsq==0.9 pillow==13.0.0 numpy==2.4.6
"""Times of our codecs beside those of the C references, in one run: NIST's WSQ (package wsq) and OpenJPEG (Pillow).

  taskset -c 0 codec_times.py PATH-OF-EXAMPLE-codec_times FILE.pgm...

Means of 20, in milliseconds; the ratio is ours by theirs.
"""
import io
import json
import subprocess
import sys
import time

import wsq  # noqa: F401 registers the format with Pillow
from PIL import Image

ROUNDS = 20


def mean_ms(work):
    work()
    begun = time.perf_counter()
    for _ in range(ROUNDS):
        work()
    return (time.perf_counter() - begun) * 1000 / ROUNDS


def jp2(image):
    out = io.BytesIO()
    image.save(out, "JPEG2000", irreversible=False)
    return out.getvalue()


def wsq_file(image):
    out = io.BytesIO()
    image.save(out, "WSQ")
    return out.getvalue()


def main():
    program, files = sys.argv[1], sys.argv[2:]
    told = subprocess.run([program, *files], check=True, text=True, stdout=subprocess.PIPE).stdout
    print(f"{'file':24} {'what':12} {'ours ms':>8} {'reference ms':>13} {'ratio':>6}")
    for line, path in zip(told.splitlines(), files):
        ours = json.loads(line)
        image = Image.open(path).convert("L")
        encoded = {"wsq": wsq_file(image), "jp2": jp2(image)}
        theirs = {
            "wsq_encode": mean_ms(lambda: wsq_file(image)),
            "wsq_decode": mean_ms(lambda: Image.open(io.BytesIO(encoded["wsq"])).load()),
            "jp2_encode": mean_ms(lambda: jp2(image)),
            "jp2_decode": mean_ms(lambda: Image.open(io.BytesIO(encoded["jp2"])).load()),
        }
        for what, reference in theirs.items():
            name = path.rsplit("/", 1)[-1]
            print(f"{name:24} {what:12} {ours[what]:8.2f} {reference:13.2f} {ours[what] / reference:6.2f}")


if __name__ == "__main__":
    main()
