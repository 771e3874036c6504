"""Hand-ins from strangers: every refusal is one sentence, nothing raises, and nobody's broken zip stops the others."""

from __future__ import annotations

import json
import os
import random
import stat
import struct
import zipfile
from pathlib import Path

import pytest

from classroom.submissions import MEMBERS, MODULE_BYTES, TOTAL_BYTES, HandIn, hand_ins, strays, students

SOURCE = "def predict(w, x):\n    return 1\n"
EXERCISES = ("hebbian", "lstm")


def one(folder: Path) -> HandIn:
    """Return what was found of `hebbian`, of the only student there."""
    [found] = hand_ins(folder, ["hebbian"])
    return found


def zipped(
    folder: Path, members: dict[str, str | bytes], name: str = "ann.zip", method: int = zipfile.ZIP_DEFLATED
) -> Path:
    path = folder / name
    with zipfile.ZipFile(path, "w", method) as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return path


def special(folder: Path, kind: int) -> None:
    """Write a zip whose only member is a link, a device or the like."""
    info = zipfile.ZipInfo("hebbian.py")
    info.create_system, info.external_attr = 3, (kind | 0o777) << 16
    with zipfile.ZipFile(folder / "ann.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")


def test_a_module_may_lie_anywhere_and_may_begin_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "ann" / "week 1").mkdir(parents=True)
    (tmp_path / "ann" / "week 1" / "hebbian.py").write_text(SOURCE)
    zipped(tmp_path, {"x/hebbian.py": "\ufeff" + SOURCE, "__MACOSX/hebbian.py": "rubbish"}, "bob.ZIP")
    found = {(h.student, h.exercise): h for h in hand_ins(tmp_path, EXERCISES)}
    assert found["ann", "hebbian"].source == found["bob", "hebbian"].source == SOURCE
    assert found["ann", "lstm"].problem == "no lstm.py or lstm.ipynb was handed in"


def test_a_copy_of_the_same_file_is_fine_and_two_different_ones_are_not(tmp_path: Path) -> None:
    zipped(tmp_path, {"hebbian.py": SOURCE, "copy/hebbian.py": SOURCE})
    assert one(tmp_path).source == SOURCE
    zipped(tmp_path, {"hebbian.py": SOURCE, **{f"old{i}/hebbian.py": "" for i in range(900)}})
    problem = one(tmp_path).problem
    assert problem.startswith("901 different files could be hebbian:")
    assert len(problem) < 300


def test_two_hand_ins_of_one_student_are_neither_chosen_nor_doubled(tmp_path: Path) -> None:
    zipped(tmp_path, {"hebbian.py": SOURCE})
    (tmp_path / "ann").mkdir()
    (tmp_path / "ann" / "hebbian.py").write_text("def predict(w, x):\n    return -1\n")
    assert one(tmp_path) == HandIn(
        "ann", "hebbian", None, "ann and ann.zip are hand-ins of one student; keep the one that counts"
    )


def test_what_is_neither_folder_nor_zip_is_named(tmp_path: Path) -> None:
    (tmp_path / "ann.rar").write_text("")
    (tmp_path / ".DS_Store").write_text("")
    assert (list(students(tmp_path)), strays(tmp_path)) == ([], ["ann.rar"])
    with pytest.raises(NotADirectoryError):
        students(tmp_path / "ann.rar")


@pytest.mark.parametrize(
    "name",
    [
        "hebbian (1).py",
        "Hebbian.py",
        "HEBBIAN.PY",
        "hebbian-2.py",
        "copy of hebbian.py",
        "rossimario_123_45678_hebbian-1.py",
    ],
)
def test_what_systems_and_people_make_of_names(tmp_path: Path, name: str) -> None:
    zipped(tmp_path, {f"week 1/{name}": SOURCE})
    assert one(tmp_path).source == SOURCE


@pytest.mark.parametrize(
    "name", ["test_hebbian.py", "antihebbian.py", "hebbian.txt", "hebbian", "hebbianism.py", ".py"]
)
def test_names_of_something_else(tmp_path: Path, name: str) -> None:
    zipped(tmp_path, {name: SOURCE})
    assert one(tmp_path).missing


def test_the_longest_name_that_fits_is_meant(tmp_path: Path) -> None:
    zipped(tmp_path, {"bi_lstm.py": "B = 1", "lstm.py": "L = 1"})
    assert {h.exercise: h.source for h in hand_ins(tmp_path, ["lstm", "bi_lstm"])} == {
        "lstm": "L = 1",
        "bi_lstm": "B = 1",
    }


