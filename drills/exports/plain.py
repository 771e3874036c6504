"""JSON: items as they are, for other instances of this program and for scripts."""

import json
from collections.abc import Sequence
from typing import Any

from drills.items import Item, from_data, to_data

FORMAT = 1


def to_json(items: Sequence[Item]) -> str:
    """All items; nothing is lost."""
    return json.dumps({"anndl_items": FORMAT, "items": [to_data(item) for item in items]}, indent=1, ensure_ascii=False)


def from_json(text: str) -> list[Item]:
    """The items of such a text.

    Raises:
        ValueError: it is none, or an item in it is wrong; the message says which.
    """
    try:
        whole: Any = json.loads(text)
    except json.JSONDecodeError as error:
        raise ValueError(f"line {error.lineno}: no JSON ({error.msg})") from error
    if not isinstance(whole, dict) or whole.get("anndl_items") != FORMAT or not isinstance(whole.get("items"), list):
        raise ValueError(f"no items of format {FORMAT}: a mapping with 'anndl_items' and a list 'items' is expected")
    items = []
    for number, data in enumerate(whole["items"], start=1):
        try:
            items.append(from_data(data))
        except (ValueError, TypeError, AttributeError) as error:
            name = data.get("id", "") if isinstance(data, dict) else ""
            raise ValueError(f"item {number} {name}: {error}") from error
    return items
