"""Generators: families of items from one function and a seed. `@generator(...)` registers a family.

A family is `function(source: Source) -> Item`. It draws only from the given source, so that the same seed gives the
same item on any machine, and lets the reference compute the key. The item's id is set here: `<family>@<seed>`.
"""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass

from drills.expressions import evaluate
from drills.items import Item, Numeric, Wrong
from drills.randomness import Source

Make = Callable[[Source], Item]


@dataclass(frozen=True)
class Generator:
    """A family of items: what it is about, and how to make the item of a seed."""

    id: str
    topic: str
    difficulty: int
    title: str
    make: Make

    def __call__(self, seed: int) -> Item:
        """The item of this seed, with the id `<family>@<seed>`."""
        item = self.make(Source(f"{self.id}:{seed}"))
        if isinstance(item, Numeric):
            item = item.model_copy(update={"wrong_values": _distinct(item)})
        return item.model_copy(update={"id": f"{self.id}@{seed}", "topic": self.topic, "difficulty": self.difficulty})


def _distinct(item: Numeric) -> dict[str, Wrong]:
    """The wrong values that differ from the key and from each other by more than the tolerance; the first one stays."""
    taken, kept = [float(evaluate(item.key.compute))], {}
    for expression, wrong in item.wrong_values.items():
        value = float(evaluate(expression))
        if not any(item.tolerance.covers(value, other) for other in taken):
            taken.append(value)
            kept[expression] = wrong
    return kept


_REGISTRY: dict[str, Generator] = {}


def generator(id: str, *, topic: str, difficulty: int) -> Callable[[Make], Make]:
    """Registers a family under an id that never changes; the docstring's first line is its title.

    Raises:
        ValueError: when the id is taken or the function has no docstring.
    """

    def register(make: Make) -> Make:
        if id in _REGISTRY:
            raise ValueError(f"two generators are called {id}")
        if not make.__doc__:
            raise ValueError(f"generator {id} needs a docstring: its first line is shown as the title")
        title = make.__doc__.strip().splitlines()[0].rstrip(".")
        _REGISTRY[id] = Generator(id, topic, difficulty, title, make)
        return make

    return register


def load_generators() -> dict[str, Generator]:
    """Every family by id; importing the modules of this package registers them."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
    return dict(sorted(_REGISTRY.items()))


def instance(item_id: str) -> Item:
    """The item of an id `<family>@<seed>`.

    Raises:
        KeyError: when no such family is registered.
    """
    family, _, seed = item_id.partition("@")
    return load_generators()[family](int(seed))
