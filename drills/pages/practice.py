"""Practice: one question at a time, mixed over topics; every answer is committed before the screen changes."""

import uuid
from typing import Any

import streamlit as st

from drills.answers import AnswerError
from drills.history import record_answer
from drills.items import Item, Open, TrueFalse
from drills.marking import Marked, mark
from drills.pages import answering, feedback, keyboard
from drills.pages.session import deck, history, is_alone, is_warm, learner, memory, now, preferences, rows, void
from drills.preferences import contest, contests
from drills.progress import misconception_book
from drills.reports import gradings
from drills.scheduling import Scope, days_left, plan
from drills.sittings import self_checked
from drills.store.database import StoreError


def page() -> None:
    """Draw the page."""
    scope = _scope()
    state = st.session_state
    if "answered" in state:
        _after(state["answered"])
        return
    card = _next_card(scope)
    if card is None:
        _nothing_left(scope)
        return
    known = memory().cards.get(card)
    item = deck().draw(card, learner().learner, known.times if known else 0)
    times = known.times if known else 0
    prefix = f"practice:{item.id}:{times}"
    state.setdefault(f"{prefix}:key", uuid.uuid4().hex)
    topic = deck().bank.catalogue.topics[item.topic]
    st.title(topic.title)
    st.caption(f"{'●' * item.difficulty}{'○' * (3 - item.difficulty)} · {item.type}")
    st.markdown(f"**{item.stem}**" if _is_short(item) else item.stem)
    _figure(item)
    if state.get(f"{prefix}:checking"):
        _self_check(item, prefix)
        keyboard.ready(f"{prefix} ticks", "question")
        return
    typed = answering.is_typed(item)
    options = st.container()
    fields = st.form(f"{prefix}:form", border=False) if typed else st.container()
    with options:
        answering.ask(item, prefix, seed=times, fields=fields)
    with fields:
        check = st.form_submit_button if typed else st.button
        check("Check", type="primary", shortcut="Enter", on_click=_check, args=(item, prefix), width="stretch")
    if problem := state.pop(f"{prefix}:problem", None):
        st.warning(problem)
    st.button("I do not know", shortcut="0", on_click=_answer, args=(item, prefix, None), width="stretch")
    keyboard.ready(prefix, "field" if typed else "question")


def _check(item: Item, prefix: str) -> None:
    given = answering.collect(item, prefix)
    if given is None:
        st.session_state[f"{prefix}:problem"] = "Choose or write an answer first, or say that you do not know."
        return
    if self_checked(item):
        learner().append("draft", {"item": item.id, "answer": given})
        st.session_state[f"{prefix}:checking"] = given
        return
    _answer(item, prefix, given)


def _answer(item: Item, prefix: str, given: Any) -> None:
    """Mark and commit; only then does the screen change."""
    state = st.session_state
    try:
        marked = mark(item, given)
        record_answer(learner(), item, given, marked, key=state[f"{prefix}:key"])
    except AnswerError as error:
        state[f"{prefix}:problem"] = str(error)
        return
    except StoreError as error:
        state[f"{prefix}:problem"] = f"{error} Your answer is still here; try again."
        return
    state["answered"] = (item, given, marked, prefix.rpartition(":")[2])


def _self_check(item: Item, prefix: str) -> None:
    """The learner compares with the model answer and ticks what it holds."""
    given = st.session_state[f"{prefix}:checking"]
    st.markdown("**Your answer.**")
    st.text(given.get("text", ""))
    if isinstance(item, Open):
        st.markdown(f"**A good answer.** {item.key}")
        st.caption("Tick what your answer holds.")
        criteria = [f"{criterion.criterion} ({criterion.points:g})" for criterion in item.rubric]
        answering.tick(f"{prefix}:ticks", criteria)
        ticked = st.session_state.get(f"{prefix}:ticks") or []
        full = {**given, "ticked": [number for number, criterion in enumerate(criteria) if criterion in ticked]}
        st.button(
            "That is what it holds", type="primary", shortcut="Enter", on_click=_answer, args=(item, prefix, full)
        )
        return
    assert isinstance(item, TrueFalse)
    st.markdown(f"**{item.key}**: {item.justification}")
    for column, (label, holds, keys) in zip(
        st.columns(2), (("My reason says the same", True, "y"), ("It does not", False, "n")), strict=True
    ):
        with column:
            full = {"value": given["value"], "justified": holds}
            st.button(label, shortcut=keys, on_click=_answer, args=(item, prefix, full), width="stretch")


def _is_short(item: Item) -> bool:
    return len(item.stem) < 160 and "\n" not in item.stem and "**" not in item.stem


