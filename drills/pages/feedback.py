"""What is shown after an answer: what was right, why each option is wrong, the misconception, where to go on."""

from dataclasses import replace

import streamlit as st

from autograder.catalogue import Misconception
from drills.items import Item, LayerTable, MultipleChoice, Numeric, Open, SingleChoice, SpotTheBug, TrueFalse
from drills.marking import Marked, Part, key_number, shown_number
from drills.networks import describe
from drills.pages import answering, links
from drills.pages.session import deck
from drills.presentation import shown_options, shown_side


def show(item: Item, marked: Marked, seed: int | str) -> None:
    """Show the feedback on one answer; `seed` is that of `answering.ask`, so that options stand as they were asked."""
    if marked.right:
        st.success("Right.", icon=":material/check_circle:")
    elif marked.points > 0:
        st.warning(f"Partly right: {marked.points:.3g} of {marked.maximum:g}.", icon=":material/contrast:")
    else:
        st.error("Left open." if marked.blank else "Not right.", icon=":material/cancel:")
    beliefs = deck().bank.catalogue.misconceptions
    for name in marked.misconceptions:
        if name in beliefs:
            belief(beliefs[name])
    if isinstance(item, Numeric):
        _number(item, marked)
    else:
        if isinstance(item, SpotTheBug):
            st.code(item.code, language=item.language, line_numbers=True)
        for part in _as_asked(item, marked, seed):
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
    st.caption(f"Source: {item.source}")
    if item.exercise:
        links.write(item.exercise.partition("/")[2])


def belief(entry: Misconception) -> None:
    """Show a misconception with what holds instead."""
    with st.container(border=True):
        st.markdown(f":material/lightbulb: **The belief behind it:** {entry.believes}")
        st.markdown(f"{entry.fails}\n\n**What holds:** {entry.holds}\n\n*{entry.ask}*")


def _as_asked(item: Item, marked: Marked, seed: int | str) -> list[Part]:
    """The parts in the order and with the numbers under which they were asked; a table's cells by their layers."""
    if isinstance(item, LayerTable):
        named = {f"{number}.{column}": f"Layer {number} ({describe(layer)}), {answering.COLUMNS[column].lower()}"
                 for number, layer in enumerate(item.layers, 1) for column in answering.COLUMNS}  # fmt: skip
        return [replace(part, label=named[part.label]) for part in marked.parts]
    if not isinstance(item, SingleChoice | MultipleChoice | TrueFalse):
        return list(marked.parts)
    if isinstance(item, TrueFalse):
        return _by_sides(item, marked, seed)
    place = {option: number for number, option in enumerate(shown_options(item, seed), 1)}
    parts = sorted(marked.parts, key=lambda part: place.get(part.label, 0))
    return [
        replace(part, label=f"{place[part.label]} · {part.label}") if part.label in place else part for part in parts
    ]


def _by_sides(item: TrueFalse, marked: Marked, seed: int | str) -> list[Part]:
    """The statement, the justifications that were offered under their numbers, then those of the other side."""
    statement, *reasons = marked.parts
    value = item.key if marked.blank else statement.given == "true"
    by_text = {part.label: part for part in reasons}
    parts = [statement]
    for side in (value, not value):
        for number, text in enumerate(shown_side(item, side, seed), 1):
            if (part := by_text.pop(text, None)) is not None:
                parts.append(replace(part, label=f"{number} · {text}" if side is value else f"{side}, because: {text}"))
    return [*parts, *by_text.values()]


def _number(item: Numeric, marked: Marked) -> None:
    value, given = key_number(item), marked.parts[0].given
    exact = "" if shown_number(value) == repr(value) or value.is_integer() else f" (exactly {value!r})"
    read = f", read as {marked.parts[0].read}" if marked.parts[0].read else ""
    if given:
        st.text(f"You: {given}{read}")
    st.markdown(f"Right: **{shown_number(value)}** {item.unit}{exact}")
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
