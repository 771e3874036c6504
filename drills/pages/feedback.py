"""What is shown after an answer: what was right, why each option is wrong, the misconception, where to go on."""

import streamlit as st

from autograder.catalogue import Misconception
from drills.items import Item, Numeric, Open, SpotTheBug, TrueFalse
from drills.marking import Marked, Part, key_number, shown_number
from drills.pages.session import deck


def show(item: Item, marked: Marked) -> None:
    """Show the feedback on one answer."""
    if marked.right:
        st.success("Right.", icon=":material/check_circle:")
    elif marked.points > 0:
        st.warning(f"Partly right: {marked.points:g} of {marked.maximum:g}.", icon=":material/contrast:")
    else:
        st.error("Left open." if marked.blank else "Not right.", icon=":material/cancel:")
    beliefs = deck().bank.catalogue.misconceptions
    for name in marked.misconceptions:
        if name in beliefs:
            belief(beliefs[name])
    if isinstance(item, Numeric):
        _number(item, marked)
    else:
        for part in marked.parts:
            _part(part)
    if isinstance(item, SpotTheBug):
        st.markdown(f"Line {item.key} should read")
        st.code(item.fix, language=item.language)
    if isinstance(item, TrueFalse):
        st.markdown(f"**{item.key}**: {item.justification}")
    if isinstance(item, Open):
        st.markdown(f"**A good answer.** {item.key}")
    if all(part.because != item.because for part in marked.parts) or isinstance(item, Numeric):
        st.markdown(item.because)
    st.caption(f"Source: {item.source}" + (f" · exercise {item.exercise}" if item.exercise else ""))


def belief(entry: Misconception) -> None:
    """Show a misconception with what holds instead."""
    with st.container(border=True):
        st.markdown(f":material/lightbulb: **The belief behind it:** {entry.believes}")
        st.markdown(f"{entry.fails}\n\n**What holds:** {entry.holds}\n\n*{entry.ask}*")
        st.caption(entry.id)


def _number(item: Numeric, marked: Marked) -> None:
    value, given = key_number(item), marked.parts[0].given
    exact = "" if shown_number(value) == repr(value) or value.is_integer() else f" (exactly {value!r})"
    st.markdown((f"You: {given} · " if given else "") + f"right: **{shown_number(value)}** {item.unit}{exact}")
    for part in marked.parts:
        if part.because and part.because != item.because:
            st.markdown(part.because)


def _part(part: Part) -> None:
    """One option, cell or pair. Beside options stands what is right, beside everything else what was written."""
    sign = ":green[:material/check:]" if part.right else ":red[:material/close:]"
    said = ""
    if "chosen" in (part.given, part.expected):
        sign = ":green[:material/check:]" if part.expected else ":red[:material/close:]"
        said = " · **right**" if part.expected else ""
        said += " · your choice" if part.given else ""
    elif not part.given and not part.expected:
        sign = ":gray[:material/radio_button_unchecked:]"  # an option that was rightly left alone
    else:
        said = f" · you: {part.given}" if part.given else ""
        if not part.right and part.expected:
            said += f" · right: **{part.expected}**"
    st.markdown(f"{sign} {part.label}{said}" + (f"  \n{part.because}" if part.because else ""))
