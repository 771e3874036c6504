"""The rules of item writing that a program can check. `anndl bank lint` runs them over the bank and the generators."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from autograder.yamlfile import CourseError
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
from drills.texts import formulas, looks, normal, texts, unbalanced

LONGEST_KEY_SHARE = 0.35
ENOUGH_TO_JUDGE = 10  # choice items of a chapter, below which the share of longest keys is chance
OPTIONS = {"single choice": (3, 4), "multiple choice": (4, 6), "true/false": (3, 4)}
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
    found += [*_same_stems(bank), *_long_keys(bank), *_few_items(bank), *_exercises(bank)]
    return sorted(found)


def lint_generators(seeds: int) -> list[Problem]:
    """What is wrong with the first `seeds` items of each family."""
    found = []
    for family in load_generators().values():
        for seed in range(seeds):
            try:
                messages = list(check(family(seed), generated=True))
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


def _same_stems(bank: Bank) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for item in bank.items.values():
        # "Which statement holds?" may be asked twice, with another key
        asked = f"{item.stem} {getattr(item, 'code', '')} {getattr(item, 'key', '')}"
        first = seen.setdefault(normal(asked), item.id)
        if first != item.id:
            yield _at(bank, item, f"asks the same as {first}")


def _long_keys(bank: Bank) -> Iterator[Problem]:
    """The key must not give itself away by its length: judged per chapter, since chance rules a handful of items."""
    chapters: dict[str, list[SingleChoice | TrueFalse]] = defaultdict(list)
    for item in bank.items.values():
        if isinstance(item, SingleChoice) or (isinstance(item, TrueFalse) and item.distractors):
            chapters[bank.catalogue.topics[item.topic].chapter].append(item)
    for chapter, items in chapters.items():
        longest = [item for item in items if key_is_longest(item)]
        if len(items) >= ENOUGH_TO_JUDGE and len(longest) > LONGEST_KEY_SHARE * len(items):
            share = f"{len(longest)} of {len(items)}"
            for item in longest:
                yield _at(bank, item, f"the key is the longest option, as in {share} choice items of {chapter}; "
                                      f"at most {LONGEST_KEY_SHARE:.0%} may")  # fmt: skip


def key_is_longest(item: SingleChoice | TrueFalse) -> bool:
    """Whether the right option looks longer than each wrong one."""
    right, *others = map(looks, option_texts(item))
    return right > max(others)


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
