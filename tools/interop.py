#!/usr/bin/env python3
"""Reads back, with programs of other projects, the records that we wrote.

    cargo run -p biometrics --example write_records -- FOLDER [finger.wsq made from FOLDER/finger.pgm]
    python3 tools/interop.py FOLDER [--schema updatedcbeff.xsd] [--jars FOLDER]
        [--rekam PATH]

Prints a table (file, reader, what agreed) and exits with 1 where anything disagrees. A reader that is not
installed is named as "skipped". A record for which no reader of another project is known is named as "none"; of
it only the pictures inside are decoded and compared. With --rekam, `rekam bio iso read FILE` must succeed on
every record as well, and `rekam bio bir FILES --out XML` must give a document that is valid.

Readers (install with pip, in an environment of their own):
    iso19794==0.1.0 with pillow==9.5.0   FIR 2011 (and the pictures in it)
                                         (it has no PNG, no date "unknown" and no WSQ)
    pillow==9.5.0 (OpenJPEG, libjpeg)    JPEG 2000, JPEG and PNG in every record
    wsq==0.9                             WSQ pictures
    FingerprintIO 1.3.1 (Java 17)        FMR 2005 and INCITS 378-2004
    MOSIP bio-utils 1.2.0.1 (Java 17)    FIR, FAC and IIR 2011 with one representation
    xmllint (libxml2-utils)              BIR against the schema
The jars of the last two go into the folder of --jars: com.machinezoo.fingerprintio:fingerprintio:1.3.1,
io.mosip.biometric.util:biometrics-util:1.2.0.1 (without what it needs) and org.apache.commons:commons-lang3:3.12.0,
got by `mvn dependency:copy-dependencies`.
The folder holds finger.pgm, iris.pgm and face.ppm: the pictures that the records were made from.
"""

import argparse
import datetime
import hashlib
import io
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image

MAGICS = {
    "jp2": b"\x00\x00\x00\x0cjP  \r\n\x87\n",
    "png": b"\x89PNG\r\n\x1a\n",
    "jpeg": b"\xff\xd8\xff",
    "wsq": b"\xff\xa0\xff\xa8",
}
# Largest mean difference to the original, in grey levels.
LOSS = {"jp2": 0.0, "png": 0.0, "raw": 0.0, "jpeg": 4.0, "wsq": 8.0}


class Table:
    def __init__(self):
        self.rows = []
        self.failed = False

    def add(self, name, reader, agreed, ok=True):
        self.rows.append((name, reader, agreed if ok else f"DISAGREES: {agreed}"))
        self.failed |= not ok

    def attempt(self, name, reader, check):
        try:
            ok, agreed = check()
        except ModuleNotFoundError as error:
            self.add(name, reader, f"skipped: {error.name} is not installed")
        except Exception as error:  # whatever another reader says is a disagreement
            self.add(name, reader, f"{type(error).__name__}: {error}", False)
        else:
            self.add(name, reader, agreed, ok)

    def show(self):
        widths = [max(len(row[i]) for row in self.rows) for i in (0, 1)]
        for name, reader, agreed in self.rows:
            print(f"{name:<{widths[0]}}  {reader:<{widths[1]}}  {agreed}")


def difference(image, original):
    """Mean difference of two pictures in grey levels; None where the sizes differ."""
    if image.size != original.size:
        return None
    image = image.convert(original.mode)
    a, b = image.tobytes(), original.tobytes()
    return sum(abs(x - y) for x, y in zip(a, b)) / len(a)


def judge(image, original, encoding):
    mean = difference(image, original)
    if mean is None:
        return False, f"{encoding}: size {image.size}, original {original.size}"
    exact = "pixels equal" if mean == 0 else f"mean difference {mean:.2f}"
    return mean <= LOSS[encoding], f"{encoding} {image.size[0]}x{image.size[1]}: {exact}"


def pictures(data):
    """Pictures in a record, found by their first bytes: no knowledge of the record is needed."""
    found = []
    for encoding, magic in MAGICS.items():
        at = data.find(magic)
        while at >= 0:
            found.append((at, encoding))
            at = data.find(magic, at + len(magic))
    return sorted(found)


def check_pictures(table, path, original):
    data = path.read_bytes()
    end = len(data)
    parts = pictures(data)
    # A picture ends where the next begins, or with the record: decoders stop at their own end.
    for (at, encoding), (until, _) in zip(parts, parts[1:] + [(end, "")]):
        # JPEG markers also occur inside other data; a picture is not followed by itself.
        if encoding == "jpeg" and any(b < at < u for (b, e), (u, _) in zip(parts, parts[1:] + [(end, "")]) if e != "jpeg"):
            continue

        def check(at=at, until=until, encoding=encoding):
            if encoding == "wsq":
                # The decoder itself: its Pillow plugin wants a newer Pillow than iso19794 does.
                import _wsq

                pixels, width, height, _ppi = _wsq.decompress(data[at:until])
                image = Image.frombytes("L", (width, height), bytes(pixels))
            else:
                image = Image.open(io.BytesIO(data[at:until]))
                image.load()
            return judge(image, original, encoding)

        table.attempt(path.name, "wsq" if encoding == "wsq" else "Pillow", check)


