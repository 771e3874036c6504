"""Output sizes of a convolution: floor((n + 2p - d(k - 1) - 1) / s) + 1 per axis (Dumoulin and Visin 2016, eq. 14)."""

from drills.generators import generator
from drills.generators.common import padded
from drills.items import Computed, Item, Numeric, Wrong
from drills.randomness import Source


@generator("conv-output-size", topic="output-size", difficulty=1)
def conv_output_size(source: Source) -> Item:
    """Output size of a convolution with stride and padding.

    Sizes are drawn so that the division leaves a remainder half of the time: only then does the floor matter.
    """
    size, kernel = source.integer(20, 64), source.choice([3, 5, 7])
    stride, padding = source.integer(1, 3), source.integer(0, kernel // 2)
    wrong = {
        f"({size} - {kernel} + {padding}) // {stride} + 1": Wrong(
            because="You added the padding on one side only: it enlarges the input by $2P$.",
            misconception="padding-on-one-side",
        ),
        f"({size} + 2 * {padding} - {kernel}) // {stride}": Wrong(
            because="The kernel's first position counts too: there are $\\lfloor(H + 2P - K)/S\\rfloor$ steps "
            "after it, hence one position more.",
            misconception="output-size-forgets-the-first-position",
        ),
        f"{size} + 2 * {padding} - {kernel} + 1": Wrong(
            because="That is the size for stride 1; a stride of $S$ keeps only every $S$-th position.",
            misconception="output-size-ignores-the-stride",
        ),
        f"({size} - {kernel}) // {stride} + 1": Wrong(
            because="You left out the padding, which lengthens the input before the kernel moves over it.",
            misconception="padding-ignored",
        ),
        f"{size} // {stride}": Wrong(
            because="You divided by the stride alone; the kernel has to fit as well.",
        ),
    }
    return Numeric(
        id="conv-output-size",
        topic="output-size",
        difficulty=1,
        source="Dumoulin and Visin 2016, A guide to convolution arithmetic for deep learning, relationship 6",
        stem=f"A square image of {size} x {size} pixels passes a convolution with a {kernel} x {kernel} kernel, stride "
        f"{stride} and {padded(padding)}. How many rows does the output have?",
        unit="rows",
        convention="a kernel position that does not fit completely is dropped",
        key=Computed(compute=f"convolutional.output_size.output_size({size}, {kernel}, {stride}, {padding})"),
        because=f"$\\lfloor({size} + 2\\cdot{padding} - {kernel})/{stride}\\rfloor + 1 = "
        f"{(size + 2 * padding - kernel) // stride + 1}$: the last term is the kernel's first position.",
        wrong_values=wrong,
        exercise="convolutional/output_size",
    )
