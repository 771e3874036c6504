"""A class in numbers: mastery, difficulty and discrimination of items, keys that look wrong. No name leaves this module.

Only a learner's first answer to a card counts: repetitions would make every item easy. Below `ENOUGH` learners an item's
numbers say more about chance and about single persons than about the item, and are withheld.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import StatisticsError, correlation, mean

from drills.history import Answer
from drills.reports import Grading

ENOUGH = 30
EASIEST, HARDEST, LEAST_DISCRIMINATION = 0.9, 0.3, 0.2


@dataclass(frozen=True)
class ItemStatistics:
    """One card: `p` is the share of right first answers, `discrimination` their point-biserial correlation with the
    share right on all other cards; both None below `ENOUGH` learners. `remarks` say what to look at.
    """

    card: str
    topic: str
    learners: int
    p: float | None
    discrimination: float | None
    remarks: tuple[str, ...]


@dataclass(frozen=True)
class TopicStatistics:
    """Mean share of points on first answers in a topic, over the learners who answered any."""

    topic: str
    learners: int
    mean: float


def first_answers(answers: Iterable[Answer]) -> dict[str, dict[str, Answer]]:
    """Card -> learner -> the first answer that was not blank."""
    first: dict[str, dict[str, Answer]] = defaultdict(dict)
    for answer in sorted(answers, key=lambda answer: answer.at):
        if not answer.blank:
            first[answer.card].setdefault(answer.learner, answer)
    return first


def item_statistics(answers: Iterable[Answer], enough: int = ENOUGH) -> list[ItemStatistics]:
    """All answered cards, those with remarks first."""
    first = first_answers(answers)
    by_learner: dict[str, dict[str, bool]] = defaultdict(dict)
    for card, given in first.items():
        for learner, answer in given.items():
            by_learner[learner][card] = answer.right
    found = [_statistics(card, given, by_learner, enough) for card, given in first.items()]
    return sorted(
        found, key=lambda s: (not s.remarks, s.discrimination if s.discrimination is not None else 1.0, s.card)
    )


def suspicious_keys(answers: Iterable[Answer], enough: int = ENOUGH) -> list[ItemStatistics]:
    """The items whose key may be wrong."""
    return [item for item in item_statistics(answers, enough) if any(KEY in remark for remark in item.remarks)]


def topic_statistics(answers: Iterable[Answer]) -> list[TopicStatistics]:
    """All answered topics, the weakest first."""
    shares: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for given in first_answers(answers).values():
        for learner, answer in given.items():
            shares[answer.topic][learner].append(answer.fraction)
    found = [TopicStatistics(t, len(per), mean(mean(values) for values in per.values())) for t, per in shares.items()]
    return sorted(found, key=lambda topic: (topic.mean, topic.topic))


def frequent_misconceptions(answers: Iterable[Answer], gradings: Iterable[Grading] = ()) -> list[tuple[str, int]]:
    """Misconceptions with the number of learners who have shown them in answers or code, most frequent first."""
    learners: dict[str, set[str]] = defaultdict(set)
    shown = [(moment.learner, moment.misconceptions) for moment in answers]
    shown += [(moment.learner, moment.misconceptions) for moment in gradings]
    for learner, names in shown:
        for name in names:
            learners[name].add(learner)
    return sorted(((name, len(who)) for name, who in learners.items()), key=lambda pair: (-pair[1], pair[0]))


KEY = "the key"


def _statistics(
    card: str, given: dict[str, Answer], by_learner: dict[str, dict[str, bool]], enough: int
) -> ItemStatistics:
    topic = next(iter(given.values())).topic
    if len(given) < enough:
        return ItemStatistics(card, topic, len(given), None, None, ())
    p = mean(answer.right for answer in given.values())
    rest = {learner: _rest(by_learner[learner], card) for learner in given}
    pairs = [(float(given[learner].right), share) for learner, share in rest.items() if share is not None]
    discrimination = _correlation(pairs) if len(pairs) >= enough else None
    return ItemStatistics(card, topic, len(given), p, discrimination, tuple(_remarks(given, rest, p, discrimination)))


def _remarks(
    given: dict[str, Answer], rest: dict[str, float | None], p: float, discrimination: float | None
) -> Iterable[str]:
    if p > EASIEST:
        yield "nearly everybody is right"
    if p < HARDEST:
        yield "few are right"
    if discrimination is not None and discrimination < 0:
        yield f"those who know more are wrong more often: look at {KEY}"
    elif discrimination is not None and discrimination < LEAST_DISCRIMINATION:
        yield "it hardly tells who knows more"
    shares = sorted(share for share in rest.values() if share is not None)
    middle = shares[len(shares) // 2] if shares else 0.0
    better = [given[learner] for learner, share in rest.items() if share is not None and share >= middle]
    wrong = Counter(json.dumps(answer.answer, sort_keys=True) for answer in better if not answer.right)
    if wrong and wrong.most_common(1)[0][1] > sum(answer.right for answer in better):
        yield f"the better half prefer one wrong answer to {KEY}: {wrong.most_common(1)[0][0]}"


def _rest(answers: dict[str, bool], card: str) -> float | None:
    """The share right on all other cards."""
    others = [right for other, right in answers.items() if other != card]
    return mean(others) if others else None


def _correlation(pairs: list[tuple[float, float]]) -> float | None:
    try:
        return correlation([right for right, _ in pairs], [share for _, share in pairs])
    except StatisticsError:  # everybody right, or all alike on the rest: nothing to compare
        return None
