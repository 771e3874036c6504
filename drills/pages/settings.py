"""Settings: exam date, caps, backup and restore."""

from datetime import date
from zoneinfo import available_timezones

import streamlit as st

from autograder.paths import find_root
from drills.backup import backup, restore
from drills.exams import load_profiles, rebuilt
from drills.kinds import FIRST_DAY, LAST_DAY
from drills.pages.session import database, deck, is_alone, learner, preferences, rows
from drills.preferences import save_setting
from drills.store.database import StoreError


def page() -> None:
    """Draw the page."""
    st.title("Settings")
    held = preferences()
    exam = st.date_input(
        "Exam date", value=held.exam, min_value=FIRST_DAY, max_value=LAST_DAY, format="YYYY-MM-DD", key="exam date"
    )
    if exam != held.exam:
        save_setting(learner(), "exam", exam.isoformat() if isinstance(exam, date) else None)
    if held.exam:
        st.button("No exam date", on_click=_no_exam)
    for field, label, help_ in (
        ("daily_cap", "So many answers a day", "The queue ends there, except in the days before the exam."),
        (
            "new_per_day",
            "So many new questions a day",
            "New ones come back soon: few a day keep the days short. With an exam date, more where all must be seen in time.",
        ),
    ):
        value = int(st.number_input(label, 0, 1000, int(getattr(held, field)), help=help_))
        if value != getattr(held, field):
            save_setting(learner(), field, value)
    zones = sorted(available_timezones())
    here = str(held.zone)
    zone = st.selectbox(
        "Time zone (when your day begins)", zones, index=zones.index(here) if here in zones else zones.index("UTC")
    )
    if zone != here:
        save_setting(learner(), "zone", zone)
    st.subheader("Your data")
    st.text(f"{len(rows())} rows of {learner().learner} in {database().name}")
    st.download_button(
        "Back up",
        data=lambda: backup(learner()),
        file_name="drills-backup.json",
        mime="application/json",
        on_click="ignore",
    )
    file = st.file_uploader("Restore a backup (adds what is missing, changes nothing that is there)", type="json")
    if file is not None and st.button("Restore"):
        try:
            profiles = load_profiles(find_root())
            st.success(str(restore(learner(), file.getvalue(), lambda paper: rebuilt(paper, deck(), profiles))))
        except (StoreError, ValueError) as error:
            st.error(str(error))

    if is_alone() and (problems := deck().bank.problems):
        st.subheader("Questions left out")
        st.caption("These hold a slip. Mend it and start the app again.")
        st.text("\n".join(map(str, problems)))


def _no_exam() -> None:
    save_setting(learner(), "exam", None)
    st.session_state["exam date"] = None
