"""Which pages there are, and who sees them."""

import streamlit as st

from drills.pages import exam, exercises, instructor, practice, progress, settings
from drills.pages.session import NoLearner, is_instructor, learner
from drills.store.database import StoreError


def run() -> None:
    """Draw the page that was asked for."""
    st.set_page_config(page_title="Neural network drills", page_icon=":material/neurology:", layout="centered")
    try:
        learner()
    except NoLearner as nobody:
        nobody.show()
        return
    except StoreError as error:
        st.error(str(error))
        return
    pages = [
        st.Page(practice.page, title="Practice", icon=":material/school:", url_path="practice", default=True),
        st.Page(exam.page, title="Mock exam", icon=":material/timer:", url_path="exam"),
        st.Page(progress.page, title="Progress", icon=":material/monitoring:", url_path="progress"),
        st.Page(exercises.page, title="Exercises", icon=":material/code:", url_path="exercises"),
        st.Page(settings.page, title="Settings", icon=":material/settings:", url_path="settings"),
    ]
    if is_instructor():
        pages.append(st.Page(instructor.page, title="Instructor", icon=":material/groups:", url_path="instructor"))
    chosen = st.navigation(pages)
    try:
        chosen.run()
    except StoreError as error:
        st.error(f"{error} What was committed before is safe.")
