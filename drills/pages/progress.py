"""Progress: what is mastered, what will be left at the exam, and the book of misconceptions."""

from collections.abc import Sequence

import streamlit as st

from drills.pages import charts, feedback, links
from drills.pages.session import deck, history, memory, now, preferences, rows
from drills.progress import TopicMastery, days_of_practice, forecast, mastery, misconception_book
from drills.reports import gradings


def page() -> None:
    """Draw the page."""
    st.title("Progress")
    answers = history()
    if not answers:
        _book()  # mistakes made in code come before the first answer
        st.info("No answers yet: answer a few questions first.")
        return
    settings = preferences()
    days = days_of_practice(answers, now(), settings.zone)
    right = sum(answer.right for answer in answers)
    for column, (label, value) in zip(
        st.columns(3),
        (
            ("Answers", str(len(answers))),
            ("Right", f"{100 * right / len(answers):.0f} %"),
            ("Days of the last seven", str(days.of_seven)),
        ),
        strict=True,
    ):
        column.metric(label, value)
    _book()
    known = memory()
    st.subheader("Topics")
    _topics(mastery(deck(), known, now()))
    st.subheader("What will be left")
    curve = forecast(deck(), known, settings, now())
    st.vega_lite_chart(spec=charts.forecast(curve, settings.exam), width="stretch")
    st.caption("If you do not practise any more. " + (f"The dashed line is your exam, {settings.exam}." if settings.exam else
               "Set your exam date under Settings."))  # fmt: skip


def _topics(topics: Sequence[TopicMastery]) -> None:
    begun = [topic for topic in topics if topic.seen]
    bars = [
        {
            "topic": topic.title,
            "mastery": topic.mastery,
            "seen": f"{topic.seen} of {topic.cards} questions seen",
        }
        for topic in begun
    ]
    st.vega_lite_chart(spec=charts.mastery(bars), width="stretch")
    untouched = len(topics) - len(begun)
    if untouched:
        st.caption(f"{untouched} topics are not begun yet.")


def _book() -> None:
    entries = misconception_book(history(), gradings(rows()))
    if not entries:
        return
    st.subheader("Book of misconceptions")
    catalogue = deck().bank.catalogue.misconceptions
    for entry in entries:
        if entry.misconception not in catalogue:
            continue
        belief = catalogue[entry.misconception]
        where = [f"{entry.in_answers}x in answers"] if entry.in_answers else []
        where += [f"{entry.in_code}x in code"] if entry.in_code else []
        sign = ":orange[:material/bookmark:]" if entry.open else ":green[:material/check:]"
        with st.expander(f"{sign} {belief.believes} ({', '.join(where)})"):
            feedback.belief(belief)
            links.practise({"misconception": belief.id})
