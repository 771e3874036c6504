"""What all pages share: the deck and the database (one each per server), and the learner of this session.

Who the learner is: without `$ANNDL_LOGIN` there is one, "me". With `ANNDL_LOGIN=oidc` it is the e-mail address of whom
`st.login` says, if the provider has verified it, with `oidc:sub` the provider's own name for that person; with
`ANNDL_LOGIN=header:X-Forwarded-User` it is what a trusted proxy says. `$ANNDL_INSTRUCTORS` lists who sees the class.
"""

import gc
import logging
import os
import time
from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from threading import Thread
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from autograder.paths import find_root
from drills.bank import read_bank
from drills.deck import Deck
from drills.generators import load_generators
from drills.history import Answer, answers
from drills.preferences import settings as settings_of
from drills.reports import take_in_reports
from drills.scheduling import Memory, Settings
from drills.sittings import Sitting, sittings, voided
from drills.store import Event, Store
from drills.store.database import Database, open_database

ALONE = "me"
HEAD_START = 1.0  # seconds that the first page has for itself


class NoLearner(Exception):
    """Nobody is logged in."""

    def show(self) -> None:
        """Ask to log in, or say what is missing."""
        st.title("Neural network drills")
        if os.environ.get("ANNDL_LOGIN", "").startswith("oidc"):
            if st.user.is_logged_in:
                st.error(
                    "Your provider does not say that your e-mail address is yours. Verify it there, then log in again."
                )
            st.button("Log in", on_click=st.login, type="primary")
        else:
            st.error("Your name did not arrive with the request. This server is to be reached through its proxy only.")


@st.cache_resource(show_spinner=False)
def deck() -> Deck:
    """The questions, read once per server."""
    found = Deck(read_bank(find_root()), load_generators())
    for problem in found.bank.problems:
        logging.getLogger("drills").warning("left out: %s", problem)
    gc.collect()
    gc.freeze()  # what was read lives as long as the server: no collection need look at it again
    return found


@st.cache_resource(show_spinner=False)
def _warming() -> Thread:
    """Imports what computed keys need (seconds), beside the first question."""
    found = deck()

    def warm() -> None:
        time.sleep(HEAD_START)
        for card in found.cards:
            found.type_of(card)
            found.reveals(card)
            time.sleep(0.001)  # whoever clicks goes first

    thread = Thread(target=warm, name="warming", daemon=True)
    thread.start()
    return thread


def is_warm() -> bool:
    """Whether every question can be shown at once; the first call begins to make it so."""
    return not _warming().is_alive()


@st.cache_resource(show_spinner=False)
def database() -> Database:
    """The one database of this server."""
    return open_database()


def learner() -> Store:
    """The rows of whoever is at the other end, and nobody else's.

    Raises:
        NoLearner: a login is required and has not happened.
    """
    return Store(database(), name())


def name() -> str:
    """The learner's name.

    Raises:
        NoLearner: a login is required and has not happened.
    """
    login = os.environ.get("ANNDL_LOGIN", "")
    if not login:
        return ALONE
    if login.startswith("oidc"):
        who = claimed(st.user.to_dict(), login) if st.user.is_logged_in else ""
    else:
        who = str(st.context.headers.get(login.removeprefix("header:")) or "")
    if not who.strip() or who.strip().startswith("@"):
        raise NoLearner
    return who.strip()


def claimed(claims: Mapping[str, Any], login: str) -> str:
    """Whom a provider's claims name: a verified e-mail address, or with `oidc:sub` the subject; empty where neither.

    An address that is not verified is what somebody typed, and may be anybody's.
    """
    if login == "oidc:sub":
        return str(claims.get("sub") or "")
    return str(claims.get("email") or "") if claims.get("email_verified") in (True, "true") else ""


def is_alone() -> bool:
    """Whether this is one learner's own machine, without a login and without an instructor."""
    return not os.environ.get("ANNDL_LOGIN")


def take_in() -> None:
    """Takes in what the grader has written since the last look, where learner and grader share a machine."""
    if not is_alone():
        return
    folder = find_root() / ".anndl" / "reports"
    state = sorted((file.name, file.stat().st_mtime_ns) for file in folder.glob("*.json"))
    if state != st.session_state.get("reports"):
        take_in_reports(learner(), folder)
        st.session_state["reports"] = state


def is_instructor() -> bool:
    """Whether the learner may see the class."""
    listed = {entry.strip() for entry in os.environ.get("ANNDL_INSTRUCTORS", "").split(",") if entry.strip()}
    return bool(os.environ.get("ANNDL_LOGIN")) and name() in listed


def rows() -> list[Event]:
    """All rows of the learner; only those are read that came since the last look, also from another tab."""
    store = learner()
    kept: list[Event] = st.session_state.setdefault(f"rows of {store.learner}", [])
    kept += store.events(after=max((row.seq for row in kept), default=0))
    return kept


def history() -> list[Answer]:
    """The learner's answers, oldest first."""
    return answers(rows())


def memory() -> Memory:
    """What the schedule knows of the learner."""
    return Memory(history())


def preferences() -> Settings:
    """What the learner has set."""
    return settings_of(rows(), _browsers_zone())


def _browsers_zone() -> tzinfo:
    try:
        return ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def exams() -> dict[str, Sitting]:
    """The learner's exams by id, oldest first."""
    return sittings(rows(), deck())


def void() -> dict[str, str]:
    """The items that the instructor has taken out, and why."""
    return voided(Store.of_course(database()).events())


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)
