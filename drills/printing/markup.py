"""Markdown with formulas as reportlab prints it: formulas are drawn by matplotlib and set on the line of the text."""

import re
from functools import lru_cache
from hashlib import sha256
from html import escape
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.mathtext import MathTextParser
from PIL import Image
from reportlab.lib.colors import toColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Flowable, Paragraph, Preformatted

from drills.mathtext import translated

DPI = 600
FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"  # matplotlib brings STIX, which suits its formulas
FACES = {"Text": "STIXGeneral", "Text-Bold": "STIXGeneralBol", "Text-Italic": "STIXGeneralItalic",
         "Text-BoldItalic": "STIXGeneralBolIta", "Code": "DejaVuSansMono"}  # fmt: skip
PIECES = re.compile(
    r"(?<!\\)\$(?P<math>.+?)(?<!\\)\$|`(?P<code>[^`]+)`|\*\*(?P<bold>.+?)\*\*|(?<!\*)\*(?P<italic>[^*\s][^*]*)\*", re.S
)


@lru_cache(maxsize=1)
def styles() -> dict[str, ParagraphStyle]:
    """The paragraph styles; registers the fonts on first use."""
    for name, file in FACES.items():
        pdfmetrics.registerFont(TTFont(name, str(FONTS / f"{file}.ttf")))
    pdfmetrics.registerFontFamily("Text", "Text", "Text-Bold", "Text-Italic", "Text-BoldItalic")
    body = ParagraphStyle("body", fontName="Text", fontSize=10.5, leading=14.5)
    return {
        "body": body,
        "small": ParagraphStyle("small", body, fontSize=9, leading=12, textColor="#333333"),
        "why": ParagraphStyle("why", body, fontSize=9.5, leading=13, textColor="#1a4a7a"),
        "points": ParagraphStyle("points", body, fontSize=9.5, alignment=TA_RIGHT),
        "title": ParagraphStyle("title", body, fontName="Text-Bold", fontSize=17, leading=22),
        "block": ParagraphStyle("block", body, fontName="Text-Bold", fontSize=12.5, leading=17, spaceBefore=6),
        "code": ParagraphStyle("code", body, fontName="Code", fontSize=8.6, leading=11.5, leftIndent=8),
    }


class Setter:
    """Turns texts into paragraphs; `folder` keeps the formulas' pictures until the document is built."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._parser = MathTextParser("agg")
        self._styles = styles()
        self._ink = toColor("black")

    def flow(self, text: str, style: str = "body", lead: str = "") -> list[Flowable]:
        """Paragraphs and fenced code; `lead` is markup that the first paragraph begins with."""
        parts: list[Flowable] = []
        for piece in re.split(r"```\w*\n(.*?)```", text.strip(), flags=re.S):
            if len(parts) % 2 and piece.strip() and "```" in text:
                parts.append(Preformatted(piece.rstrip(), self._styles["code"]))
                continue
            for paragraph in re.split(r"\n\s*\n", piece):
                if paragraph.strip():
                    parts.append(self.line(paragraph, style, lead))
                    lead = ""
        return parts

    def line(self, text: str, style: str = "body", lead: str = "") -> Paragraph:
        """One paragraph."""
        self._ink = toColor(self._styles[style].textColor)
        return Paragraph(lead + self.markup(text, self._styles[style].fontSize), self._styles[style])

    def code(self, text: str) -> Preformatted:
        """Code with its line numbers."""
        lines = [f"{number:2d}  {line}" for number, line in enumerate(text.rstrip().splitlines(), start=1)]
        return Preformatted("\n".join(lines), self._styles["code"])

    def markup(self, text: str, size: float) -> str:
        """reportlab's markup of a Markdown text."""
        text = " ".join(text.split())
        done, end = [], 0
        for match in PIECES.finditer(text):
            done.append(_plain(text[end : match.start()]))
            end = match.end()
            if formula := match["math"]:
                done.append(self._formula(formula, size))
            elif code := match["code"]:
                done.append(f'<font name="Code" size="{size * 0.85:.1f}">{escape(code)}</font>')
            elif bold := match["bold"]:
                done.append(f"<b>{self.markup(bold, size)}</b>")
            else:
                done.append(f"<i>{self.markup(match['italic'], size)}</i>")
        return "".join([*done, _plain(text[end:])])

    def _formula(self, formula: str, size: float) -> str:
        """The formula as an inline picture that stands on the baseline; its source where it cannot be drawn."""
        font = FontProperties(size=size, math_fontfamily="stix")
        try:
            drawn = self._parser.parse(f"${translated(formula)}$", dpi=DPI, prop=font)
        except ValueError:
            return f'<font name="Code" size="{size * 0.85:.1f}">{escape(formula)}</font>'
        ink = np.asarray(drawn.image)
        file = self._folder / f"{sha256(f'{formula} {size} {self._ink}'.encode()).hexdigest()[:20]}.png"
        if not file.exists():
            cover, colour = ink[..., None] / 255, np.array(self._ink.rgb())
            Image.fromarray(np.uint8(255 * (1 - cover * (1 - colour)))).save(file)
        scale = 72 / DPI
        width, height = ink.shape[1] * scale, ink.shape[0] * scale
        return f'<img src="{file}" width="{width:.3f}" height="{height:.3f}" valign="{-drawn.depth * scale:.3f}"/>'


def _plain(text: str) -> str:
    return escape(text.replace("\\$", "$"), quote=False)
