"""What gives keys away to somebody who knows nothing: the length of options, absolute words, words shared with the stem.

Single items cannot be judged, since some option must be the shortest; so the items of a chapter are judged together, and
statements, of which a chapter has few, over the whole bank.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import product

from drills.items import Item, MultipleChoice, SingleChoice, TrueFalse
from drills.texts import content_words, looks

MOST_BY_GUESSING = 0.32  # of single choice items that any strategy without knowledge may get right; chance is 0.25
LEAST_AT_RANK, MOST_AT_RANK = 0.15, 0.35  # share of keys at each rank of length
MOST_OF_ONE_VALUE = 0.6  # of a chapter's statements may be true, or false
MORE_ABSOLUTE = 0.10  # by how much the share of absolute distractors may exceed that of absolute keys
ENOUGH_TO_JUDGE = 8
OPTIONS = 4

ABSOLUTE = re.compile(
    r"\b(always|never|only|all|every|everything|each|any|none|no|nothing|nobody|whole|entire|entirely|at once|anew|"
    r"exactly|must|cannot|whatever|alone|completely|impossible)\b", re.I,
)  # fmt: skip
HEDGED = re.compile(
    r"\b(usually|often|mostly|most|about|may|can|nearly|almost|much|some|mainly|roughly|tends?)\b", re.I
)
REASONED = re.compile(r"\b(since|because|so that|so|as)\b|[;,:]", re.I)
TECHNICAL = re.compile(r"[$\d`]")

Strategy = Callable[[str, Sequence[str]], list[int]]


def _most(score: Callable[[str, Sequence[str], int], float], place: int = 0) -> Strategy:
    """Choose what stands at a place when the options are sorted by falling score; equals share the place."""

    def choose(stem: str, options: Sequence[str]) -> list[int]:
        scores = [score(stem, options, number) for number in range(len(options))]
        wanted = sorted(scores, reverse=True)[place]
        return [number for number, value in enumerate(scores) if value == wanted]

    return choose


def _among(pattern: re.Pattern[str], holding: bool, then: Strategy | None = None) -> Strategy:
    """Keep the options that hold a pattern (or do not), all of them where none is left, and choose among them."""

    def choose(stem: str, options: Sequence[str]) -> list[int]:
        kept = [n for n, text in enumerate(options) if bool(pattern.search(text)) is holding] or [*range(len(options))]
        if then is None:
            return kept
        return [kept[number] for number in then(stem, [options[number] for number in kept])]

    return choose


def _length(stem: str, options: Sequence[str], number: int) -> float:
    return looks(options[number])


def _shortness(stem: str, options: Sequence[str], number: int) -> float:
    return -looks(options[number])


def _echo(stem: str, options: Sequence[str], number: int) -> float:
    """How many words of the stem the option repeats."""
    return len(content_words(options[number]) & content_words(stem))


def _company(stem: str, options: Sequence[str], number: int) -> float:
    """How many words the option shares with the other options: distractors are often made from the key."""
    others = Counter(word for n, text in enumerate(options) if n != number for word in content_words(text))
    own = content_words(options[number])
    return sum(others[word] for word in own) / max(len(own), 1)


def _strangeness(stem: str, options: Sequence[str], number: int) -> float:
    return -_company(stem, options, number)


LONGEST, SHORTEST = _most(_length), _most(_shortness)
STRATEGIES: dict[str, Strategy] = {
    "the longest": LONGEST,
    "the second longest": _most(_length, 1),
    "the second shortest": _most(_shortness, 1),
    "the shortest": SHORTEST,
    "one without an absolute word": _among(ABSOLUTE, False),
    "the shortest without an absolute word": _among(ABSOLUTE, False, SHORTEST),
    "the longest without an absolute word": _among(ABSOLUTE, False, LONGEST),
    "one with an absolute word": _among(ABSOLUTE, True),
    "one that hedges": _among(HEDGED, True),
    "one that gives a reason or has a second clause": _among(REASONED, True),
    "one without a second clause": _among(REASONED, False),
    "one with a number or formula": _among(TECHNICAL, True),
    "the one with most words of the stem": _most(_echo),
    "the one with most words of the other options": _most(_company),
    "the one with fewest words of the other options": _most(_strangeness),
}


def guessing_scores(items: Sequence[SingleChoice]) -> dict[str, float]:
    """Strategy -> the share of items that it gets right; where it leaves several options, it draws one of them."""
    return {
        name: sum(_hit(strategy(item.stem, [item.key, *item.distractors])) for item in items) / len(items)
        for name, strategy in STRATEGIES.items()
    }


def statement_scores(items: Sequence[TrueFalse]) -> dict[str, float]:
    """(value, strategy) in words -> the share of statements that it gets right with their justification."""
    found = {}
    for value, (name, strategy) in product((True, False), STRATEGIES.items()):
        hits = [_hit(strategy(item.stem, item.side(value))) for item in items if item.key is value]
        found[f"{str(value).lower()}, because of {name}"] = sum(hits) / len(items)
    return found


def _hit(chosen: list[int]) -> float:
    """The chance to draw the key, which stands first."""
    return (0 in chosen) / len(chosen)


def rank_shares(items: Sequence[SingleChoice]) -> list[float]:
    """The share of items whose key is the longest, the second longest ... option; equals share their ranks."""
    shares = [0.0] * OPTIONS
    for item in items:
        key, *others = (looks(text) for text in (item.key, *item.distractors))
        first, equal = sum(other > key for other in others), 1 + sum(other == key for other in others)
        for rank in range(first, first + equal):
            shares[rank] += 1 / equal / len(items)
    return shares


def in_chapter(chapter: str, items: Sequence[Item]) -> Iterator[str]:
    """What gives the keys of a chapter's items away."""
    choices = [item for item in items if isinstance(item, SingleChoice) and len(item.distractors) == OPTIONS - 1]
    if len(choices) >= ENOUGH_TO_JUDGE:
        for name, score in guessing_scores(choices).items():
            if score > MOST_BY_GUESSING:
                yield f"{chapter}: choosing {name} is right in {score:.0%} of {len(choices)} single choice items; at most {MOST_BY_GUESSING:.0%} may be"  # noqa: E501
        for rank, share in enumerate(rank_shares(choices), start=1):
            if not LEAST_AT_RANK <= share <= MOST_AT_RANK:
                yield f"{chapter}: the key is number {rank} by length in {share:.0%} of {len(choices)} single choice items; it must be in {LEAST_AT_RANK:.0%} to {MOST_AT_RANK:.0%}"  # noqa: E501
    statements = [item for item in items if isinstance(item, TrueFalse)]
    most = max(sum(item.key is value for item in statements) for value in (True, False))
    if len(statements) >= 2 and most > _rounded_up(MOST_OF_ONE_VALUE * len(statements)):
        yield f"{chapter}: {most} of {len(statements)} statements have the same truth value; at most {MOST_OF_ONE_VALUE:.0%} may"
    keys, wrong = _absolute_shares(items)
    if len(choices) >= ENOUGH_TO_JUDGE and wrong > keys + MORE_ABSOLUTE:
        yield f"{chapter}: absolute words (always, only, every ...) stand in {wrong:.0%} of the distractors and in {keys:.0%} of the keys"  # noqa: E501


def in_statements(items: Sequence[TrueFalse]) -> Iterator[str]:
    """What gives the bank's statements away."""
    sided = [item for item in items if item.distractors]
    if len(sided) < 2 * ENOUGH_TO_JUDGE:
        return
    for name, score in statement_scores(sided).items():
        if score > MOST_BY_GUESSING:
            yield f"answering {name} is right in {score:.0%} of {len(sided)} true/false items; at most {MOST_BY_GUESSING:.0%} may be"  # noqa: E501


def _rounded_up(number: float) -> int:
    return -int(-number // 1)


def _absolute_shares(items: Sequence[Item]) -> tuple[float, float]:
    """The shares of keys and of distractors that hold an absolute word."""
    texts: dict[bool, list[str]] = defaultdict(list)
    for item in items:
        match item:
            case SingleChoice():
                right = [item.key]
            case MultipleChoice():
                right = list(item.key)
            case TrueFalse() if item.distractors:
                right = [item.justification]
            case _:
                continue
        texts[True] += right
        texts[False] += item.distractors
    keys, wrong = (sum(map(bool, map(ABSOLUTE.search, texts[r]))) / max(len(texts[r]), 1) for r in (True, False))
    return keys, wrong
