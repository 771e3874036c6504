"""How an item of each type is asked and its answer read from the widgets; the answer's form is that of drills/marking.py.

What is chosen lies in the session state under keys that begin with `prefix`, so that a callback can read it before the
screen changes. Digits choose options (letters from the tenth on), Enter checks.
"""

from collections.abc import Callable
from typing import Any, Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from drills.items import (
    Item,
    LayerTable,
    Matching,
    MultipleChoice,
    Numeric,
    Open,
    Ordering,
    SingleChoice,
    SpotTheBug,
    TrueFalse,
)
from drills.networks import blank_cells, describe, solution
from drills.pages import keyboard
from drills.presentation import shown_options, shown_side

Changed = Callable[[], None]
KEYS = "123456789abdehijklmopqsuvwxz"  # c and r are Streamlit's own; f, g, n, t and y are used beside options
RADIO = {True: ":material/radio_button_checked:", False: ":material/radio_button_unchecked:"}
BOX = {True: ":material/check_box:", False: ":material/check_box_outline_blank:"}
LONGEST_TEXT = 10_000
COLUMNS = {"output": "Output shape", "formula": "Formula of the parameters", "parameters": "Parameters"}


def is_typed(item: Item) -> bool:
    """Whether the answer, or a part of it, is typed into a text field."""
    return isinstance(item, Numeric | LayerTable | Open) or (isinstance(item, TrueFalse) and not item.distractors)


def ask(
    item: Item,
    prefix: str,
    seed: int | str,
    given: Any = None,
    changed: Changed | None = None,
    fields: DeltaGenerator | None = None,
) -> None:
    """Draw the widgets for an answer.

    Args:
        seed: orders the options; the same seed shows the same order.
        given: an answer kept earlier, which the widgets begin with.
        changed: called after every change, for exams that keep each answer at once and let it be changed. Without it a
            truth value is final: the justifications that then appear must not help to choose it.
        fields: where text fields are drawn (a form, in practice, so that Enter checks); here when left out.
    """
    _begin(item, prefix, given)
    match item:
        case SingleChoice():
            _choose(f"{prefix}:one", shown_options(item, seed), changed)
        case MultipleChoice():
            st.caption("Tick all that hold.")
            tick(f"{prefix}:many", shown_options(item, seed), changed)
        case TrueFalse():
            _true_false(item, prefix, seed, changed, fields or st.container())
        case Numeric():
            with fields or st.container():
                _numeric(item, prefix, changed)
        case LayerTable():
            with fields or st.container():
                _layer_table(item, prefix, changed)
        case Ordering():
            _order(f"{prefix}:order", shown_options(item, seed), changed)
        case Matching():
            _match(item, prefix, shown_options(item, seed), changed)
        case SpotTheBug():
            lines = [number for number, line in enumerate(item.code.splitlines(), 1) if line.strip()]
            st.code(item.code, language=item.language, line_numbers=True)
            st.caption("Which line is wrong?")
            _line(f"{prefix}:line", lines, changed)
        case Open():
            with fields or st.container():
                st.text_area(
                    "Your answer, in your own words",
                    key=f"{prefix}:text",
                    height=160,
                    on_change=changed,
                    max_chars=LONGEST_TEXT,
                )


def collect(item: Item, prefix: str) -> Any:
    """Return the answer that the widgets hold now; None where nothing was answered."""
    state = st.session_state
    match item:
        case SingleChoice():
            return state.get(f"{prefix}:one")
        case MultipleChoice():
            return sorted(state.get(f"{prefix}:many") or []) or None
        case TrueFalse():
            value = state.get(f"{prefix}:value")
            if value is None:
                return None
            if item.distractors:
                return {"value": value == "True", "justification": state.get(f"{prefix}:one") or ""}
            return {"value": value == "True", "text": state.get(f"{prefix}:text") or ""}
        case Numeric():
            return state.get(f"{prefix}:number") or None
        case LayerTable():
            cells = {cell: state.get(f"{prefix}:{cell}") or "" for cell in blank_cells(item)}
            return {cell: text for cell, text in cells.items() if text} or None
        case Ordering():
            picked = state.get(f"{prefix}:order") or []
            return list(picked) if len(picked) == len(item.key) else None
        case Matching():
            pairs = {left: state.get(f"{prefix}:{left}") for left in item.key}
            return {left: right for left, right in pairs.items() if right} or None
        case SpotTheBug():
            return state.get(f"{prefix}:line")
        case Open():
            text = (state.get(f"{prefix}:text") or "").strip()
            return {"text": text, "ticked": []} if text else None


