"""The order in which an item's options are shown: by seed, so that a reload shows the same and a repeat does not."""

from drills.items import Item, Matching, MultipleChoice, Ordering, SingleChoice, SpotTheBug, TrueFalse
from drills.randomness import Source


def shown_side(item: TrueFalse, value: bool, seed: int | str) -> list[str]:
    """The justifications that whoever has answered `value` chooses from."""
    return Source(f"{item.id}:{seed}:{value}").shuffled(item.side(value))


def shown_options(item: Item, seed: int | str) -> list[str]:
    """What the learner chooses from: options, justifications, steps to order, right texts to match, lines of code.

    Steps are never shown in their right order; lines of code keep theirs. Items that are typed have no options.
    """
    source = Source(f"{item.id}:{seed}")
    match item:
        case SingleChoice():
            return source.shuffled([item.key, *item.distractors])
        case MultipleChoice():
            return source.shuffled([*item.key, *item.distractors])
        case TrueFalse():
            return list(dict.fromkeys([*shown_side(item, True, seed), *shown_side(item, False, seed)]))
        case Matching():
            return source.shuffled(list(dict.fromkeys([*item.key.values(), *item.distractors])))
        case Ordering():
            steps = source.shuffled(item.key)
            return steps if steps != item.key else [*steps[1:], steps[0]]
        case SpotTheBug():
            return [line for line in item.code.splitlines() if line.strip()]
        case _:
            return []
