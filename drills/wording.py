"""English that gives the translation away, and explanations that only name: what a program can find of them."""

import re
from collections.abc import Iterator

PROPERTY = r"(?:value|shape|size|number|probability|variance|recall\S*|precision|length|rank|weight|loss|gradient|complexity|form|dimension)"  # noqa: E501
OWNER = r"(?:an?|the|its?|this|that|each|one|[A-Z]\w+)\b"
FOREIGN = (
    (re.compile(r"\b\d+-(?:st|nd|rd|th)\b"), "write 3rd or third, without a hyphen"),
    (re.compile(r"\}-(?:st|nd|rd|th)\b"), "write the ordinal as a word or without a hyphen"),
    (re.compile(rf"\b[Hh]ow many (?:[\w-]+ ){{1,3}}(?:has|have) {OWNER}"), "ask 'How many ... does it have?'"),
    (re.compile(rf"\b(?:[Ww]hich|[Ww]hat) {PROPERTY} (?:has|have) {OWNER}"), "ask 'What ... does it have?'"),
    (re.compile(r"\b[Ww]hich (?:complexity|number of|variance|recall\S*|probability) "), "ask 'What ...' or 'How many ...'"),
    (re.compile(r"\bdear(?:er|est)? (?:part|layer|step)"), "say expensive"),
    (re.compile(r"\bas likely\b(?! (?:as|to))"), "say equally likely"),
    (re.compile(r"\bso called\b|\bresp\.|\bthe both\b|\bexemplarily\b|\bactually computed to\b"), "say it in plain English"),
)  # fmt: skip
LEAST_WORDS = 7


def foreign(text: str) -> Iterator[str]:
    """What a native reader would stumble over, with what to say instead."""
    for pattern, advice in FOREIGN:
        if found := pattern.search(text):
            yield f"'{found.group()}': {advice}"


def only_names(explanation: str) -> bool:
    """Whether an explanation is too short to say why; what stands in a formula counts by its symbols."""
    spelled = re.sub(r"\$([^$]*)\$", lambda formula: " x" * len(re.findall(r"\w+", formula[1])), explanation)
    return len(spelled.split()) < LEAST_WORDS