def _begin(item: Item, prefix: str, given: Any) -> None:
    """Fill the widgets that hold nothing yet: Streamlit forgets those of a question that is not on the screen."""
    if given is None:
        return
    kept: dict[str, Any] = {}
    match item:
        case SingleChoice():
            kept["one"] = given
        case MultipleChoice():
            kept["many"] = list(given)
        case TrueFalse():
            kept = {"value": "True" if given.get("value") else "False", "one": given.get("justification") or None}
            kept["text"] = given.get("text") or ""
        case Numeric():
            kept["number"] = given
        case LayerTable() | Matching():
            kept = dict(given)
        case Ordering():
            kept["order"] = list(given)
        case SpotTheBug():
            kept["line"] = given
        case Open():
            kept["text"] = given.get("text", "")
    for name, value in kept.items():
        st.session_state.setdefault(f"{prefix}:{name}", value)


def _option(
    text: str,
    chosen: bool,
    key: str,
    number: int,
    click: Callable[..., None],
    args: tuple[Any, ...],
    icon: str | None = None,
) -> None:
    st.button(
        text,
        key=key,
        on_click=click,
        args=args,
        type="primary" if chosen else "secondary",
        shortcut=KEYS[number - 1] if number <= len(KEYS) else None,
        icon=icon,
        width="stretch",
    )


def _choose(key: str, options: list[str], changed: Changed | None) -> None:
    def click(option: str) -> None:
        st.session_state[key] = option
        if changed:
            changed()

    with keyboard.radios(key):
        for number, option in enumerate(options, 1):
            chosen = st.session_state.get(key) == option
            _option(option, chosen, f"{key}:{number}", number, click, (option,), icon=RADIO[chosen])


def tick(key: str, options: list[str], changed: Changed | None = None) -> None:
    """Draw options of which any number can be chosen; a list of those chosen lies under `key`."""

    def click(option: str) -> None:
        ticked = list(st.session_state.get(key) or [])
        ticked.remove(option) if option in ticked else ticked.append(option)
        st.session_state[key] = ticked
        if changed:
            changed()

    ticked = st.session_state.get(key) or []
    with keyboard.boxes(key):
        for number, option in enumerate(options, 1):
            chosen = option in ticked
            _option(option, chosen, f"{key}:{number}", number, click, (option,), icon=BOX[chosen])


def _line(key: str, lines: list[int], changed: Changed | None) -> None:
    def click(line: int) -> None:
        st.session_state[key] = line
        if changed:
            changed()

    with keyboard.radios(key), st.container(horizontal=True):
        for line in lines:
            chosen = st.session_state.get(key) == line
            kind: Literal["primary", "secondary"] = "primary" if chosen else "secondary"
            st.button(
                f"line {line}",
                key=f"{key}:{line}",
                on_click=click,
                args=(line,),
                type=kind,
                shortcut=KEYS[line - 1] if line <= len(KEYS) else None,
                icon=RADIO[chosen],
            )


