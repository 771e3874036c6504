"""Exams: profiles, papers, sitting them through reloads, marking schemes, voiding."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from autograder.yamlfile import CourseError
from drills.bank import load_bank
from drills.deck import Deck
from drills.exams import Block, Paper, Profile, Scheme, load_profiles, make_paper
from drills.generators import load_generators
from drills.history import answers
from drills.items import from_data
from drills.marking import Marked
from drills.sittings import (
    answer_question,
    check_question,
    flag_question,
    result,
    sittings,
    start,
    submit,
    validate_item,
    void_item,
    voided,
)
from drills.store import Store, open_database

ROOT = Path(__file__).parents[2]
OPEN = from_data({
    "id": "open-1", "type": "open", "topic": "apples", "difficulty": 1, "source": "a textbook", "stem": "Why?",
    "key": "Because of both.", "because": "Both are needed here.",
    "rubric": [{"points": 2, "criterion": "the first"}, {"points": 1, "criterion": "the second"}],
})  # fmt: skip


def profile(count: int = 8, **scheme: float | bool) -> Profile:
    block = Block(title="Choose", types=["single choice"], count=count, **{"right": 2, "wrong": -0.5, **scheme})
    return Profile(title="A mock exam", about="for the tests", minutes=30, blocks=[block])


def topics(paper: Paper) -> Counter:
    return Counter(question.item.topic for question in paper.questions)


def ids(paper: Paper) -> set[str]:
    return {question.item.id for question in paper.questions}


def test_the_same_seed_is_the_same_paper_and_another_one_has_the_same_topics_with_other_items(deck):
    one, again, two = (make_paper(deck, "p", profile(), seed) for seed in (1, 1, 2))
    assert one == again
    assert topics(one) == topics(two)
    assert ids(one).isdisjoint(ids(two))
    assert len(ids(one)) == 8
    assert set(topics(one)) == {"apples", "pears", "plums", "nuts"}


@pytest.mark.parametrize("seeds", [(3, 7), (10, 11), (123456, 99)])
def test_any_two_papers_cover_the_same_topics(deck, seeds):
    one, two = (make_paper(deck, "p", profile(10), seed) for seed in seeds)
    assert topics(one) == topics(two)
    assert len(ids(one)) == len(ids(two)) == 10, "no item twice in a paper"


def test_a_paper_of_one_chapter_and_one_that_asks_for_more_than_there_is(deck):
    assert set(topics(make_paper(deck, "p", profile(4), 1, frozenset({"two"})))) == {"nuts"}
    assert len(make_paper(deck, "p", profile(1000), 1).questions) == 21


def marked(fraction: float, blank: bool = False) -> Marked:
    return Marked(fraction, 1.0, (), blank)


@pytest.mark.parametrize(
    ("scheme", "right", "half", "wrong"),
    [
        (Scheme(right=2, wrong=-0.5), 2, -0.5, -0.5),
        (Scheme(right=2, wrong=-1), 2, -1, -1),
        (Scheme(right=2), 2, 0, 0),
        (Scheme(right=3, partial=True), 3, 1.5, 0),
        (Scheme(right=2, wrong=-1, partial=True), 2, 1, -1),
    ],
)
def test_schemes(scheme, right, half, wrong):
    assert [scheme.score(marked(f)) for f in (1, 0.5, 0)] == [right, half, wrong]
    assert scheme.score(marked(0, blank=True)) == 0


@pytest.fixture
def store(tmp_path):
    database = open_database(f"sqlite:///{tmp_path / 'drills.db'}")
    yield Store(database, "ada")
    database.close()


def sitting(store: Store, exam: str):
    """As any new session, tab or restarted server sees it."""
    return sittings(store.events())[exam]


def test_a_sitting_survives_reloads_and_scores(store, deck):
    paper = make_paper(deck, "p", profile(4), 1)
    exam = start(store, paper)
    keys = [question.item.key for question in paper.questions]
    wrong = next(iter(paper.questions[1].item.distractors))
    answer_question(store, exam, 1, "rubbish that is no option")
    answer_question(store, exam, 1, keys[0])
    answer_question(store, exam, 2, wrong)
    answer_question(store, exam, 3, keys[2])
    answer_question(store, exam, 3, None)
    flag_question(store, exam, 3, True)
    flag_question(store, exam, 2, True)
    flag_question(store, exam, 2, False)
    now = sitting(store, exam)
    assert now.paper == paper
    assert now.answers == {1: keys[0], 2: wrong, 3: None}
    assert now.flags == {3}
    assert not now.over(now.started + timedelta(minutes=29))
    assert now.remaining(now.started + timedelta(minutes=20)) == timedelta(minutes=10)
    assert now.remaining(now.started - timedelta(days=1)) == timedelta(minutes=30), "a clock set back gives no more"
    submit(store, now)
    done = sitting(store, exam)
    assert done.submitted
    scores = result(done)
    assert [scored.points for scored in scores.scored] == [2, -0.5, 0, 0]
    assert (scores.points, scores.maximum) == (1.5, 8)


def test_an_answer_that_cannot_be_read_is_a_wrong_one(store, deck):
    paper = make_paper(deck, "p", profile(2), 1)
    exam = start(store, paper)
    answer_question(store, exam, 1, "an option that does not exist")
    submit(store, sitting(store, exam))
    assert [scored.points for scored in result(sitting(store, exam)).scored] == [-0.5, 0]
    assert [answer.points for answer in answers(store.events())] == [0]


def test_handing_in_twice_is_once_and_nothing_counts_afterwards(store, deck):
    paper = make_paper(deck, "p", profile(2), 1)
    exam = start(store, paper)
    answer_question(store, exam, 1, paper.questions[0].item.key)
    before = sitting(store, exam)
    submit(store, before)
    submit(store, before)
    answer_question(store, exam, 2, paper.questions[1].item.key)
    assert result(sitting(store, exam)).points == 2
    recorded = answers(store.events("answer"))
    assert [(answer.item, answer.mode, answer.right) for answer in recorded] == [
        (paper.questions[0].item.id, "exam", True)
    ]


def test_answers_after_the_time_do_not_count(store, deck):
    paper = make_paper(deck, "p", profile(2), 1)
    from datetime import UTC, datetime

    begun = datetime.now(UTC) - timedelta(minutes=45)
    store.append("exam started", {"exam": "e", "paper": paper.model_dump(mode="json")}, at=begun)
    key = [question.item.key for question in paper.questions]
    store.append("exam answer", {"exam": "e", "number": 1, "answer": key[0]}, at=begun + timedelta(minutes=29))
    answer_question(store, "e", 2, key[1])
    late = sitting(store, "e")
    assert late.answers == {1: key[0]}
    assert late.over(datetime.now(UTC))
    assert late.remaining(datetime.now(UTC)) == timedelta()
    submit(store, late)
    assert sitting(store, "e").submitted == late.deadline


def test_an_answer_on_its_way_when_the_time_is_up_counts(store, deck):
    from datetime import UTC, datetime

    paper = make_paper(deck, "p", profile(3), 1)
    begun = datetime.now(UTC) - timedelta(minutes=45)
    store.append("exam started", {"exam": "e", "paper": paper.model_dump(mode="json")}, at=begun)
    for number, seconds in ((1, 5), (2, 10), (3, 11)):
        late = begun + timedelta(minutes=30, seconds=seconds)
        store.append("exam answer", {"exam": "e", "number": number, "answer": "x"}, at=late)
    now = sitting(store, "e")
    assert set(now.answers) == {1, 2}
    assert now.submitted is None, "it is over, but not handed in"
    assert [now.over(now.deadline + timedelta(seconds=seconds)) for seconds in (-1, 10, 11)] == [False, False, True]


def test_a_penalty_never_makes_the_whole_negative(store, deck):
    paper = make_paper(deck, "p", profile(4), 1)
    exam = start(store, paper)
    for question in paper.questions:
        answer_question(store, exam, question.number, next(iter(question.item.distractors)))
    assert result(sitting(store, exam)).points == 0


def test_voiding_an_item_recomputes_every_exam_and_can_be_taken_back(store, deck):
    course = Store.of_course(store._database)
    paper = make_paper(deck, "p", profile(3), 1)
    exam = start(store, paper)
    for question in paper.questions[1:]:
        answer_question(store, exam, question.number, question.item.key)
    answer_question(store, exam, 1, next(iter(paper.questions[0].item.distractors)))
    submit(store, sitting(store, exam))
    bad = paper.questions[0].item.id
    assert (result(sitting(store, exam)).points, result(sitting(store, exam)).maximum) == (3.5, 6)
    void_item(course, bad, "two options were right")
    now = result(sitting(store, exam), voided(course.events()))
    assert (now.points, now.maximum) == (4, 4)
    assert voided(course.events()) == {bad: "two options were right"}
    validate_item(course, bad)
    assert result(sitting(store, exam), voided(course.events())).points == 3.5


def test_an_open_question_waits_for_the_learners_ticks(store):
    from drills.exams import Question
    from drills.items import to_data

    question = Question(number=1, block="b", scheme=Scheme(right=6, partial=True), data=to_data(OPEN))
    exam = start(store, Paper(profile="p", title="t", minutes=5, seed=1, questions=[question]))
    answer_question(store, exam, 1, {"text": "because"})
    submit(store, sitting(store, exam))
    waiting = result(sitting(store, exam))
    assert (waiting.points, waiting.unchecked) == (0, 1)
    assert answers(store.events()) == []
    check_question(store, sitting(store, exam), 1, {"ticked": [0]})
    checked = result(sitting(store, exam))
    assert (checked.points, checked.unchecked) == (4, 0)
    assert [answer.points for answer in answers(store.events())] == [2]


def test_an_exam_stays_what_it_was_when_the_bank_changes(store, deck):
    paper = make_paper(deck, "p", profile(3), 1)
    exam = start(store, paper)
    deck.bank.items.clear()
    assert [question.item for question in sitting(store, exam).paper.questions] == [q.item for q in paper.questions]


def test_the_profiles_of_this_course():
    profiles = load_profiles(ROOT)
    assert set(profiles) == {"course", "two-minus-half", "two-minus-one", "all-or-nothing", "no-penalty"}
    course = profiles["course"]
    assert "layer table" in course.blocks[0].types
    assert profiles["two-minus-half"].blocks[0].words == "+2 right, -0.5 wrong, 0 blank"
    deck = Deck(load_bank(ROOT), load_generators())
    for name, each in profiles.items():
        assert topics(make_paper(deck, name, each, 1)) == topics(make_paper(deck, name, each, 2))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [("[single choice]", "[simple choice]", "no type"), ("right: 2", "right: -2", "greater than 0"),
     ("wrong: -1", "wrong: 1", "wrong"),
     ("minutes: 5", "minutes: 0", "minutes"), ("[true/false]", "[single choice]", "two blocks")],
)  # fmt: skip
def test_a_bad_profile_is_told_with_its_line(tmp_path, old, new, said):
    text = ("p:\n  title: T\n  about: A\n  minutes: 5\n  blocks:\n"
            "    - {title: B, types: [single choice], count: 1, right: 2, wrong: -1}\n"
            "    - {title: C, types: [true/false], count: 1, right: 3}\n")  # fmt: skip
    (tmp_path / "course").mkdir()
    file = tmp_path / "course" / "exams.yaml"
    file.write_text(text, encoding="utf-8")
    assert set(load_profiles(tmp_path)) == {"p"}
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(CourseError, match=rf"exams\.yaml:\d+: .*{said}"):
        load_profiles(tmp_path)
