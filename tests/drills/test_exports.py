"""Exports read back by parsers that are not ours: gift-pegjs (npm), text2qti, SQLite for Anki, ElementTree for Moodle."""

import io
import json
import re
import shutil
import sqlite3
import subprocess
import zipfile
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as Xml

import pytest
import yaml

from drills.bank import load_bank
from drills.exports import SUFFIXES, export
from drills.exports.gift import to_gift
from drills.exports.html import html
from drills.exports.importing import TO_WRITE, from_gift
from drills.exports.plain import from_json, to_json
from drills.exports.portable import portable
from drills.exports.qti import to_text
from drills.generators import load_generators
from drills.items import from_data
from drills.marking import key_number

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "questions.md"
NASTY = from_data({
    "id": "nasty", "type": "single choice", "topic": "activations", "difficulty": 1, "source": "a textbook",
    "stem": r"With $\nabla_\theta J \neq \frac{a}{b}$ & a < b: is {x} = #1 ~ \$5 of `f(x) -> y`?",
    "key": r"$\{a\} \to \tilde{x}$ = yes", "because": "Since **this** holds: a = b # c {d}.",
    "distractors": {r"$\neg a$": {"because": r"No: $\nu < 3$."}, "~no": {"because": "As a # b = c."}},
})  # fmt: skip


@cache
def items() -> list:
    """The guide's examples (every type), a nasty one, the bank of this course and an item of each generator."""
    blocks = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S)
    guide = [from_data({"topic": "activations", **entry}) for block in blocks for entry in yaml.safe_load(block)]
    bank = [item for item in load_bank(ROOT).items.values() if item.id not in {example.id for example in guide}]
    return [*guide, NASTY, *bank, *(family(1) for family in load_generators().values())]


def questions() -> list:
    return [question for item in items() for question in portable(item)]


def plain(text: str) -> str:
    """A text without the differences that do not matter."""
    return " ".join(text.split())


@pytest.mark.parametrize("form", SUFFIXES)
def test_every_item_can_be_exported_in_every_form(form):
    assert len(export(items(), form)) > 1000


def test_an_unknown_form_is_told():
    with pytest.raises(KeyError, match="gift, moodle"):
        export([], "docx")


def test_json_loses_nothing():
    assert from_json(to_json(items())) == items()


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "no JSON"), ("[]", "anndl_items"), ('{"anndl_items": 1, "items": [{"id": "x"}]}', "item 1 x: type"),
     ('{"anndl_items": 1, "items": [7]}', "item 1")],
)  # fmt: skip
def test_bad_json_is_told(text, said):
    with pytest.raises(ValueError, match=said):
        from_json(text)


def test_html_keeps_formulas_and_escapes_the_rest():
    assert html(r"a < b & $x < \frac{1}{2}$, `c<d>`, **e**, \$5") == (
        r"a &lt; b &amp; \(x &lt; \frac{1}{2}\), <code>c&lt;d&gt;</code>, <b>e</b>, $5"
    )
    assert html("one\n\n```\ncode <x>\n```\ntwo") == "<p>one</p><pre>code &lt;x&gt;</pre><p>two</p>"


def test_gift_comes_back_through_our_own_import():
    imported = from_gift(to_gift(items()), "activations", "a file")
    assert all("essay" in problem for problem in imported.problems), imported.problems
    back = {item.id: item for item in imported.items}
    for item in items():
        again = back.get(item.id.replace("@", "-"))
        if item.type in ("single choice", "multiple choice"):
            assert again.stem == plain(item.stem) or "```" in item.stem
            assert again.key == item.key
            assert {t: w.because for t, w in again.distractors.items()} == {
                t: w.because for t, w in item.distractors.items()
            }
        if item.type == "numeric":
            assert key_number(again) == pytest.approx(key_number(item), abs=1e-11)
            assert len(again.wrong_values) == len({f"{v:.12f}" for v in again_values(item)})
        if item.type == "true/false":
            assert again.key == item.key
            if item.distractors:
                assert again.justification == item.justification
            assert {t: (w.because, w.argues) for t, w in again.distractors.items()} == {
                t: (w.because, w.argues) for t, w in item.distractors.items()
            }
        if item.type == "matching":
            assert again.key == item.key
            assert set(again.distractors) == set(item.distractors)
    assert back["nasty"].stem == NASTY.stem