def _true_false(item: TrueFalse, prefix: str, seed: int | str, changed: Changed | None, fields: DeltaGenerator) -> None:
    """First the truth value, then the justifications that argue for the value given."""
    key = f"{prefix}:value"
    given = st.session_state.get(key)
    final = given is not None and changed is None and bool(item.distractors)

    def click(value: str) -> None:
        if value != st.session_state.get(key):
            st.session_state.pop(f"{prefix}:one", None)
        st.session_state[key] = value
        if changed:
            changed()

    with keyboard.radios(key):
        columns = st.columns(2)
    for column, value in zip(columns, ("True", "False"), strict=True):
        chosen = given == value
        with column:
            st.button(
                value,
                key=f"{key}:{value}",
                on_click=click,
                args=(value,),
                type="primary" if chosen else "secondary",
                icon=RADIO[chosen],
                shortcut=value[0].lower(),
                disabled=final and not chosen,
                width="stretch",
            )
    if item.distractors:
        if given is None:
            st.caption("Decide first; then you choose the justification.")
            return
        st.caption("because")
        _choose(f"{prefix}:one", shown_side(item, given == "True", seed), changed)
        return
    with fields:
        st.text_area(
            "Why? One or two sentences.", key=f"{prefix}:text", height=90, on_change=changed, max_chars=LONGEST_TEXT
        )


def _numeric(item: Numeric, prefix: str, changed: Changed | None) -> None:
    if item.convention:
        st.caption(item.convention)
    tolerance = item.tolerance
    allowed = [f"± {tolerance.absolute:g}"] if tolerance.absolute else []
    allowed += [f"± {100 * tolerance.relative:g} %"] if tolerance.relative else []
    label = (
        f"{item.unit} ({' or '.join(allowed) + ' is fine' if allowed else 'exact'}; `3/4` and `5*(7+1)` are fine, too)"
    )
    st.text_input(label, key=f"{prefix}:number", on_change=changed, autocomplete="off", max_chars=200)


def _layer_table(item: LayerTable, prefix: str, changed: Changed | None) -> None:
    if item.convention:
        st.caption(item.convention)
    st.caption("Shapes as `16 x 28 x 28` (channels first), formulas as `(3*5*5 + 1)*16`.")
    blanks = set(blank_cells(item))
    right = solution(item)
    for number, layer in enumerate(item.layers, 1):
        name, _, extras = describe(layer).partition(", ")
        st.markdown(f"**{number} · {name}**{f' ({extras})' if extras else ''}")
        for column, (kind, title) in zip(st.columns([2, 3, 2]), COLUMNS.items(), strict=True):
            cell = f"{number}.{kind}"
            with column:
                if cell in blanks:
                    label = f"Layer {number}, {title[0].lower()}{title[1:]}"
                    st.text_input(label, key=f"{prefix}:{cell}", on_change=changed, autocomplete="off", max_chars=200)
                elif cell in right:
                    st.text_input(title, value=str(right[cell]), disabled=True, key=f"{prefix}:shown:{cell}")


def _order(key: str, options: list[str], changed: Changed | None) -> None:
    picked = list(st.session_state.get(key) or [])

    def pick(option: str) -> None:
        st.session_state[key] = [*picked, option]
        if changed:
            changed()

    def undo() -> None:
        st.session_state[key] = picked[:-1]
        if changed:
            changed()

    st.caption("Choose the steps in their order.")
    for place, option in enumerate(picked, 1):
        st.markdown(f"{place}. {option}")
    for number, option in enumerate(options, 1):
        if option not in picked:
            _option(option, False, f"{key}:{number}", number, pick, (option,))
    if picked:
        st.button("Take the last one back", key=f"{key}:undo", on_click=undo, shortcut="Backspace", type="tertiary")


def _match(item: Matching, prefix: str, options: list[str], changed: Changed | None) -> None:
    letters = {option: chr(ord("A") + number) for number, option in enumerate(options)}
    for option, letter in letters.items():
        st.markdown(f"**{letter}** · {option}")
    for left in item.key:
        st.markdown(left)
        st.segmented_control(
            left, options, format_func=lambda option: letters[option], key=f"{prefix}:{left}", on_change=changed,
            label_visibility="collapsed",
        )  # fmt: skip