def _after(answered: tuple[Item, Any, Marked, str]) -> None:
    item, given, marked, seed = answered
    st.title(deck().bank.catalogue.topics[item.topic].title)
    st.markdown(f"**{item.stem}**" if _is_short(item) else item.stem)
    _figure(item)
    feedback.show(item, marked, seed)
    st.button("Next", type="primary", shortcut="Enter", on_click=_go_on, width="stretch")
    with st.expander("Something is wrong with this question"), st.form("contest", clear_on_submit=True, border=False):
        reader = "It is kept with your data" if is_alone() else "Your instructor reads it"
        st.text_area(f"What is wrong? {reader}; your mark stays.", key="objection", max_chars=2000)
        st.form_submit_button("Send", on_click=_contest, args=(item.id, given))
    if said := st.session_state.pop("contested", None):
        st.info(said)
        if is_alone() and (text := _objections()):
            st.download_button("A file for your instructor", text, "objections.txt", on_click="ignore")
    keyboard.ready(f"after {item.id}", "verdict")


def _go_on() -> None:
    st.session_state.pop("answered", None)


def _contest(item: str, given: Any) -> None:
    state = st.session_state
    if reason := (state["objection"] or "").strip():
        contest(learner(), item, given, reason)
    state["contested"] = "Thank you, it is kept." if reason else "Write what is wrong first."


def _objections() -> str:
    """All objections, to be sent to whoever keeps the questions."""
    return "\n\n".join(
        f"{said.item}, {said.at:%d %B %Y}\n{said.reason}\nanswered: {said.answer}" for said in contests(rows())
    )


def _scope() -> Scope:
    """What is practised; kept in the address, so that a reload and a link keep it."""
    catalogue, state = deck().bank.catalogue, st.session_state
    cards = {card.topic for card in deck().cards.values()}
    topics = {topic.id: topic.title for topic in catalogue.topics.values() if topic.id in cards}
    book = misconception_book(history(), gradings(rows()))
    names = [entry.misconception for entry in book if entry.misconception in catalogue.misconceptions]
    asked = st.query_params.get("misconception")
    if asked in catalogue.misconceptions and asked not in names:
        names.append(asked)
    if state.get("scope") != _address():  # somebody came by a link: it decides, not what was chosen before
        state["topics"] = [topic for topic in st.query_params.get_all("topic") if topic in topics]
        state["mistakes"] = st.query_params.get("mistakes") == "1"
        state["belief"] = asked if asked in names else None
        state.pop("answered", None)
    if state.get("belief") not in names:
        state["belief"] = None
    with st.sidebar:
        st.subheader("Practise")
        st.multiselect("Topics", list(topics), format_func=lambda t: topics[t], placeholder="all, mixed", key="topics")
        st.toggle("Only my mistakes", key="mistakes")
        st.selectbox(
            "A misconception",
            names,
            index=None,
            placeholder="any",
            format_func=lambda name: name.replace("-", " "),
            key="belief",
        )
    scope = Scope(frozenset(state["topics"]), state["belief"], state["mistakes"])
    st.query_params.from_dict(
        {
            "topic": state["topics"],
            **({"mistakes": "1"} if scope.only_mistakes else {}),
            **({"misconception": scope.misconception} if scope.misconception else {}),
        }
    )
    state["scope"] = _address()
    return scope


def _address() -> dict[str, list[str]]:
    return {name: st.query_params.get_all(name) for name in ("topic", "mistakes", "misconception")}


def _next_card(scope: Scope) -> str | None:
    gone = {item: why for item, why in void().items() if item in deck().cards}
    found = plan(deck(), memory(), preferences(), now(), scope, gone)
    with st.sidebar:
        st.caption(f"{found.done_today} answered today · {found.due} due · {found.new} new")
        if gone:
            st.caption(
                f":orange[{len(gone)} {'question is' if len(gone) == 1 else 'questions are'} void and not asked.]"
            )
        if is_alone() and (left_out := len(deck().bank.problems)):
            st.caption(f":orange[{left_out} questions are left out; Settings says why.]")
    if not is_warm():  # the first question must not wait for libraries that computed ones need
        past = {*found.ahead, memory().last}
        light = (card for card in found.queue if card not in past and not deck().cards[card].generated)
        card = next((card for card in light if _is_light(card)), None)
        if card is not None:
            return card
    if found.next is None and st.session_state.get("ahead"):
        return found.ahead[0] if found.ahead else None
    return found.next


def _is_light(card: str) -> bool:
    return deck().type_of(card) in ("single choice", "multiple choice")


def _nothing_left(scope: Scope) -> None:
    if not scope.everything:
        st.info("Nothing here (any more). Choose something else on the left.")
        return
    if not deck().cards:
        st.info("The question bank is empty.")
        return
    st.success("That is all for today.", icon=":material/task_alt:")
    left = days_left(preferences(), now())
    if left is None or left > 1 or left < 0:
        st.markdown("Coming back tomorrow does more than going on now. If you want to go on, it does no harm.")
    st.button("Go on", shortcut="Enter", on_click=lambda: st.session_state.update(ahead=True))


def _figure(item: Item) -> None:
    file = deck().bank.figure(item) if item.id in deck().bank.items else None
    if file is not None and item.figure is not None:
        st.image(str(file), caption=item.figure.alt)
