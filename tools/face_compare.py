#!/usr/bin/env python3
"""Our face networks (tract, Rust) beside ONNX Runtime: number by number, and the processor time of both on one core.

    python -m venv /path/of/a/venv
    pip install numpy==2.4.6 onnxruntime==1.32.0 pillow==13.0.0
    cargo build --release -p biometrics --example face_numbers
    taskset -c 0 python tools/face_compare.py target/release/examples/face_numbers [--width 1280 --height 720]

The inputs are the portrait of fixtures/face, as every network gets it, and noise. Exits with 1 when a number
differs by more than the tolerance.
"""
import argparse
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import time

import numpy as np
import onnxruntime
from PIL import Image

ROOT = pathlib.Path(__file__).resolve().parent.parent
MODELS = ROOT / "crates/biometrics/models"
# Name, side of the input, bytes to input (gain, offset), largest difference that is rounding of 32-bit floats.
NETWORKS = [
    ("face_detection_short_range", 128, (2 / 255, -1.0), 2e-3),
    ("face_landmark", 192, (1 / 255, 0.0), 2e-3),
    ("selfie_segmentation", 256, (1 / 255, 0.0), 2e-3),
]


def inputs(side, gain, offset):
    """The portrait and noise, channels first."""
    portrait = Image.open(ROOT / "fixtures/face/astronaut-512.jpg").convert("RGB")
    if side == 192:  # the mesh wants the face alone
        portrait = portrait.crop((128, 10, 316, 198))
    pixels = np.asarray(portrait.resize((side, side), Image.BOX), np.float32)
    noise = np.random.default_rng(1).integers(0, 256, pixels.shape).astype(np.float32)
    for name, picture in (("portrait", pixels), ("noise", noise)):
        yield name, (picture.transpose(2, 0, 1) * np.float32(gain) + np.float32(offset))[None]


def reference(name, values):
    """Outputs of ONNX Runtime on one thread, and its mean time in milliseconds."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        str(MODELS / f"{name}.onnx"), options, providers=["CPUExecutionProvider"])
    feed = {session.get_inputs()[0].name: values}
    outputs = session.run(None, feed)
    begin = time.thread_time()
    for _ in range(40):
        session.run(None, feed)
    return [output.ravel() for output in outputs], (time.thread_time() - begin) * 1000 / 40


def frame(width, height):
    """The portrait in a frame of this size, as the example reads it."""
    portrait = Image.open(ROOT / "fixtures/face/astronaut-512.jpg").convert("RGB")
    side = min(width, height)
    canvas = Image.new("RGB", (width, height), (150, 150, 150))
    canvas.paste(portrait.resize((side, side), Image.BICUBIC), ((width - side) // 2, (height - side) // 2))
    return struct.pack("<II", width, height) + canvas.tobytes()


def main():
    parser = argparse.ArgumentParser(description="Compares tract with ONNX Runtime.")
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--width", type=int, default=640)
    parser.add_argument("--height", type=int, default=480)
    arguments = parser.parse_args()
    wrong = False
    parts = []
    print(f"{'network':28} {'input':9} {'largest difference':>18} {'of at most':>10} {'ours ms':>8} {'ORT ms':>7} ratio")
    for picture in ("portrait", "noise"):
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            given = {}
            for name, side, (gain, offset), _ in NETWORKS:
                given[name] = dict(inputs(side, gain, offset))[picture]
                (folder / f"{name}.in").write_bytes(given[name].astype("<f4").tobytes())
            if picture == "portrait":
                (folder / "frame.rgb").write_bytes(frame(arguments.width, arguments.height))
            run = subprocess.run([arguments.program, folder], check=True, capture_output=True, text=True)
            lines = [json.loads(line) for line in run.stdout.splitlines()]
            ours = {line["network"]: line["mean_ms"] for line in lines if "network" in line}
            parts += [line for line in lines if "part" in line]
            for name, _, _, tolerance in NETWORKS:
                outputs, theirs_ms = reference(name, given[name])
                difference = largest = 0.0
                for number, values in enumerate(outputs):
                    found = np.frombuffer((folder / f"{name}.out{number}").read_bytes(), "<f4")
                    difference = max(difference, float(np.abs(found - values).max()))
                    largest = max(largest, float(np.abs(values).max()))
                wrong |= difference > tolerance
                ratio = ours[name] / theirs_ms
                print(f"{name:28} {picture:9} {difference:18.2e} {largest:10.2f} {ours[name]:8.2f} {theirs_ms:7.2f} {ratio:.1f}")
    print(f"\nchain on {arguments.width}x{arguments.height}, mean ms of 40")
    for part in parts:
        print(f"{part['part']:32} {part['mean_ms']:8.2f}")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
