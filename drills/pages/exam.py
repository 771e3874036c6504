"""Mock exams: a paper, a clock that does not care about reloads, flags, handing in, review with points."""

import secrets
from datetime import timedelta
from typing import Any

import streamlit as st

from autograder.paths import find_root
from drills.answers import AnswerError
from drills.exams import Paper, load_profiles, make_paper
from drills.items import Open
from drills.marking import is_blank, mark
from drills.pages import answering, feedback, keyboard
from drills.pages.session import deck, exams, learner, now, preferences, void
from drills.sittings import (
    Result,
    Scored,
    Sitting,
    answer_question,
    check_question,
    flag_question,
    give_up,
    result,
    self_checked,
    start,
    submit,
)


def page() -> None:
    """Draw the page: a running exam, a review, or the choice of one."""
    taken = exams()
    running = [sitting for sitting in taken.values() if not sitting.over(now())]
    if running:
        _sit(running[-1])
        return
    for sitting in taken.values():
        if sitting.submitted is None:  # the time ran out, perhaps while nobody looked
            submit(learner(), sitting)
            st.query_params["exam"] = sitting.id
            st.session_state["time is up"] = sitting.id
    shown = st.query_params.get("exam")
    if shown in taken:
        _review(exams()[shown])
        return
    _choose(taken)


def _choose(taken: dict[str, Sitting]) -> None:
    st.title("Mock exam")
    profiles = load_profiles(find_root())
    name = st.radio("Which kind", list(profiles), format_func=lambda p: profiles[p].title, key="profile")
    profile = profiles[name]
    st.markdown(f"{profile.about} **{profile.minutes} minutes.**")
    seed = int(st.number_input("Number of the paper (the same number gives the same paper)", 1, 9999, _fresh_seed()))
    paper = make_paper(deck(), name, profile, seed)
    if not paper.questions:
        st.info("The bank has no questions of these types yet.")
        return
    st.caption(
        f"{len(paper.questions)} questions, {paper.maximum:g} points. The clock starts at once and runs on when you leave."
    )
    if numbers := [question.number for question in paper.questions if question.item.id in void()]:
        st.caption(f":orange[Void, they count for nobody: question {', '.join(map(str, numbers))}.]")
    st.button("Start", type="primary", on_click=_start, args=(paper,))
    with st.expander("Print it instead"):
        _downloads(paper)
    if taken:
        st.subheader("Exams taken")
        gone = void()
        for sitting in reversed(list(taken.values())):
            points = result(sitting, gone)
            date = sitting.started.astimezone(preferences().zone).strftime("%d %B %Y, %H:%M")
            label = f"{sitting.paper.title}, {date}: {points.points:g} of {points.maximum:g}"
            st.button(label, key=f"review:{sitting.id}", on_click=_open_review, args=(sitting.id,), type="tertiary")


def _fresh_seed() -> int:
    return int(st.session_state.setdefault("paper seed", secrets.randbelow(9998) + 1))


def _start(paper: Paper) -> None:
    st.session_state.pop("paper seed", None)
    st.session_state["question"] = 1
    st.query_params.clear()
    start(learner(), paper)


def _open_review(exam: str) -> None:
    st.query_params["exam"] = exam


def _downloads(paper: Paper) -> None:
    try:
        from drills.printing import print_paper
    except ImportError:
        st.info("Printing needs one more package: `pip install 'anndl[exports]'`.")
        return
    bank = deck().bank

    def picture(item: Any) -> Any:
        return bank.figure(item) if item.id in bank.items else None

    for label, solutions in (("Paper", False), ("Solutions", True)):
        st.download_button(
            f"{label} as PDF",
            data=lambda solutions=solutions: print_paper(paper, solutions, picture),  # type: ignore[misc]
            file_name=f"{paper.profile}-{paper.seed}{'-solutions' if solutions else ''}.pdf",
            mime="application/pdf",
            on_click="ignore",
        )


