"""The bank for other programs: Moodle (GIFT, XML), Anki, Canvas and others (QTI), JSON; and back from GIFT and JSON."""

from collections.abc import Callable, Sequence

from drills.items import Item

Exporter = Callable[[Sequence[Item]], bytes]
SUFFIXES = {"gift": ".gift", "moodle": ".xml", "anki": ".apkg", "qti": ".zip", "json": ".json"}


def export(items: Sequence[Item], form: str) -> bytes:
    """The items in one of the formats that `SUFFIXES` names.

    Raises:
        KeyError: there is no such format.
        ImportError: the format needs a package of the `exports` extra.
    """
    return _exporter(form)(items)


def _exporter(form: str) -> Exporter:
    """The packages behind Anki and QTI are imported by those who use them only."""
    if form == "gift":
        from drills.exports.gift import to_gift

        return lambda items: to_gift(items).encode()
    if form == "moodle":
        from drills.exports.moodle import to_moodle

        return to_moodle
    if form == "anki":
        from drills.exports.anki import to_anki

        return to_anki
    if form == "qti":
        from drills.exports.qti import to_qti

        return to_qti
    if form == "json":
        from drills.exports.plain import to_json

        return lambda items: to_json(items).encode()
    raise KeyError(f"no format '{form}'; there are {', '.join(SUFFIXES)}")
