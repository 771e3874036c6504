"""What Streamlit leaves open for somebody without a mouse or without eyes for the screen.

A text field is ready to type in, and Esc leaves it; shortcuts do not act meanwhile, so that digits and letters can be
typed. Where nothing is typed the reading goes on at the question or the verdict. Options that are drawn as buttons are told
to screen readers as what they are: `radios`, `boxes` and `steps` give the containers that the script looks for.
"""

from functools import lru_cache
from typing import Any, Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

_SCRIPT = """
export default function ({ data, parentElement }) {
  const page = parentElement.ownerDocument, view = page.defaultView
  const say = (element, name, value) => { if (element.getAttribute(name) !== value) element.setAttribute(name, value) }
  const tell = () => {
    for (const [kind, group, option] of [['radios', 'radiogroup', 'radio'], ['boxes', 'group', 'checkbox']])
      for (const box of page.querySelectorAll(`[class*="st-key-${kind}-"]`)) {
        say(box, 'role', group)
        say(box, 'aria-label', 'Your answer')
        for (const button of box.querySelectorAll('button')) {
          say(button, 'role', option)
          say(button, 'aria-checked', String(button.getAttribute('kind') === 'primary'))
        }
      }
    for (const button of page.querySelectorAll('[class*="st-key-steps-"] button'))
      if (button.getAttribute('kind') === 'primary') say(button, 'aria-current', 'step')
      else button.removeAttribute('aria-current')
  }
  if (!view.drillsKeys) {
    view.drillsKeys = { shown: null }
    page.addEventListener('keydown', event => {
      const field = page.activeElement
      if (event.key === 'Escape' && field && field.matches('input, textarea')) field.blur()
    })
    new view.MutationObserver(tell).observe(page.body, { subtree: true, childList: true, attributeFilter: ['kind'] })
  }
  tell()
  if (view.drillsKeys.shown === data.shown) return
  view.drillsKeys.shown = data.shown
  const wanted = {
    field: '[data-testid="stMain"] input[type=text]:not([disabled]), [data-testid="stMain"] textarea',
    verdict: '[data-testid="stMain"] [data-testid="stAlert"]',
    question: '[data-testid="stMain"] h1',
  }[data.focus]
  const coarse = view.matchMedia('(pointer: coarse)').matches  // a phone's keyboard would cover the question
  if (!wanted || (coarse && data.focus === 'field')) return
  let tries = 20
  const focus = () => {
    const found = page.querySelector(wanted)
    if (!found) return tries-- && view.setTimeout(focus, 50)
    if (data.focus !== 'field') { found.tabIndex = -1; found.style.outline = 'none' }
    found.focus({ preventScroll: true })
  }
  focus()
}
"""


@lru_cache(maxsize=1)
def _component() -> Any:
    return st.components.v2.component("drills_keys", js=_SCRIPT)


def ready(shown: str, focus: Literal["field", "verdict", "question", ""]) -> None:
    """Puts the focus where typing or reading goes on, once for each `shown`; nowhere where `focus` is empty."""
    _component()(data={"shown": shown, "focus": focus}, key="keyboard", height=1)


def radios(key: str) -> DeltaGenerator:
    """A place for buttons of which one is chosen, the primary one."""
    return st.container(key=f"radios-{key}")


def boxes(key: str) -> DeltaGenerator:
    """A place for buttons of which any number is chosen, the primary ones."""
    return st.container(key=f"boxes-{key}")


def steps(key: str) -> DeltaGenerator:
    """A place for buttons that lead to steps, the primary one being where one is."""
    return st.container(key=f"steps-{key}", horizontal=True, gap="xsmall")
