#!/usr/bin/env python3
"""Compares our finger quality with true NFIQ 2.3, feature by feature and score by score, and fits the calibration.

    python3 -m venv /some/venv && /some/venv/bin/pip install nbis-py==0.1.3 numpy==2.4.6 pillow==13.0.0
    /some/venv/bin/python tools/nfiq2_compare.py --samples ../shared/data          # about five minutes
    /some/venv/bin/python tools/nfiq2_compare.py --samples ../shared/data --keep WORK --fit
    /some/venv/bin/python tools/nfiq2_compare.py --keep WORK --minutiae FOLDER --extractor rekam-minutiae-1 --fit

nbis-py carries NIST's NFIQ 2.3 (C++) and mindtct. Images: the sample folder's finger images and 50 synthetic prints (the
test), 90 other synthetic prints (the fit). Minutiae are mindtct's, or those of another extractor from FOLDER: one file
NAME.min an image, lines "x y quality". --keep keeps images and NFIQ 2's answers, so that a further run takes seconds.
Limits of the test (exit code 1 when broken): mean difference of scores 3, largest 10; the 65 features that do not come
from minutiae equal to 1e-9.
"""
import argparse
import io
import json
import pathlib
import subprocess
import sys
import tempfile

import nbis
import numpy as np
from PIL import Image

FOUR = ["FingerJetFX_MinCount_COMMinRect200x200", "FingerJetFX_MinutiaeCount",
        "FJFXPos_Mu_MinutiaeQuality_2", "FJFXPos_OCL_MinutiaeQuality_80"]
FIELDS = ["boxed", "count", "darker", "certain"]
ROOT = pathlib.Path(__file__).resolve().parent.parent


def names():
    """The features' names in the forest's order, from the committed table."""
    table = ROOT / "crates/biometrics/src/finger/quality/forest/rows.csv"
    return table.read_text().splitlines()[0].split(",")[2:]


CARGO = ["cargo", "run", "--quiet", "--release", "--locked", "-p", "biometrics", "--no-default-features",
         "--example", "finger_quality", "--"]


def example(*args):
    command = [*CARGO, *map(str, args)]
    return subprocess.run(command, cwd=ROOT, check=True, text=True, stdout=subprocess.PIPE).stdout


def collect(samples, work):
    if samples is not None:
        finger = pathlib.Path(samples) / "finger"
        for path in sorted(finger.glob("*/*")):
            if path.suffix == ".iso":  # the JPEG 2000 image inside the record
                data = path.read_bytes()
                image = Image.open(io.BytesIO(data[data.index(b"\x00\x00\x00\x0cjP"):]))
            elif path.suffix in (".pgm", ".png"):
                image = Image.open(path)
            else:
                continue
            image.convert("L").save(work / f"{path.parent.name}_{path.stem}.pgm")
    example("synth", work, 1000, 50, "synthetic_")
    example("synth", work, 2000, 90, "fit_")


def ask(path, quality):
    settings = nbis.NbisExtractorSettings(min_quality=0.0, get_center=False, check_fingerprint=False,
                                          compute_nfiq2=quality, ppi=500.0)
    png = io.BytesIO()
    Image.open(path).save(png, "PNG")
    return nbis.new_nbis_extractor(settings).extract_minutiae(png.getvalue())


def oracle(work):
    """NFIQ 2's answers (None where it refuses) and mindtct's minutiae, kept beside the images."""
    kept = work / "nfiq2.json"
    if kept.exists():
        return json.loads(kept.read_text())
    answers = {}
    for path in sorted(work.glob("*.pgm")):
        lines = [f"{m.x()} {m.y()} {max(1, round(m.reliability() * 100))}\n" for m in ask(path, False).get()]
        path.with_suffix(".mindtct").write_text("".join(lines))
        try:
            found = ask(path, True).quality()
            answers[path.stem] = {"score": found.score, "features": {f.name: f.value for f in found.features}}
        except Exception as error:  # the binding's own error types
            print(f"NFIQ 2 refuses {path.stem}: {error}")
            answers[path.stem] = None
    kept.write_text(json.dumps(answers))
    return answers


def measure(work, extractor):
    found = {}
    for line in example("measure", work, extractor).splitlines():
        name, vote, score, reasons, *values = line.split("\t")
        if vote != "-":
            found[name] = (int(vote), int(score), reasons, np.array([float(v) for v in values]))
    return found