def test_the_kit_zipped_whole(tmp_path: Path) -> None:
    """The written module counts, not the stubs, tests and notebooks that came with it."""
    stub = "def predict(w, x):\n    raise NotImplementedError\n"
    kit = {
        "kit/course/stubs/learning/hebbian.py": stub,
        "kit/autograder/suites/learning/hebbian/test_hebbian.py": "x = 1",
        "kit/notebooks/hebbian.ipynb": "{}",
        "kit/exercises/learning/hebbian.py": SOURCE,
    }
    zipped(tmp_path, kit)
    assert one(tmp_path).source == SOURCE
    [found] = hand_ins(
        zipped(tmp_path, {"old/hebbian.py": stub + "\n", "hebbian (2).py": SOURCE}).parent,
        ["hebbian"],
        {"hebbian": stub},
    )
    assert found.source == SOURCE
    [found] = hand_ins(zipped(tmp_path, {"exercises/hebbian.py": stub}).parent, ["hebbian"], {"hebbian": stub})
    assert found.source == stub


def test_notebooks_and_what_is_left_of_them(tmp_path: Path) -> None:
    whole = json.dumps(
        {
            "cells": [{"cell_type": "code", "source": [SOURCE], "metadata": {}, "outputs": []}],
            "metadata": {},
            "nbformat": 4,
            "nbformat_minor": 5,
        }
    )
    for text in (whole, whole[:-40], "<<<<<<< a\n" + whole + "\n=======\n" + whole + "\n>>>>>>> b\n"):
        zipped(tmp_path, {"hebbian.ipynb": text})
        assert (one(tmp_path).cells, one(tmp_path).problem) == ((SOURCE,), "")
    for text in ("", "[" * 100_000, "{}", "[1]", '{"cells": 7}', '"'):
        zipped(tmp_path, {"hebbian.ipynb": text})
        assert one(tmp_path).problem.startswith("hebbian.ipynb is"), text
        assert not one(tmp_path).missing


@pytest.mark.parametrize(
    "name", ["../hebbian.py", "/hebbian.py", "a/../../hebbian.py", "C:/hebbian.py", "..\\hebbian.py"]
)
def test_names_that_lead_out_of_the_folder(tmp_path: Path, name: str) -> None:
    zipped(tmp_path, {"hebbian.py": SOURCE, name: "x"})
    assert "leads out of its folder" in one(tmp_path).problem


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO, stat.S_IFSOCK])
def test_links_and_devices_in_a_zip(tmp_path: Path, kind: int) -> None:
    special(tmp_path, kind)
    assert "is a link or a device" in one(tmp_path).problem


def test_links_pipes_and_hard_links_in_a_folder(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "hebbian.py").write_text("SECRET = 1")
    hand_ins_folder = tmp_path / "class"
    for student in ("file-link", "folder-link", "hard", "pipe"):
        (hand_ins_folder / student).mkdir(parents=True)
    (hand_ins_folder / "file-link" / "hebbian.py").symlink_to(secret / "hebbian.py")
    (hand_ins_folder / "folder-link" / "week").symlink_to(secret)
    os.link(secret / "hebbian.py", hand_ins_folder / "hard" / "hebbian.py")
    os.mkfifo(hand_ins_folder / "pipe" / "hebbian.py")
    os.mkfifo(hand_ins_folder / "zip-pipe.zip")
    (hand_ins_folder / "zip-link.zip").symlink_to(zipped(secret, {"hebbian.py": SOURCE}))
    (hand_ins_folder / "whole-link").symlink_to(secret)
    (hand_ins_folder / "dangling").symlink_to(tmp_path / "nowhere")
    problems = {h.student: h.problem for h in hand_ins(hand_ins_folder, ["hebbian"]) if h.source is None}
    assert problems == {
        "dangling": "dangling is a link or a device, not a file",
        "file-link": "hebbian.py is a link or a device, not a file",
        "folder-link": "no hebbian.py or hebbian.ipynb was handed in",
        "hard": "hebbian.py is a hard link to another file",
        "pipe": "hebbian.py is a link or a device, not a file",
        "whole-link": "whole-link is a link, not a folder",
        "zip-link": "zip-link.zip is a link or a device, not a file",
        "zip-pipe": "zip-pipe.zip is a link or a device, not a file",
    }


def test_bombs_are_bounded(tmp_path: Path) -> None:
    zipped(tmp_path, {"hebbian.py": b"#" * (64 << 20)})
    assert "larger than the" in one(tmp_path).problem
    zipped(tmp_path, {f"{i}/hebbian.py": b"#" * (MODULE_BYTES - 1) for i in range(70)})
    assert f"more than {TOTAL_BYTES:,} bytes together" in one(tmp_path).problem
    zipped(tmp_path, {f"{i}.txt": "" for i in range(MEMBERS + 1)})
    assert "more than 2,000 files" in one(tmp_path).problem
    with open(tmp_path / "ann.zip", "r+b") as file:
        file.truncate(TOTAL_BYTES + 1)
    assert "a hand-in may have" in one(tmp_path).problem


def test_a_folder_of_too_much(tmp_path: Path) -> None:
    (tmp_path / "ann").mkdir()
    for i in range(MEMBERS + 1):
        (tmp_path / "ann" / str(i)).mkdir()
    assert "more than 2,000 files" in one(tmp_path).problem


