#!/usr/bin/env python3
"""Condenses printed MuJoCo models into mujoco_models/NAME.txt.

The models are those of Gymnasium 1.3.0, its MJCF files half_cheetah.xml, hopper.xml and so on
(walker2d and pusher of version 4), compiled by MuJoCo 2.2.2 and printed with all digits that the
engine's printer gives: mj_printFormattedModel(model, "NAME.txt", "%.9g"). What only a renderer
reads is left out. Here a field is one line: its name in mjModel, then its numbers over all objects;
the names of objects of a kind are one line too, "-" for none. The last line counts the lines.

    cd tests/golden && python3 make_mujoco_models.py PRINTED/*.txt
"""
import pathlib
import re
import sys

DRAWN_SECTION = {"CAMERA", "LIGHT", "TEXTURE", "MATERIAL", "NUMERIC"}
DRAWN = re.compile(
    r"ncam|nlight|ntex|ntexdata|nmat|nnames|nuser_\w+|apirate|center|tendon_width"
    r"|\w+_(group|matid|rgba|user)"
)
# Memory, numbers for programs, keyframes that hold nothing; the total is in body_subtreemass.
OTHER = re.compile(r"MuJoCo|nbuffer|nstack|nnumeric\w*|nkey|totalmass")
# What the engine computes from the rest stands last: a difference is first seen at its cause.
DERIVED = re.compile(
    r"mean\w+|extent|body_i\w+|body_(subtree)?mass|\w+(invweight|length|M|acc)0|geom_rbound"
)
KIND = {"JOINT": "jnt"}


def condense(text):
    """Returns the lines of the condensed file."""
    fields = {}
    section = ""
    for line in text.splitlines():
        words = line.split()
        heading = re.fullmatch(r"([A-Z]+) \d+:", line)
        if heading:
            section = heading[1]
        if heading or not words or section in DRAWN_SECTION:
            continue
        key, values = words[0], words[1:]
        if key == "model":
            values = values[1:]
        elif key == "name":
            key, values = KIND.get(section, section.lower()) + "_names", values or ["-"]
        elif key == "path":
            continue
        elif re.fullmatch(r"\d+", key):  # of a tendon's path
            for name, value in zip(("wrap_type", "wrap_objid", "wrap_prm"), words):
                fields.setdefault(name, []).append(value)
            continue
        if not DRAWN.fullmatch(key) and not OTHER.fullmatch(key):
            fields.setdefault(key, []).extend(values)
    keys = sorted(fields, key=lambda key: bool(DERIVED.fullmatch(key)))
    lines = [" ".join([key, *fields[key]]) for key in keys]
    return [*lines, f"lines {len(lines)}"]


def main():
    folder = pathlib.Path(__file__).parent / "mujoco_models"
    folder.mkdir(exist_ok=True)
    for path in map(pathlib.Path, sys.argv[1:]):
        (folder / path.name).write_text("\n".join(condense(path.read_text())) + "\n")


if __name__ == "__main__":
    main()