def again_values(item) -> list[float]:
    from drills.expressions import evaluate

    return [float(evaluate(expression)) for expression in item.wrong_values]


def test_gift_written_elsewhere():
    text = """
// a comment
$CATEGORY: networks

What is 2+2? {=4 ~5#No, 4. ~3}

::Moon:: [html]Is <b>the moon</b> of cheese, $$x_1$$? {FALSE#It is rock.####Said everybody.}

Pi? {#3.1415:0.0005}

Between? {#2.9..3.1}

Several {~%50%a ~%50%b ~%-100%c#no c}

Match {=a -> 1 =b -> 2 =c -> 3 = -> 4}

Why? {}

Grant is {~buried =entombed ~living} in the tomb.

Name? {=Ada =Augusta}
"""
    found = from_gift(text, "activations", "elsewhere.gift")
    kinds = [item.type for item in found.items]
    assert kinds == [
        "single choice",
        "true/false",
        "numeric",
        "numeric",
        "multiple choice",
        "matching",
        "single choice",
    ]
    assert [problem[:11] for problem in found.problems] == ["question 7:", "question 9:"]
    four, moon, pi, between, several, match, grant = found.items
    assert (four.key, four.distractors["5"].because, four.distractors["3"].because) == ("4", "No, 4.", TO_WRITE)
    assert (moon.id, moon.stem, moon.justification, moon.because) == (
        "moon",
        "Is **the moon** of cheese, $x_1$?",
        "It is rock.",
        "Said everybody.",
    )
    assert (key_number(pi), pi.tolerance.absolute) == (3.1415, 0.0005)
    assert (key_number(between), between.tolerance.absolute) == (3.0, pytest.approx(0.1))
    assert set(several.key) == {"a", "b"}
    assert match.key == {"a": "1", "b": "2", "c": "3"}
    assert "_____ in the tomb" in grant.stem


@pytest.mark.slow
def test_gift_by_an_independent_parser(tmp_path):
    npm = shutil.which("npm")
    assert npm, "install npm to run the slow tests"
    subprocess.run(
        [npm, "install", "--silent", "--prefix", tmp_path, "gift-pegjs@1.0.2"], check=True, capture_output=True
    )
    file = tmp_path / "bank.gift"
    file.write_text(to_gift(items()), encoding="utf-8")
    shutil.copy(ROOT / "tests" / "drills" / "check_gift.js", tmp_path / "check.js")
    parsed = json.loads(subprocess.check_output(["node", tmp_path / "check.js", file], text=True))
    found = {question["id"]: question for question in parsed if question["type"] != "Category"}
    kinds = {"Choice": "MC", "Truth": "TF", "Number": "Numerical", "Pairs": "Matching", "Essay": "Essay"}
    for question in questions():
        read = found[question.id]
        assert read["type"] == kinds[type(question).__name__]
        assert plain(read["stem"]["text"]) == plain(html(question.text)), "formulas and code as they were"
        assert plain(read["globalFeedback"]["text"]) == plain(html(question.because))
        if read["type"] == "MC":
            assert [plain(c["text"]["text"]) for c in read["choices"]] == [
                plain(html(o.text)) for o in question.options
            ]
            assert [plain(c["feedback"]["text"]) for c in read["choices"]] == [
                plain(html(o.because)) for o in question.options
            ]
        if read["type"] == "Numerical":
            assert read["choices"][0]["text"]["number"] == pytest.approx(question.value, abs=1e-11)
            assert len(read["choices"]) == 1 + len(question.wrong)
        if read["type"] == "Matching":
            assert len(read["matchPairs"]) == len(question.pairs) + len(question.extra)
    assert len(found) == len(questions())


