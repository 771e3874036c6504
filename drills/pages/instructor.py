"""The class: mastery, which items are hard or do not discriminate, frequent misconceptions, contested and void items."""

import pandas as pd
import streamlit as st

from drills.history import answers
from drills.pages.session import database, deck, is_instructor
from drills.preferences import contests
from drills.reports import gradings
from drills.sittings import validate_item, void_item, voided
from drills.statistics import ENOUGH, frequent_misconceptions, item_statistics, suspicious_keys, topic_statistics
from drills.store import Store
from drills.store.events import everybody


def page() -> None:
    """Draw the page."""
    if not is_instructor():
        st.error("This page is for instructors.")
        return
    st.title("The class")
    given = answers(everybody(database(), "answer"))
    learners = len({answer.learner for answer in given})
    st.caption(f"{learners} learners, {len(given)} answers. Statistics of items appear from {ENOUGH} learners on.")
    catalogue = deck().bank.catalogue
    st.subheader("Topics")
    st.dataframe(pd.DataFrame([vars(topic) for topic in topic_statistics(given)]), hide_index=True)
    st.subheader("Most frequent misconceptions")
    frequent = frequent_misconceptions(given, gradings(everybody(database(), "report")))
    named = [(number, name, catalogue.belief(name).believes) for name, number in frequent]
    st.dataframe(pd.DataFrame(named, columns=["learners", "id", "belief"]), hide_index=True)
    st.subheader("Items")
    st.dataframe(pd.DataFrame([vars(item) for item in item_statistics(given)]), hide_index=True)
    if suspects := suspicious_keys(given):
        st.warning("Good learners get these wrong; look at their keys: " + ", ".join(item.card for item in suspects))
    st.subheader("Contested")
    for objection in contests(everybody(database(), "contest")):
        st.text(f"{objection.item}, {objection.learner}, {objection.at:%d %B %Y}")
        st.text(f"{objection.reason}\nanswered: {objection.answer}")
    _voids()
    if problems := deck().bank.problems:
        st.subheader("Left out of the bank")
        st.caption("Nobody is asked these until the slip is mended and the server started again.")
        st.text("\n".join(map(str, problems)))


def _voids() -> None:
    st.subheader("Void items")
    course = Store.of_course(database())
    for item, reason in voided(course.events()).items():
        left, right = st.columns([4, 1])
        left.text(f"{item}: {reason}")
        right.button("Count it again", key=f"valid:{item}", on_click=validate_item, args=(course, item))
    chosen = st.selectbox("An item to take out of every exam", list(deck().bank.items), index=None)
    reason = st.text_input("Why (learners read it)").strip()
    st.button("Void it", disabled=not (chosen and reason), on_click=void_item, args=(course, chosen, reason))
