"""Which pages there are, and who sees them."""

import streamlit as st

from autograder.yamlfile import CourseError
from drills.pages.links import PAGES, page
from drills.pages.session import NoLearner, is_instructor, learner, take_in
from drills.store.database import DatabaseGone, StoreError


def run() -> None:
    """Draw the page that was asked for."""
    st.set_page_config(page_title="Neural network drills", page_icon="🧠", layout="centered")
    try:
        learner()
    except NoLearner as nobody:
        nobody.show()
        return
    except (StoreError, CourseError) as error:
        st.error(str(error))
        return
    pages = [page(module) for module in PAGES if module != "instructor" or is_instructor()]
    chosen = st.navigation(pages)
    try:
        take_in()
        chosen.run()
    except CourseError as error:  # somebody is editing the course; the message names file and line
        st.error(str(error))
    except DatabaseGone as error:
        st.error(str(error))
    except StoreError as error:
        st.error(f"{error} What was committed before is safe.")