def check_fir(table, path, original):
    if path.stem.endswith(("-png", "-wsq")):
        table.add(path.name, "iso19794", "skipped: it has no PNG and no WSQ")
        return

    def check():
        import iso19794  # noqa: F401  registers itself with Pillow

        image = Image.open(path)
        if image.format != "FIR":
            return False, f"taken as {image.format}"
        header = image.header
        image.load()
        encoding = path.stem.split("-")[1]
        facts = {
            "position": "RIGHT_INDEX_FINGER",
            "capture_datetime": datetime.datetime(2026, 11, 12, 3, 4, 5, 6),  # it takes ms as us
            "impression_type": "LIVESCAN_PLAIN",
            "scale_units": "PPI",
            "horizontal_image_sampling_rate": 500,
            "vertical_scan_sampling_rate": 500,
        }
        seen = {k: header[k] for k in facts} | {"quality": [q.score for q in header["quality_records"]]}
        facts["quality"] = [77]
        wrong = {k: v for k, v in seen.items() if v != facts[k]}
        if wrong:
            return False, str(wrong)
        ok, agreed = judge(image, original, encoding)
        return ok, f"header, {header['image_compression_algo']}, {agreed}"

    table.attempt(path.name, "iso19794", check)


def java(jars, source, *words):
    """Runs a reader in Java beside this file; its lines, or raises what it said."""
    run = subprocess.run(
        ["java", "-cp", f"{jars}/*", str(Path(__file__).with_name(source)), *map(str, words)],
        capture_output=True, text=True)
    if run.returncode != 0:
        said = [line for line in run.stderr.splitlines() if not line.startswith("SLF4J")]
        raise RuntimeError((said or ["failed"])[0][:160])
    return run.stdout.splitlines()


def has_java(table, path, reader, jars):
    there = jars is not None and shutil.which("java") is not None
    if not there:
        table.add(path.name, reader, "skipped: no --jars or no java")
    return there


# What MOSIP's readers must see in the records of the example, by their names.
CAPTURED = {"CaptureYear": 2026, "CaptureMonth": 11, "CaptureDay": 12, "CaptureHour": 3, "CaptureMinute": 4,
            "CaptureSecond": 5, "CaptureMilliSecond": 6, "NoOfRepresentations": 1, "NoOfQualityBlocks": 1,
            "CertificationFlag": 0}
MOSIP = {
    ".fir": {"FingerPosition": 2, "ScaleUnits": 1, "ImageSpatialSamplingRateHorizontal": 500, "BitDepth": 8,
             "ImageSpatialSamplingRateVertical": 500, "CaptureDeviceSpatialSamplingRateVertical": 500,
             "LineLengthHorizontal": 416, "LineLengthVertical": 560, "ImpressionType": 0, "NoOfFingerPresent": 1},
    ".fac": {"Width": 300, "Height": 400, "ImageColorSpace": 1, "FaceImageType": 0, "NoOfLandMarkPoints": 0},
    ".iir": {"Width": 640, "Height": 480, "BitDepth": 8, "ImageType": 2, "NoOfEyesPresent": 1, "RollAngleOfEye": 65535,
             "IrisCenterSmallestX": 318, "IrisCenterLargestX": 322, "IrisCenterSmallestY": 238,
             "IrisCenterLargestY": 242, "CaptureDeviceTechnologyIdentifier": 1, "HorizontalOrientation": 1},
}
ENCODINGS = {
    ".fir": ("CompressionType", {"raw": 0, "wsq": 2, "jp2": 5, "png": 6}),
    ".fac": ("ImageDataType", {"jpeg": 0, "jp2": 2, "png": 3}),
    ".iir": ("ImageFormat", {"raw": 2, "jp2": 10, "png": 14}),
}


def check_mosip(table, path, jars):
    """Records of one representation: that is what these readers take."""
    if "-" not in path.stem or not has_java(table, path, "MOSIP bio-utils", jars):
        return

    def check():
        lines = java(jars, "InteropImages.java", path.suffix[1:], path)
        seen = dict(line.split() for line in lines)
        field, codes = ENCODINGS[path.suffix]
        wanted = CAPTURED | MOSIP[path.suffix] | {field: codes[path.stem.split("-")[1]]}
        data = path.read_bytes()
        wanted["RecordLength"] = len(data)
        # The image is the end of the record.
        wanted["Sha256"] = hashlib.sha256(data[-int(seen["ImageLength"]):]).hexdigest()
        wrong = {k: seen.get(k) for k, v in wanted.items() if seen.get(k) != str(v)}
        return not wrong, f"{len(wanted)} fields, image data" if not wrong else str(wrong)

    table.attempt(path.name, "MOSIP bio-utils", check)


