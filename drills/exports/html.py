r"""Markdown with `$...$` as HTML with `\(...\)`, which Moodle and Anki hand to MathJax."""

import re
from html import escape

PIECES = re.compile(
    r"(?<!\\)\$(?P<math>.+?)(?<!\\)\$|`(?P<code>[^`]+)`|\*\*(?P<bold>.+?)\*\*|(?<!\*)\*(?P<italic>[^*\s][^*]*)\*", re.S
)
FENCED = re.compile(r"```\w*\n(.*?)```", re.S)


def inline(text: str) -> str:
    """One paragraph."""
    done, end = [], 0
    for match in PIECES.finditer(text):
        done.append(_plain(text[end : match.start()]))
        end = match.end()
        if match["math"]:
            done.append(rf"\({escape(match['math'], quote=False)}\)")
        elif match["code"]:
            done.append(f"<code>{escape(match['code'], quote=False)}</code>")
        elif match["bold"]:
            done.append(f"<b>{inline(match['bold'])}</b>")
        else:
            done.append(f"<i>{inline(match['italic'])}</i>")
    return "".join([*done, _plain(text[end:])])


def html(text: str) -> str:
    """Paragraphs and fenced code; a single paragraph stays without a tag."""
    parts = []
    for number, piece in enumerate(FENCED.split(text)):
        if number % 2:
            parts.append(f"<pre>{escape(piece.rstrip(), quote=False)}</pre>")
        else:
            parts += [inline(paragraph.strip()) for paragraph in re.split(r"\n\s*\n", piece) if paragraph.strip()]
    return parts[0] if len(parts) == 1 else "".join(p if p.startswith("<pre>") else f"<p>{p}</p>" for p in parts)


def _plain(text: str) -> str:
    return escape(text.replace("\\$", "$"), quote=False)
