"""The pages by name, for the menu and for links between them. Each is imported when it is first opened."""

import importlib
from typing import Any

import streamlit as st

PAGES = {
    "practice": ("Practice", ":material/school:"),
    "exam": ("Mock exam", ":material/timer:"),
    "progress": ("Progress", ":material/monitoring:"),
    "exercises": ("Exercises", ":material/code:"),
    "settings": ("Settings", ":material/settings:"),
    "instructor": ("Instructor", ":material/groups:"),
}


def page(module: str) -> Any:
    """The page that a module of this package draws; Streamlit knows it by its address."""

    def draw() -> None:
        importlib.import_module(f"drills.pages.{module}").page()

    title, icon = PAGES[module]
    return st.Page(draw, title=title, icon=icon, url_path=module, default=module == "practice")


def write(exercise: str) -> None:
    """Draw a link to an exercise, for who has just answered about it."""
    query = {"exercise": exercise}
    st.page_link(page("exercises"), label="Now write it", icon=":material/code:", query_params=query)


def practise(query: dict[str, str]) -> None:
    """Draw a link to Practice with a scope: `topic` or `misconception`."""
    label = "Drill this" if "topic" in query else "Practise it"
    st.page_link(page("practice"), label=label, icon=":material/school:", query_params=query)
