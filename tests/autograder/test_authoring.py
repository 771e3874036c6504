"""`anndl author check` finds each slip of an author, in one plain line that names the file and what to do."""

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from autograder.authoring import measures
from autograder.authoring.checklist import minima
from autograder.authoring.cli import author
from autograder.authoring.scaffold import RefusedName, plan, write
from autograder.catalogue import Catalogue

SMALL = Path(__file__).with_name("small_course")
CARD = "course/training/scaling.yaml"
ITEMS = "course/training/feature-scaling/items.yaml"
SOLUTION = "solutions/training/scaling.py"
STUB = "exercises/training/scaling.py"
REFERENCE = "reference/training/scaling.py"
FOLDER = "autograder/suites/training/scaling/"
SUITE, WRONG, FIGURE, PROOF = (FOLDER + name for name in ("test_scaling.py", "wrong.py", "figure.py", "proof.json"))
OUT_OF_DATE = "this record is out of date"


@pytest.fixture(autouse=True)
def few(monkeypatch):
    """Three seeds and ten foreign mistakes are enough to see that each kind of slip is found."""
    monkeypatch.setitem(minima(), "seeds", 3)
    monkeypatch.setattr(measures, "FOREIGN", 10)


@pytest.fixture(scope="module")
def proven(tmp_path_factory):
    """The small course with its record."""
    root = tmp_path_factory.mktemp("proven") / "course"
    shutil.copytree(SMALL, root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(minima(), "seeds", 3)
        patch.setattr(measures, "FOREIGN", 10)
        found = told(root, patch)
    assert found == [], "the small course itself is sound"
    return root


@pytest.fixture
def course(proven, tmp_path):
    """A copy of it that a test may spoil."""
    return shutil.copytree(proven, tmp_path / "course")


def run(root, patch, *arguments):
    patch.setenv("ANNDL_ROOT", str(root))
    return CliRunner().invoke(author, list(arguments))


def told(root, patch, *options):
    """Return every problem that the check tells, as `file:line: text`."""
    result = run(root, patch, "check", "--json", *options)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    lines = [p["text"] for e in json.loads(result.stdout) for c in e["checks"] for p in c["problems"]]
    assert result.exit_code == (1 if lines else 0)
    return lines


def change(root, file, before, after, count=1):
    path = root / file
    text = path.read_text(encoding="utf-8")
    assert before in text, f"{file} has changed: {before!r} is not in it"
    path.write_text(text.replace(before, after, count), encoding="utf-8")


def edit(file, before, after):
    return lambda root: change(root, file, before, after)


def remove(*files):
    return lambda root: [(root / file).unlink() for file in files]


def add(file, text):
    return lambda root: (root / file).write_text(text, encoding="utf-8")


def append(file, text):
    return lambda root: (root / file).write_text((root / file).read_text(encoding="utf-8") + text, encoding="utf-8")


def both(*slips):
    return lambda root: [slip(root) for slip in slips]


def fewer_misconceptions(root):
    """Two beliefs have no wrong version any more, and their statements stand in the chapter's file."""
    card = (root / CARD).read_text(encoding="utf-8")
    start, end = card.index("  scaling-per-example:"), card.index("  scaling-constant-feature:")
    (root / CARD).write_text(card[:start] + card[end:], encoding="utf-8")
    moved = "".join(line[2:] for line in card[start:end].splitlines(keepends=True))
    (root / "course/training/misconceptions.yaml").write_text(moved, encoding="utf-8")
    for one in ("scaling-per-example", "scaling-one-mean-for-all"):
        change(root, WRONG, f'"{one}"', '"scaling-by-the-variance"')


def fewer_items(root):
    text = (root / ITEMS).read_text(encoding="utf-8")
    (root / ITEMS).write_text(text[: text.rindex("- id:")], encoding="utf-8")


QUICK = {  # the slip, the file that is named, and what is said of it
    "a missing statement": (append(WRONG, '\n\n@misconception("scaling-unheard-of", replaces="fit")\ndef unheard(X):\n    return X[0], X[1]\n'), WRONG, r":27: there is no misconception scaling-unheard-of: write its statement on the card"),
    "a misspelt function on the card": (edit(CARD, "[fit, transform]", "[fit, transfrom]"), CARD, r"no function transfrom; is it misspelt"),
    "a misspelt field of a misconception": (edit(CARD, "why it fails", "why it fail"), CARD, r"unknown field; is why it fails meant"),
    "a misspelt field of the card": (edit(CARD, "minutes:", "minuts:"), CARD, r"unknown field; is minutes meant"),
    "an unsound value by hand": (both(edit(SOLUTION, "(array([3.0, 5.0]), array([2.0, 1.0]))", "(array([3.0, 5.0]), array([2.5, 1.0]))"), edit(STUB, "(array([3.0, 5.0]), array([2.0, 1.0]))", "(array([3.0, 5.0]), array([2.5, 1.0]))")), SOLUTION, r":28: `fit\(.*` is .* in the solution, not .*2\.5"),
    "a function without a worked example": (both(edit(SOLUTION, ">>> transform", "transform"), edit(STUB, ">>> transform", "transform")), SOLUTION, r":38: transform has no worked example"),
    "a stale stub": (edit(STUB, "one example per row", "an example per row"), STUB, r"run `anndl author sync`"),
    "a stale card line": (edit(CARD, "minutes: 15", "minutes: 25"), SOLUTION, r":1: the first line is not the card's"),
    "a missing figure": (remove(FIGURE), FIGURE, r"this file is missing"),
    "a missing suite": (remove(SUITE), SUITE, r"this file is missing"),
    "a right submission that fails": (edit(FOLDER + "right/loops.py", "(x - m) ** 2", "(x - m) ** 3"), FOLDER + "right/loops.py", r"test_\w+ fails"),
    "a wrong submission with a wrong expectation": (edit(FOLDER + "wrong/clipped.py", "none", "scaling-by-the-range"), FOLDER + "wrong/clipped.py", r":1: this is diagnosed as none"),
    "a wrong submission that expects what there is not": (edit(FOLDER + "wrong/clipped.py", "none", "scaling-by-hand"), FOLDER + "wrong/clipped.py", r":1: there is no misconception scaling-by-hand"),
    "a wrong submission without expectation": (edit(FOLDER + "wrong/clipped.py", "# expect: none", "# clipped"), FOLDER + "wrong/clipped.py", r":1: the first line is `# expect"),
    "something left to do": (edit(SUITE, "import numpy", "# TODO more\nimport numpy"), SUITE, r":3: still to do: # TODO more"),
    "an unexpected file": (add(FOLDER + "notes.txt", "later"), FOLDER + "notes.txt", r"nothing reads this file"),
    "another signature than the reference's": (edit(REFERENCE, "transform(X, mean, scale)", "transform(X, scale, mean)"), SOLUTION, r":38: transform\(X, mean, scale\) is transform\(X, scale, mean\) in the reference"),
    "too few misconceptions": (fewer_misconceptions, WRONG, r"5 different misconceptions, at least 6"),
    "too few right submissions": (remove(FOLDER + "right/loops.py"), FOLDER + "right", r"2 right submissions, at least 3"),
    "too few hints": (edit(CARD, '  - "`np.where', '#  - "`np.where'), CARD, r"hints"),
    "too few questions": (fewer_items, ITEMS, r"7 questions on feature-scaling, at least 8"),
    "a misconception that no question asks for": (edit(CARD, "    kind: code\n", ""), CARD, r"no question asks for scaling-constant-feature"),
    "an edit whose text is not there": (edit(WRONG, '"** 2).mean(axis=0)"', '"** 2).mean(0)"'), WRONG, r"scaling-divides-by-n-minus-one: .* occurs 0 times"),
    "a test with an unknown fixture": (edit(SUITE, "test_fit_by_hand(check, rng)", "test_fit_by_hand(check, rngs)"), SUITE, r"asks for rngs"),
    "a test without points": (edit(SUITE, "@points(1)\ndef test_there", "def test_there"), SUITE, r"has no @points"),
    "a replaced function that is none": (edit(WRONG, 'replaces="fit"', 'replaces="fitt"'), WRONG, r"the solution has no function fitt"),
    "a struck id that is none": (append(CARD, "strike: [scaling-fit-ignores-Y]\n"), CARD, r"strike: there is no general wrong version"),
    "an undeclared call between functions": (both(edit(SOLUTION, "return (X - mean) / scale", "fit(X)\n    return (X - mean) / scale"),), CARD, r"builds on: transform calls fit"),
    "a suite that breaks down": (edit(SUITE, "    X[:, 1] = 4.0", "    X[:, one] = 4.0"), SUITE, r"test_a_constant_feature_has_the_scale_one fails: .*one"),
    "a notebook that cannot be made": (both(append(SOLUTION, "\n\n### BEGIN SOLUTION\nLATE = 1\n### END SOLUTION\n"), append(STUB, "\n\n")), SOLUTION, r"the notebook cannot be made: .* every marked part stands in a function"),
    "Python that is none": (edit(SOLUTION, "mean = X.mean(axis=0)", "mean = X.mean(axis=0"), SOLUTION, r"never closed"),
    "YAML that is none": (edit(CARD, "minutes: 15", "minutes: [15"), CARD, r"no valid YAML"),
    "no record": (remove(PROOF), PROOF, r"this record is missing; run `anndl author check scaling`"),
}  # fmt: skip
SLOW = {
    "inputs that never change": (both(edit(SUITE, "    check.against_reference(scales, case(rng))\n    check.against_reference(scales, case(rng) / 100)", "    X = np.array([[1.0, 2.0, 7.0], [3.0, 8.0, 5.0]])\n    check.against_reference(scales, X)\n    check.against_reference(scales, X / 100)"),), SUITE, r":38: 20% of the points hang on inputs that are the same under every seed, at most 15%"),
    "a test that depends on the seed": (edit(SUITE, "    X[:, 1] = 4.0", "    X[:, 1] = 4.0 if X.size % 2 else X[:, 1]"), SUITE, r":\d+: test_a_constant_feature_has_the_scale_one fails scaling-constant-feature \([12] of 3 seeds\)"),
    "a form that is not caught": (append(WRONG, '\n\n@misconception("scaling-by-the-range", replaces="transform")\ndef harmless(X, mean, scale):\n    return X / scale - mean / scale\n'), WRONG, r"the wrong version scaling-by-the-range passes every test"),
    "a form that is taken for another": (append(WRONG, '\n\n@misconception("scaling-by-the-range", replaces="fit")\ndef range_of_none(X):\n    return X.mean(axis=0), X.std(axis=0)\n'), WRONG, r"scaling-by-the-range is taken for scaling-constant-feature|scaling-constant-feature is taken for"),
    "a general version that passes": (both(edit(SUITE, '    check.unchanged("transform", X, *numbers)\n', "")), CARD, r"scaling-transform-overwrites-x passes every test: add a test, or write `strike"),
    "a figure that fails on NaN": (edit(FIGURE, "        ax.scatter", "        int(scaled.sum())\n        ax.scatter"), FIGURE, r"the figure of NaN is not drawn"),
    "a change that no test notices": (remove(FOLDER + "equivalent.yaml"), SUITE, r"no test notices the change `fit: .*: add one, or argue in equivalent.yaml"),
    "state that no test sees": (edit(SUITE, '    check.against_reference("fit", X[::-1] * 2)  # of the same shape\n', ""), SUITE, r"no test notices the change `fit: a memo of fit looks at shapes only`"),
}  # fmt: skip


@pytest.mark.parametrize("name", QUICK)
def test_a_slip_is_told_in_one_line(name, course, monkeypatch):
    slip, file, text = QUICK[name]
    slip(course)
    lines = [line for line in told(course, monkeypatch, "--quick") if OUT_OF_DATE not in line]
    _one_line(lines, file, text)


@pytest.mark.slow
@pytest.mark.parametrize("name", SLOW)
def test_a_slip_that_takes_a_proof_is_told_in_one_line(name, course, monkeypatch):
    slip, file, text = SLOW[name]
    slip(course)
    _one_line(told(course, monkeypatch), file, text)


def _one_line(lines, file, text):
    fitting = [line for line in lines if re.search(text, line)]
    assert fitting, lines
    assert fitting[0].startswith(file), fitting[0]
    assert "\n" not in fitting[0]
    assert len(lines) == 1, lines


def test_several_slips_are_told_in_one_run(course, monkeypatch):
    for name in ("an unexpected file", "too few questions", "a wrong submission with a wrong expectation"):
        QUICK[name][0](course)
    assert len([line for line in told(course, monkeypatch, "--quick") if OUT_OF_DATE not in line]) == 3


def test_a_reference_may_be_missing_outside_the_kit(course, monkeypatch):
    (course / REFERENCE).unlink()
    lines = told(course, monkeypatch, "--quick")
    assert all(OUT_OF_DATE in line for line in lines), lines


def test_beside_the_kit_only_the_own_course_is_checked(course, monkeypatch):
    root = f"{course}:{Path(__file__).parents[2]}"
    result = run(root, monkeypatch, "check", "--quick", "--json")
    assert [entry["exercise"] for entry in json.loads(result.stdout)] == ["scaling"]
    assert json.loads(result.stdout)[0]["holds"], result.stdout


def test_an_unknown_name_is_wrong_use(course, monkeypatch):
    result = run(course, monkeypatch, "check", "skaling")
    assert result.exit_code == 2
    assert "skaling" in result.output


def test_the_list_is_read_by_people(course, monkeypatch):
    QUICK["an unexpected file"][0](course)
    output = run(course, monkeypatch, "check", "--quick").output
    assert "✗ and none is there that does not belong to it" in output
    assert f"      {FOLDER}notes.txt: nothing reads this file" in output
    assert "✓ its files are all there" in output


NEW = ("new", "training/rescale", "--title", "Rescaling", "--topic", "feature-scaling", "--function", "rescale(X, low=0.0, high=1.0)")  # fmt: skip


def test_a_new_exercise_has_all_its_files_and_the_check_lists_what_is_to_do(course, monkeypatch):
    assert run(course, monkeypatch, *NEW).exit_code == 0
    lines = told(course, monkeypatch, "rescale")
    assert len(lines) > 20
    assert all(": still to do: " in line for line in lines), [line for line in lines if "still to do" not in line]
    marked = sum(line.count("TODO") > 0 for path in course.rglob("*") if path.is_file() and "rescale" in str(path) and "exercises" not in str(path)
                 and path.suffix in (".py", ".yaml") for line in path.read_text().splitlines())  # fmt: skip
    assert len(lines) == marked


def test_a_new_exercise_takes_its_signatures_from_the_reference(course, monkeypatch):
    (course / "reference/training/rescale.py").write_text(
        "from torch import Tensor\n\n\ndef rescale(X: Tensor, low: float = 0.0) -> Tensor:\n    return X\n\n\ndef _part(x):\n    return x\n"
    )
    assert run(course, monkeypatch, *NEW[:6]).exit_code == 0
    assert "def rescale(X, low=0.0):" in (course / "solutions/training/rescale.py").read_text()
    assert "_part" not in (course / "solutions/training/rescale.py").read_text()


@pytest.mark.parametrize(
    ("place", "topic", "function", "text"),
    [
        ("training/scaling", "feature-scaling", "f(x)", "an exercise scaling already"),
        ("training/scal", "feature-scaling", "f(x)", "begins the name of scaling"),
        ("trainin/rescale", "feature-scaling", "f(x)", "no chapter 'trainin'"),
        ("training/rescale", "feature", "f(x)", "no topic 'feature'"),
        ("training/Rescale", "feature-scaling", "f(x)", "lower case"),
        ("training/lambda", "feature-scaling", "f(x)", "lower case"),
        ("training/rescale", "feature-scaling", "f(x", "no signature"),
        ("training/rescale", "feature-scaling", None, "does not exist yet"),
    ],
)
def test_what_cannot_be_begun_is_refused_with_a_reason(place, topic, function, text, course):
    with pytest.raises(RefusedName, match=re.escape(text)):
        plan(Catalogue(course), place, "Title", topic, [function] if function else [])


def test_nothing_that_is_there_is_overwritten(course):
    before = (course / ITEMS).read_text()
    begun = plan(Catalogue(course), "training/rescale", "Title", "feature-scaling", ["f(x)"])
    written = write(begun, course)
    assert (course / ITEMS).read_text() == before
    assert written
    assert write(begun, course) == []
