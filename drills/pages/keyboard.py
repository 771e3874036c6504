"""What Streamlit's shortcuts leave open for somebody without a mouse: a text field is ready to type in, and Esc leaves it.

Shortcuts do not act while a text field has the focus, so that digits and letters can be typed.
"""

from functools import lru_cache
from typing import Any

import streamlit as st

_SCRIPT = """
export default function ({ data, parentElement }) {
  const page = parentElement.ownerDocument, view = page.defaultView
  if (!view.drillsKeys) {
    view.drillsKeys = { shown: null }
    page.addEventListener('keydown', event => {
      const field = page.activeElement
      if (event.key === 'Escape' && field && field.matches('input, textarea')) field.blur()
    })
  }
  if (view.drillsKeys.shown === data.shown) return
  view.drillsKeys.shown = data.shown
  if (!data.type || view.matchMedia('(pointer: coarse)').matches) return  // a phone's keyboard would cover the question
  let tries = 20
  const focus = () => {
    const fields = page.querySelectorAll('[data-testid="stMain"] input[type=text], [data-testid="stMain"] textarea')
    const field = [...fields].find(one => !one.disabled)
    if (field) field.focus({ preventScroll: true })
    else if (tries--) view.setTimeout(focus, 50)
  }
  focus()
}
"""


@lru_cache(maxsize=1)
def _component() -> Any:
    return st.components.v2.component("drills_keys", js=_SCRIPT)


def ready(shown: str, typed: bool) -> None:
    """Puts the cursor into the first text field, once for each `shown`, where the answer is typed."""
    _component()(data={"shown": shown, "type": typed}, key="keyboard", height=1)