def _sit(sitting: Sitting) -> None:
    questions = sitting.paper.questions
    state = st.session_state
    number = min(max(int(state.get("question", 1)), 1), len(questions))
    question = questions[number - 1]
    item = question.item
    _clock(sitting.id, sitting.deadline.timestamp())
    with st.sidebar:
        st.subheader(sitting.paper.title)
        with keyboard.steps(sitting.id):
            for other in questions:
                answered = not is_blank(sitting.answers.get(other.number))
                sign = " ⚑" if other.number in sitting.flags else " ✓" if answered else ""
                st.button(
                    f"{other.number}{sign}",
                    key=f"goto:{other.number}",
                    on_click=_goto,
                    args=(other.number,),
                    type="primary" if other.number == number else "secondary",
                )
        still = sum(is_blank(sitting.answers.get(q.number)) for q in questions)
        st.caption(f"{len(questions) - still} answered, {still} open, {len(sitting.flags)} flagged")
        sure = st.checkbox("I am done", key="done")
        st.button("Hand in", type="primary", disabled=not sure, on_click=_hand_in, args=(sitting,), width="stretch")
        st.button(
            "Give up: no result, nothing is kept",
            type="tertiary",
            disabled=not sure,
            on_click=give_up,
            args=(learner(), sitting.id),
        )
    st.caption(f"{question.block} · question {number} of {len(questions)} · {question.scheme.words}")
    if why := void().get(item.id):
        st.info(f"This question does not count for anybody: {why}")
    st.markdown(item.stem)
    prefix = f"exam:{sitting.id}:{number}"

    def keep() -> None:
        answer_question(learner(), sitting.id, number, answering.collect(item, prefix))

    answering.ask(item, prefix, seed=sitting.id, given=sitting.answers.get(number), changed=keep)
    keyboard.ready(prefix, "")  # the keys that turn the page must act
    given = sitting.answers.get(number)
    if given is not None and not self_checked(item):
        try:
            mark(item, given)
        except AnswerError as error:
            st.warning(str(error))
    back, flag, on = st.columns(3)
    with back:
        st.button("Back", shortcut="PageUp", on_click=_goto, args=(number - 1,), disabled=number == 1, width="stretch")
    with flag:
        flagged = number in sitting.flags
        label = "Take the flag away" if flagged else "Flag"
        st.button(label, shortcut="g", on_click=_flag, args=(sitting.id, number, not flagged), width="stretch")
    with on:
        last = number == len(questions)
        st.button("Next", shortcut="PageDown", on_click=_goto, args=(number + 1,), disabled=last, width="stretch")


@st.fragment(run_every=timedelta(seconds=1))
def _clock(exam: str, deadline: float) -> None:
    left = deadline - now().timestamp()
    if left <= 0:
        st.rerun()
    minutes, seconds = divmod(int(max(left, 0)), 60)
    colour = "red" if left < 300 else "gray"
    st.markdown(f":{colour}[:material/timer: **{minutes}:{seconds:02d}** left]")


def _goto(number: int) -> None:
    st.session_state["question"] = number


def _flag(exam: str, number: int, flagged: bool) -> None:
    flag_question(learner(), exam, number, flagged)


def _hand_in(sitting: Sitting) -> None:
    submit(learner(), exams()[sitting.id])
    st.session_state.pop("done", None)
    st.query_params["exam"] = sitting.id


def _review(sitting: Sitting) -> None:
    gone = void()
    scored = result(sitting, gone)
    st.title(f"{scored.points:g} of {scored.maximum:g} points")
    if st.session_state.get("time is up") == sitting.id:
        st.warning("Time is up. Your answers were handed in as they stood.", icon=":material/timer_off:")
    st.caption(f"{sitting.paper.title}, paper {sitting.paper.seed}, {sitting.started:%d %B %Y}")
    if scored.unchecked:
        st.info(f"{scored.unchecked} written answers wait for your ticks below; they count as nothing until then.")
    st.button("All exams", on_click=lambda: st.query_params.clear(), icon=":material/arrow_back:")
    with st.expander("The paper"):
        _downloads(sitting.paper)
    _points_by_block(scored)
    for one in scored.scored:
        _reviewed(sitting, one, gone)


def _points_by_block(scored: Result) -> None:
    blocks: dict[str, list[float]] = {}
    for one in scored.scored:
        if not one.void:
            sums = blocks.setdefault(one.question.block, [0.0, 0.0])
            sums[0] += one.points
            sums[1] += one.question.scheme.right
    st.table({"block": list(blocks), "points": [f"{p:g} of {m:g}" for p, m in blocks.values()]})


def _reviewed(sitting: Sitting, one: Scored, gone: dict[str, str]) -> None:
    number, item = one.question.number, one.question.item
    sign = ":material/block:" if one.void else ":material/hourglass_top:" if one.unchecked else (
        ":green[:material/check:]" if one.marked.right else ":red[:material/close:]")  # fmt: skip
    with st.expander(f"{sign} {number} · {one.points:g} of {one.question.scheme.right:g} · {item.type}"):
        if one.void:
            st.info(f"This question does not count for anybody: {gone[item.id]}")
        st.markdown(item.stem)
        if one.unchecked or (self_checked(item) and sitting.answers.get(number)):
            _ticks(sitting, one)
        feedback.show(item, one.marked, seed=sitting.id)


def _ticks(sitting: Sitting, one: Scored) -> None:
    number, item = one.question.number, one.question.item
    given = sitting.answers.get(number) or {}
    st.markdown("**Your answer.**")
    st.text(given.get("text", ""))
    if isinstance(item, Open):
        before = sitting.checks.get(number, {}).get("ticked", [])
        ticks = [
            st.checkbox(
                f"{c.criterion} ({c.points:g})", value=place in before, key=f"tick:{sitting.id}:{number}:{place}"
            )
            for place, c in enumerate(item.rubric)
        ]
        check: dict[str, Any] = {"ticked": [place for place, ticked in enumerate(ticks) if ticked]}
    else:
        says = st.checkbox("My reason says the same", key=f"tick:{sitting.id}:{number}")
        check = {"justified": says}
    st.button(
        "Keep", key=f"keep:{sitting.id}:{number}", on_click=check_question, args=(learner(), sitting, number, check)
    )
