"""Exercises: where each one stands, its last report, and the way to its drills."""

import streamlit as st

from autograder.desk import Desk
from autograder.paths import find_root
from autograder.records import Report
from autograder.render import amount
from drills.pages import feedback, links
from drills.pages.session import deck, is_alone

SIGNS = {"passed": ":green[:material/check_circle:]", "in progress": ":orange[:material/pending:]"}


def page() -> None:
    """Draw the page."""
    st.title("Exercises")
    if not is_alone():
        st.info("Exercises are graded on your own machine with `anndl grade`, or in your notebook.")
        return
    desk = Desk(find_root())
    asked = st.query_params.get("exercise")
    chapter = ""
    for exercise in desk.catalogue.exercises.values():
        if exercise.chapter != chapter:
            chapter = exercise.chapter
            st.subheader(desk.catalogue.chapters[chapter].title)
        report = desk.known(exercise) or desk.learner.report(exercise.name)
        state = report.state if report else "not started"
        points = f" · {amount(report.earned)} of {amount(report.points)}" if report else ""
        sign = SIGNS.get(state, ":material/radio_button_unchecked:")
        heading = f"{sign} **{exercise.title}** · {state}{points} · {exercise.minutes} minutes"
        with st.expander(heading, expanded=exercise.name == asked):
            st.markdown(f"`exercises/{exercise.chapter}/{exercise.name}.py` · difficulty {exercise.difficulty} of 5")
            st.code(f"anndl watch {exercise.name}", language="bash")
            if report and state != "not started":
                _report(report)
            picture = desk.learner.folder / "figures" / f"{exercise.name}.png"
            if picture.is_file():
                st.image(str(picture), caption=exercise.figure)
            else:
                st.caption(f"`anndl show {exercise.name}` draws: {exercise.figure}")
            if any(card.topic == exercise.topic for card in deck().cards.values()):
                links.practise({"topic": exercise.topic})


def _report(report: Report) -> None:
    if report.problem:
        st.error(report.problem)
        return
    for record in report.records:
        sign = ":green[:material/check:]" if record.status == "pass" else ":red[:material/close:]"
        st.markdown(f"{sign} {record.title} · {amount(record.earned)} / {amount(record.points)}")
    for belief in report.misconceptions:
        feedback.belief(deck().bank.catalogue.belief(belief))
