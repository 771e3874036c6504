"""Which formulas the printed exam can draw: the quick answer must be matplotlib's own."""

import pytest
from matplotlib.mathtext import MathTextParser

from drills.mathtext import not_printable, translated

FORMULAS = [
    r"c_t = f_t \odot c_{t-1} + i_t \odot g_t", r"\lfloor (32 - 5)/2 \rfloor + 1", r"\frac{\partial E}{\partial w_{ij}}",
    r"\sqrt{d_k}",
    r"\max(0, x)", r"\text{softmax}(x)", r"\left(\frac{a}{b}\right)", r"\mathbb{E}_{x \sim p}[\log D(x)]", r"x^2_1",
    r"\{a, b\}",
    r"W^\top x", r"\tanh'(a_j)", r"a \le b < c", r"50\,\%", r"\hat{y} - y", r"{a, b}", r"\mathrm{ReLU}", r"e^{-x}",
    r"\operatorname{softmax}(x)", r"\sum_{i=1}^{n} x_i", r"x_{t-1}, x_t", r"-1", r"=", r"\lVert x \rVert_2",
    r"10^{-8}", r"a_1,\dots,a_n",
    # and what it cannot draw
    r"\begin{matrix}1\end{matrix}", r"\tfrac12", r"\big(x\big)", r"\operatorname*{argmax}_x", r"\xrightarrow{a}", r"a_b_c", r"{a",
    r"a}", r"\frac{a}", r"x_", r"\left( a", r"\nosuch + 1", r"\sqrt", r"\mathbf x",
]  # fmt: skip


@pytest.mark.parametrize("formula", FORMULAS)
def test_agrees_with_matplotlib(formula):
    try:
        MathTextParser("path").parse(f"${translated(formula)}$")
        drawn = True
    except ValueError:
        drawn = False
    assert (not_printable(formula) == "") is drawn