def test_a_stated_size_is_not_believed(tmp_path: Path) -> None:
    path = zipped(tmp_path, {"hebbian.py": b"#" * (4 << 20)})
    content = bytearray(path.read_bytes())
    directory = content.rindex(b"PK\1\2")
    struct.pack_into("<I", content, directory + 24, 10)  # the uncompressed size, in the table of contents
    path.write_bytes(content)
    assert one(tmp_path).source is None


def test_nested_encrypted_and_oddly_packed(tmp_path: Path) -> None:
    inner = zipped(tmp_path, {"hebbian.py": SOURCE}, "inner.zip").read_bytes()
    (tmp_path / "inner.zip").unlink()
    zipped(tmp_path, {"inner.zip": inner})
    assert one(tmp_path).problem == "no hebbian.py or hebbian.ipynb was handed in"
    path = zipped(tmp_path, {"hebbian.py": SOURCE}, method=zipfile.ZIP_LZMA)
    assert "packed by a method other than deflate" in one(tmp_path).problem
    content = bytearray(zipped(tmp_path, {"hebbian.py": SOURCE}).read_bytes())
    content[content.rindex(b"PK\1\2") + 8] |= 1
    path.write_bytes(content)
    assert one(tmp_path).problem == "hebbian.py is encrypted"


def test_a_name_that_occurs_twice_in_a_zip(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "ann.zip", "w") as archive:
        archive.writestr("hebbian.py", SOURCE)
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("hebbian.py", "other")
    assert "twice" in one(tmp_path).problem


def test_text_that_is_none(tmp_path: Path) -> None:
    zipped(tmp_path, {"hebbian.py": b"x = '\xe9'\n"})
    assert one(tmp_path).problem == "hebbian.py is no UTF-8 text (byte 5)"


def test_names_that_nobody_should_have(tmp_path: Path) -> None:
    names = [
        b"J\xc3\xb6rg \xe6\x9d\x8e",
        b"\xff\xfe bytes",
        b"\x1b[31mred",
        b"line\nbreak",
        b"=1+1",
        b"[red]",
        b"\xe2\x80\xaeback",
    ]
    for name in names:
        folder = os.fsencode(tmp_path) + b"/" + name
        os.mkdir(folder)
        with open(folder + b"/hebbian.py", "w") as file:
            file.write(SOURCE)
    found = [h.student for h in hand_ins(tmp_path, ["hebbian"])]
    assert len(set(found)) == len(names)
    assert "Jörg 李" in found
    assert all(name.isprintable() and name.encode() for name in found)


def _damaged(content: bytes, dice: random.Random) -> bytes:
    """Return a zip with some bytes changed, moved, doubled or cut off; most of it where the format's fields are."""
    data = bytearray(content)
    for _ in range(dice.randint(1, 6)):
        if not data:
            break
        at = dice.randrange(len(data))
        if dice.random() < 0.6:
            starts = [
                i
                for mark in (b"PK\1\2", b"PK\3\4", b"PK\5\6")
                if (i := data.find(mark, dice.randrange(len(data)))) >= 0
            ]
            at = min(len(data) - 1, dice.choice(starts or [at]) + dice.randrange(46))
        kind = dice.randrange(5)
        if kind == 0:
            data[at] ^= 1 << dice.randrange(8)
        elif kind == 1:
            data[at] = dice.choice((0, 1, 0x7F, 0x80, 0xFF))
        elif kind == 2:
            data[at : at + 4] = dice.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f", dice.randbytes(4)))
        elif kind == 3:
            del data[at : at + dice.randint(1, 40)]
        else:
            data[at:at] = data[dice.randrange(len(data)) :][: dice.randint(1, 60)]
    return bytes(data)


def test_four_thousand_damaged_archives(tmp_path: Path) -> None:
    dice = random.Random(20)
    seeds = [
        zipped(tmp_path, {"hebbian.py": SOURCE, "a/lstm.py": SOURCE * 40}, method=method).read_bytes()
        for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
    ]
    with open(tmp_path / "ann.zip", "wb") as raw, zipfile.ZipFile(raw, "w") as archive:
        with archive.open("hebbian.py", "w", force_zip64=True) as file:
            file.write(SOURCE.encode())
        archive.comment = b"PK\5\6 a comment that looks like an end"
    seeds.append((tmp_path / "ann.zip").read_bytes())
    whole = broken = 0
    for _ in range(4000):
        (tmp_path / "ann.zip").write_bytes(_damaged(dice.choice(seeds), dice))
        found = list(hand_ins(tmp_path, EXERCISES))
        assert [h.exercise for h in found] == list(EXERCISES)
        for hand_in in found:
            assert (hand_in.source is None) == bool(hand_in.problem)
            assert len(hand_in.problem) < 400
            assert hand_in.problem.isprintable()
        whole += found[0].source == SOURCE
        broken += found[0].source is None
    assert whole > 100, "the fuzzer must also leave archives readable"
    assert broken > 1000
    assert [path.name for path in tmp_path.iterdir()] == ["ann.zip"], "nothing is unpacked to disk"