def made_minutiae(steps):
    """The minutiae of the example, by its formula; `steps` are the angle units in a circle."""
    for i in range(48):
        angle = int(i * 29 % 256 * steps / 256 + 0.5) % steps
        yield 20 + i * 37 % 350, 30 + i * 53 % 440, angle, 1 if i % 2 == 0 else 2, i * 7 % 101


def check_minutiae(table, path, jars, kind, steps):
    if not has_java(table, path, "FingerprintIO", jars):
        return

    def check():
        lines = java(jars, "InteropMinutiae.java", kind, path)
        header, *rows = [tuple(map(int, line.split())) for line in lines]
        same = rows == list(made_minutiae(steps)) and header == (400, 500, 197, 197, 2, 0, 80)
        return same, f"header, {len(rows)} minutiae: place, angle, kind, quality"

    table.attempt(path.name, "FingerprintIO", check)


def check_bir(table, path, schema):
    if shutil.which("xmllint") is None:
        table.add(path.name, "xmllint", "skipped: not installed")
        return
    if schema is None:
        table.add(path.name, "xmllint", "skipped: no --schema")
        return

    def lint(document):
        run = subprocess.run(
            ["xmllint", "--noout", "--nonet", "--huge", "--schema", str(schema), str(document)],
            capture_output=True, text=True)
        return run.returncode, run.stderr.strip().splitlines()[-1:]

    def check():
        code, said = lint(path)
        text = path.read_text()
        with tempfile.TemporaryDirectory() as folder:
            # Proof that the check can fail.
            bad = Path(folder) / "bad.xml"
            bad.write_text(re.sub("<Level>Raw<", "<Level>Rare<", text, count=1))
            bad_code, _ = lint(bad)
        return code == 0 and bad_code != 0, f"valid, {text.count('<BDB>')} data blocks" if code == 0 else str(said)

    table.attempt(path.name, "xmllint", check)


def check_rekam(table, rekam, records, schema):
    for path in records:
        def check(path=path):
            run = subprocess.run([rekam, "bio", "iso", "read", str(path)], capture_output=True, text=True)
            return run.returncode == 0, "read" if run.returncode == 0 else run.stderr.strip()[:120]

        table.attempt(path.name, "rekam", check)
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "rekam.bir.xml"
        blocks = [str(p) for p in records if p.suffix != ".xml"]
        run = subprocess.run([rekam, "bio", "bir", *blocks, "--out", str(out)], capture_output=True, text=True)
        table.add(out.name, "rekam", "written" if run.returncode == 0 else run.stderr.strip()[:120], run.returncode == 0)
        if out.exists():
            check_bir(table, out, schema)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--schema", type=Path, help="updatedcbeff.xsd of the CBEFF schemas")
    parser.add_argument("--jars", type=Path, help="folder with the jars of FingerprintIO")
    parser.add_argument("--rekam", help="the rekam binary")
    args = parser.parse_args()
    originals = {
        ".fir": Image.open(args.folder / "finger.pgm"),
        ".iir": Image.open(args.folder / "iris.pgm"),
        ".fac": Image.open(args.folder / "face.ppm"),
    }
    no_reader = {".sdi": "ISO/IEC 19794-7"}
    table = Table()
    records = sorted(p for p in args.folder.iterdir() if p.suffix in {*originals, *no_reader, ".fmr", ".incits378", ".xml"})
    if not records:
        sys.exit("no records in the folder")
    for path in records:
        original = originals.get(path.suffix)
        if path.suffix in no_reader:
            table.add(path.name, "none", f"no reader of another project for {no_reader[path.suffix]}")
        if path.suffix == ".fir":
            check_fir(table, path, original)
        if path.suffix in MOSIP:
            check_mosip(table, path, args.jars)
        if original is not None:
            check_pictures(table, path, original)
        if path.suffix == ".fmr":
            check_minutiae(table, path, args.jars, "iso", 256)
        if path.suffix == ".incits378":
            check_minutiae(table, path, args.jars, "incits", 180)
        if path.suffix == ".xml":
            check_bir(table, path, args.schema)
    if args.rekam:
        check_rekam(table, args.rekam, records, args.schema)
    table.show()
    sys.exit(1 if table.failed else 0)


if __name__ == "__main__":
    main()