def compare(ours, answers):
    order = names()
    both = [n for n in sorted(ours) if answers[n] is not None and not n.startswith("fit_")]
    theirs = {n: np.array([answers[n]["features"][f] for f in order]) for n in both}
    broken = 0
    print(f"\nfeatures over {len(both)} images: images that differ, largest difference")
    for at, feature in enumerate(order):
        off = np.array([abs(ours[n][3][at] - theirs[n][at]) for n in both])
        if (off > 1e-9).any():
            print(f"  {feature:42} {(off > 1e-9).sum():4} {off.max():.6g}")
            broken += feature not in FOUR
    print(f"  of the {len(order) - 4} image features, {broken} differ anywhere")
    for label, which in (("forest's vote", 0), ("score (capped vote)", 1)):
        print(f"{label} against NFIQ 2: images, mean and largest difference, bias")
        groups = sorted({n.split("_")[0] for n in both})
        for group in [*groups, ""]:
            off = np.array([ours[n][which] - answers[n]["score"] for n in both if n.startswith(group)])
            print(f"  {group or 'all':12} {len(off):4} {abs(off).mean():6.2f} {abs(off).max():4} {off.mean():+.2f}")
        if which == 0:
            broken += abs(off).mean() > 3 or abs(off).max() > 10
    return broken


def fit(work, answers):
    """Straight lines by least absolute difference, for a few lower limits of quality."""
    places = [names().index(f) for f in FOUR]
    for quality in (0, 10, 15, 20, 25, 30, 35, 40):
        ours = measure(work, f"none:{quality}")
        both = [n for n in ours if n.startswith("fit_") and answers[n] is not None]
        line, spread = [], []
        for field, place, feature in zip(FIELDS, places, FOUR):
            x = np.array([ours[n][3][place] for n in both])
            y = np.array([answers[n]["features"][feature] for n in both])
            a, w = np.stack([np.ones(len(x)), x], 1), np.ones(len(x))
            for _ in range(10):
                b = np.linalg.lstsq(a * w[:, None], y * w, rcond=None)[0]
                rest = abs(a @ b - y)
                w = 1 / np.sqrt(np.maximum(rest, np.median(rest) + 1e-9))
            line.append(f"{field}: ({b[0]:.3f}, {b[1]:.3f})")
            spread.append(f"{rest.mean():.3f}")
        print(f"min_quality: {quality}, {', '.join(line)}; mean error {' '.join(spread)}")


def own_minutiae(program, names, work):
    (work / "own").mkdir(exist_ok=True)
    for name in names:
        command = [program, "bio", "minutiae", "--engine", "own", str(work / f"{name}.pgm")]
        told = json.loads(subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE).stdout)
        lines = [f"{m['x']} {m['y']} {m['quality']}\n" for m in told["minutiae"]]
        (work / "own" / f"{name}.min").write_text("".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", help="the sample data's folder")
    parser.add_argument("--keep", help="folder for images and NFIQ 2's answers")
    parser.add_argument("--minutiae", help="folder with NAME.min of another extractor")
    parser.add_argument("--rekam", help="the program: minutiae of our own extractor, by `PATH bio minutiae`")
    parser.add_argument("--extractor", default="nbis-bozorth3", help="name of the calibration to compare with")
    parser.add_argument("--fit", action="store_true", help="fit the calibration")
    parser.add_argument("--binary", help="a built example finger_quality, instead of cargo")
    args = parser.parse_args()
    if args.binary:
        CARGO[:] = [str(pathlib.Path(args.binary).resolve())]
    with tempfile.TemporaryDirectory() as temporary:
        work = pathlib.Path(args.keep or temporary).resolve()
        work.mkdir(parents=True, exist_ok=True)
        if not (work / "nfiq2.json").exists():
            collect(args.samples, work)
        answers = oracle(work)
        if args.rekam:
            args.minutiae, args.extractor = work / "own", "rekam-minutiae-1"
            own_minutiae(args.rekam, answers, work)
        for name in answers:
            source = pathlib.Path(args.minutiae) / f"{name}.min" if args.minutiae else work / f"{name}.mindtct"
            (work / f"{name}.min").write_text(source.read_text())
        if args.fit:
            fit(work, answers)
        sys.exit(1 if compare(measure(work, args.extractor), answers) else 0)


if __name__ == "__main__":
    main()