def test_moodle_xml():
    root = Xml.fromstring(export(items(), "moodle"))
    found = {q.findtext("idnumber"): q for q in root.iter("question") if q.get("type") != "category"}
    assert len(found) == len(questions())
    for question in questions():
        read = found[question.id]
        assert read.findtext("questiontext/text") == html(question.text)
        shares = [float(answer.get("fraction")) for answer in read.findall("answer")]
        if read.get("type") == "multichoice":
            positive = [share for share in shares if share > 0]
            if read.findtext("single") == "true":  # the right value for a wrong reason is worth half
                assert shares.count(100) == 1
                assert set(positive) <= {100, 50}
            else:
                assert sum(positive) == pytest.approx(100, abs=0.01)
            assert all(answer.findtext("feedback/text") for answer in read.findall("answer"))
        if read.get("type") in ("numerical", "truefalse"):
            assert shares.count(100) == 1
    categories = {c.findtext("category/text") for c in root.iter("question") if c.get("type") == "category"}
    assert "$course$/anndl/activations" in categories


def test_anki(tmp_path):
    with zipfile.ZipFile(io.BytesIO(export(items(), "anki"))) as package:
        name = next(n for n in package.namelist() if n.startswith("collection.anki2"))
        (tmp_path / "collection").write_bytes(package.read(name))
    collection = sqlite3.connect(tmp_path / "collection")
    notes = {
        fields.split("\x1f")[5]: (fields.split("\x1f"), guid)
        for fields, guid in collection.execute("SELECT flds, guid FROM notes")
    }
    assert len(notes) == len(questions())
    assert collection.execute("SELECT count(*) FROM cards").fetchone()[0] == len(notes)
    for question in questions():
        fields, _ = notes[question.id]
        assert fields[0] == html(question.text)
        assert html(question.because) in fields[3]
    nasty, guid = notes["nasty"]
    assert r"\(\nabla_\theta J \neq \frac{a}{b}\)" in nasty[0]
    assert nasty[2] == r"\(\{a\} \to \tilde{x}\) = yes"
    with zipfile.ZipFile(io.BytesIO(export([NASTY], "anki"))) as package:
        name = next(n for n in package.namelist() if n.startswith("collection.anki2"))
        (tmp_path / "again").write_bytes(package.read(name))
    assert sqlite3.connect(tmp_path / "again").execute("SELECT guid FROM notes").fetchone()[0] == guid, (
        "an import updates"
    )


def test_qti():
    package = zipfile.ZipFile(io.BytesIO(export(items(), "qti")))
    assert "imsmanifest.xml" in package.namelist()
    assessment = next(n for n in package.namelist() if n.endswith(".xml") and "meta" not in n and "manifest" not in n)
    text = package.read(assessment).decode()
    root = Xml.fromstring(text)
    space = {"q": root.tag.partition("}")[0][1:]}
    found = {item.get("title"): item for item in root.iterfind(".//q:item", space)}
    expected = re.findall(r"^Title: (.+)$", to_text(items(), "t"), re.M)
    assert set(found) == set(expected)
    assert len(expected) >= len(questions())
    single = [item for item in items() if item.type == "single choice"]
    for item in single:
        right = found[item.id].find(".//q:respcondition[q:setvar]", space)
        choices = found[item.id].findall(".//q:response_label", space)
        assert len(choices) == 1 + len(item.distractors)
        assert right is not None
    assert r"\nabla_\theta J \neq \frac{a}{b}" in Xml.tostring(found["nasty"], encoding="unicode").replace("&amp;", "&")


@pytest.mark.parametrize(
    ("key", "tolerance", "line"),
    [("14", 0, "=   14"), ("1 / 4", 0.01, "=   [0.24, 0.26]"), ("0.005 + 0", 0.01, "=   [0.0001, 0.015]"),
     ("-0.005 - 0", 0.01, "=   [-0.015, -0.0001]"),
     ("0 * 1", 0.01, "____"), ("0 * 1", 0, "____"), ("0.00123456 * 1", 0.000001, "____")],
)  # fmt: skip
def test_numbers_in_qti(key, tolerance, line):
    """text2qti refuses numbers near zero and writes four decimals."""
    data = {"id": "n", "type": "numeric", "topic": "t", "difficulty": 1, "source": "a textbook", "stem": "How many?", "unit": "apples",
            "key": {"compute": key}, "because": "By computing it.", "tolerance": {"absolute": tolerance}}  # fmt: skip
    assert to_text([from_data(data)], "t").strip().splitlines()[-1] == line
    assert export([from_data(data)], "qti")
