"""The rules of item writing that a program can check. `anndl bank lint` runs them over the bank and the generators."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

from autograder.paths import find_root
from autograder.yamlfile import CourseError
from drills import cues, likeness, notation, wording
from drills.answers import AnswerError, shape
from drills.bank import Bank, Problem, shortened
from drills.expressions import ExpressionError, evaluate, is_bare_number
from drills.generators import load_generators
from drills.items import (
    Item,
    LayerTable,
    MultipleChoice,
    Numeric,
    Open,
    SingleChoice,
    TrueFalse,
    wrongs,
)
from drills.marking import computed, predicted_shape
from drills.mathtext import not_printable
from drills.networks import blank_cells, solution
from drills.texts import formulas, normal, texts, unbalanced

OPTIONS = {"single choice": (3, 4), "multiple choice": (4, 6), "true/false": (4, 6)}
FAMILY = "@"  # before a family's name in course/alike.yaml
ONE_OF_A_FAMILY = 0.5  # likeness of a numeric item with a family's from which on it is one of them
SHORTEST_EXPLANATION = 12
COLLECTIVE = re.compile(
    r"\b(all|none|both|neither|any)\b.{0,12}\b(above|below|these|those|options|answers)\b|^both [a-d]\b"
)
NEGATIVE = re.compile(
    r"\bNOT\b|\bEXCEPT\b|\bexcept\b|\b[Ww]h(ich|at)\b[^.?]*\b(is|are|does|do|can|will|has|have)\s+(\*\*)?not\b"
    r"|\b[Ww]hich\b[^.?]*\b(false|wrong|incorrect|untrue)\b"
)
JUDGEMENT = re.compile(r"^(wrong|incorrect|correct|right|false|true|no|yes)\s*[!.,:]", re.I)


def lint(bank: Bank) -> list[Problem]:
    """Everything that is wrong with the bank, sorted by file and line; empty when it may be used."""
    found = list(bank.problems)
    for item in bank.items.values():
        place = bank.places[item.id]
        file = shortened(place.file, bank.catalogue.root)
        found += [Problem(file, place.line, message, item.id) for message in check(item)]
    found += [*_same_stems(bank), *_alike(bank), *_cues(bank), *_notation(bank), *_few_items(bank), *_exercises(bank)]
    return sorted(found)


def lint_generators(seeds: int) -> list[Problem]:
    """What is wrong with the first `seeds` items of each family."""
    found = []
    table = notation.load_table(find_root())
    for family in load_generators().values():
        for seed in range(seeds):
            try:
                item = family(seed)
                messages = [*check(item, generated=True), *notation.unknown(item, table)]
            except Exception as error:  # a family that fails for one seed must be named with that seed
                messages = [f"{type(error).__name__}: {error}"]
            found += [Problem("drills/generators", 0, message, f"{family.id}@{seed}") for message in messages]
    return found


def check(item: Item, generated: bool = False) -> Iterator[str]:
    """What is wrong with one item."""
    yield from _texts_are_clean(item)
    yield from _explanations(item)
    if not isinstance(item, Open) and item.stem.count("?") > 1:
        yield "the stem asks more than one question"
    if isinstance(item, SingleChoice | MultipleChoice | TrueFalse):
        yield from _options(item)
    if isinstance(item, TrueFalse) and item.distractors:
        yield from _sides(item)
    if isinstance(item, Numeric):
        yield from _numeric(item, generated)
    if isinstance(item, LayerTable):
        yield from _layer_table(item)


def option_texts(item: SingleChoice | MultipleChoice | TrueFalse) -> list[str]:
    """All options of an item, the right ones first."""
    match item:
        case SingleChoice():
            return [item.key, *item.distractors]
        case MultipleChoice():
            return [*item.key, *item.distractors]
        case TrueFalse():
            return [item.justification, *item.distractors] if item.distractors else []


def _texts_are_clean(item: Item) -> Iterator[str]:
    for text in texts(item):
        start = text[:40]
        yield from wording.foreign(text)
        if unbalanced(text):
            yield f"a $ without its partner (write \\$ for a dollar): '{start}'"
            continue
        if any(character < " " and character != "\n" for character in text):
            yield f"a control character, perhaps \\t or \\f of a LaTeX command in double quotes: '{start!r}'"
        for formula in formulas(text):
            if "\n" in formula:
                yield f"a line break in a formula, perhaps \\n of a LaTeX command in double quotes: '{formula!r}'"
            elif error := not_printable(formula):
                yield f"the formula ${formula}$ cannot be printed: {error}"


def _explanations(item: Item) -> Iterator[str]:
    explanations = [item.because, *(wrong.because for _, wrong in wrongs(item))]
    for text in explanations:
        if len(text) < SHORTEST_EXPLANATION:
            yield f"too short to explain anything: '{text}'"
        elif text != item.because and wording.only_names(text):
            yield f"an explanation that only names; say why, in {wording.LEAST_WORDS} words at least: '{text}'"
        if JUDGEMENT.match(text):
            yield f"an explanation teaches instead of judging: '{text[:40]}'"
    if isinstance(item, LayerTable):  # the same mistake has the same explanation in every row
        return
    for text in {text for text in explanations if explanations.count(text) > 1}:
        yield f"each wrong answer needs an explanation of its own; this one occurs twice: '{text[:40]}'"


def _options(item: SingleChoice | MultipleChoice | TrueFalse) -> Iterator[str]:
    options = option_texts(item)
    least, most = OPTIONS[item.type]
    if options and not least <= len(options) <= most:
        yield f"{len(options)} options; {item.type} has {least} to {most}"
    seen: dict[str, str] = {}
    for option in options:
        if (twin := seen.setdefault(normal(option), option)) != option:
            yield f"two options say the same: '{twin}' and '{option}'"
        if COLLECTIVE.search(option.lower()):
            yield f"an option that refers to the others: '{option}'"
    if NEGATIVE.search(item.stem) and not isinstance(item, TrueFalse):
        yield "the stem asks in the negative"


def _sides(item: TrueFalse) -> Iterator[str]:
    """The justifications must not tell which value is right: as many argue for the one as for the other."""
    if unsided := [text for text, why in item.distractors.items() if why.argues is None]:
        yield f"say with `argues: true` or `argues: false` for which value it argues: '{unsided[0]}'"
        return
    own, other = len(item.side(item.key)), len(item.side(not item.key))
    if own != other:
        yield f"{own} justifications argue for {item.key} and {other} for {not item.key}; it must be as many"


def _numeric(item: Numeric, generated: bool) -> Iterator[str]:
    try:
        key = float(evaluate(item.key.compute))
    except (ExpressionError, TypeError, ValueError) as error:
        yield f"the key cannot be computed: {error}"
        return
    if not generated and is_bare_number(item.key.compute):
        yield "the key is typed; write how it is computed"
    exact = item.tolerance.absolute == item.tolerance.relative == 0
    if exact and not key.is_integer():
        yield f"the key {key:.6g} is not whole: state a tolerance"
    taken = {"the key": key}
    for expression in item.wrong_values:
        try:
            value = float(evaluate(expression))
        except (ExpressionError, TypeError, ValueError) as error:
            yield f"a wrong value cannot be computed: {error}"
            continue
        for name, other in taken.items():
            if item.tolerance.covers(value, other):
                yield f"the wrong value '{expression}' = {value:.6g} equals {name}"
        taken[f"'{expression}'"] = value


def _layer_table(item: LayerTable) -> Iterator[str]:
    try:
        right, blanks = solution(item), blank_cells(item)
    except ValueError as error:
        yield str(error)
        return
    for cell, values in item.wrong_values.items():
        if cell not in blanks or cell.endswith(".formula"):
            yield f"wrong values are given for '{cell}', which is no blank for a shape or a number"
            continue
        for value in values:
            try:
                same = (
                    predicted_shape(value) == shape(right[cell])
                    if cell.endswith(".output")
                    else computed(value) == float(right[cell])
                )
            except (ExpressionError, AnswerError, TypeError, ValueError) as error:
                yield f"the wrong value '{value}' of {cell} cannot be read: {error}"
                continue
            if same:
                yield f"the wrong value '{value}' of {cell} is right"


def _verbatim(item: Item) -> str:
    """What an item asks, word for word; "Which statement holds?" may be asked twice, with another key."""
    return normal(f"{item.stem} {getattr(item, 'code', '')} {getattr(item, 'key', '')}")


def _same_stems(bank: Bank) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for item in bank.items.values():
        first = seen.setdefault(_verbatim(item), item.id)
        if first != item.id:
            yield _at(bank, item, f"asks the same as {first}")


def _cues(bank: Bank) -> Iterator[Problem]:
    """What gives keys away, by chapters; statements, of which a chapter has few, over the whole bank."""
    chapters: dict[tuple[Path, str], list[Item]] = defaultdict(list)
    for item in bank.items.values():
        folder = bank.places[item.id].file.parent.parent
        chapters[folder, folder.name].append(item)
    for (folder, chapter), items in chapters.items():
        place = shortened(folder, bank.catalogue.root)
        yield from (Problem(place, 0, message) for message in cues.in_chapter(chapter, items))
    statements = [item for item in bank.items.values() if isinstance(item, TrueFalse)]
    yield from (Problem("course", 0, message) for message in cues.in_statements(statements))


def _alike(bank: Bank) -> Iterator[Problem]:
    """Pairs of items that ask the same in other words, but for those that are argued."""
    try:
        argued = _argued(bank)
    except CourseError as error:
        yield Problem(shortened(error.path, bank.catalogue.root), error.line or 1, error.message)
        return
    for names in argued:
        if gone := sorted(name for name in names if not name.startswith(FAMILY) and name not in bank.items):
            yield Problem(f"course/{likeness.FILE}", 0, f"there is no item {gone[0]}")
    for pair in likeness.twins(bank.items.values()):
        same = _verbatim(bank.items[pair.one]) == _verbatim(bank.items[pair.other])  # said already
        if not same and not any({pair.one, pair.other} <= names for names in argued):
            yield _at(bank, bank.items[pair.other], f"asks much the same as {pair.one} ({pair.likeness:.2f}); ask "
                      f"something else, or argue in course/{likeness.FILE} why both are needed")  # fmt: skip


def lint_instances(bank: Bank) -> list[Problem]:
    """Numeric items that are one instance of a family of the generators, but for those that are argued."""
    argued = _argued(bank)
    written = {item.id: likeness.asked(item) for item in bank.items.values() if isinstance(item, Numeric)}
    made = {FAMILY + family.id: likeness.asked(family(0)) for family in load_generators().values()}
    found = []
    for pair in likeness.alike({**written, **made}, ONE_OF_A_FAMILY):
        item, family = sorted((pair.one, pair.other), key=lambda name: name.startswith(FAMILY))
        mixed = family.startswith(FAMILY) and not item.startswith(FAMILY)
        if mixed and not any({item, family} <= names for names in argued):
            message = f"is one instance of the family {family[1:]} ({pair.likeness:.2f}), which asks it in any number of versions"
            found.append(_at(bank, bank.items[item], message))
    return found


def _argued(bank: Bank) -> list[set[str]]:
    return [set(entry.items) for root in bank.catalogue.courses for entry in likeness.exceptions(root)]


def _notation(bank: Bank) -> Iterator[Problem]:
    """Symbols that the table of the item's course does not know in its topic."""
    for root in bank.catalogue.courses:
        try:
            table = notation.load_table(root)
        except CourseError as error:
            yield Problem(shortened(error.path, bank.catalogue.root), error.line or 1, error.message)
            continue
        for item in bank.items.values():
            if bank.places[item.id].file.is_relative_to(root):
                yield from (_at(bank, item, message) for message in notation.unknown(item, table))


def _few_items(bank: Bank) -> Iterator[Problem]:
    for topic in bank.catalogue.topics.values():
        count = len(bank.of_topic(topic.id))
        if count < 2:
            yield Problem("course/syllabus.yaml", 0, f"topic {topic.id} has {count} of at least 2 items")


def _exercises(bank: Bank) -> Iterable[Problem]:
    """Links to exercises that do not exist; the exercises' own errors are reported by their own commands."""
    try:
        known = {f"{exercise.chapter}/{exercise.name}" for exercise in bank.catalogue.exercises.values()}
    except CourseError:
        return []
    linked = [item for item in bank.items.values() if item.exercise and item.exercise not in known]
    return [_at(bank, item, f"there is no exercise {item.exercise}") for item in linked]


def _at(bank: Bank, item: Item, message: str) -> Problem:
    place = bank.places[item.id]
    return Problem(shortened(place.file, bank.catalogue.root), place.line, message, item.id)
