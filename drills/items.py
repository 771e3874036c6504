"""What an item is: one pydantic model per type of question. How to write them: docs/questions.md.

Texts are Markdown with `$...$` for LaTeX. Options are identified by their text, steps and pairs likewise, so that a
recorded answer keeps its meaning when an item is shuffled or gains an option.
"""

from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True, strict=True)]
Kebab = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", strict=True)]


class Model(BaseModel):
    """Common to all: no unknown fields, no change after reading, YAML names with spaces as aliases."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Wrong(Model):
    """Why an answer is wrong, and the misconception that leads to it where one does."""

    because: Text
    misconception: Kebab | None = None


class Figure(Model):
    """A picture beside the YAML file, with the words for whoever cannot see it."""

    file: Text
    alt: Text


class ItemBase(Model):
    """The fields of every item; `topic` defaults to the name of the file the item stands in."""

    id: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*(@\d+)?$", strict=True)]  # family@seed
    topic: Kebab
    difficulty: Literal[1, 2, 3]
    source: Text
    stem: Text
    because: Text
    figure: Figure | None = None
    exercise: Annotated[str, StringConstraints(pattern=r"^[a-z_]+/[a-z0-9_]+$")] | None = None


class SingleChoice(ItemBase):
    """One right option."""

    type: Literal["single choice"] = "single choice"
    key: Text
    distractors: Annotated[dict[Text, Wrong], Field(min_length=1)]

    @model_validator(mode="after")
    def _key_is_no_distractor(self) -> "SingleChoice":
        if self.key in self.distractors:
            raise ValueError("the key is also a distractor")
        return self


class MultipleChoice(ItemBase):
    """Several right options: `key` maps each to why it is right."""

    type: Literal["multiple choice"] = "multiple choice"
    key: Annotated[dict[Text, Text], Field(min_length=1)]
    distractors: Annotated[dict[Text, Wrong], Field(min_length=1)]

    @model_validator(mode="after")
    def _key_is_no_distractor(self) -> "MultipleChoice":
        if both := set(self.key) & set(self.distractors):
            raise ValueError(f"right and wrong at once: {sorted(both)}")
        return self


class Justification(Wrong):
    """A wrong justification, and the truth value that it argues for.

    None stands in papers from before justifications had sides: it is offered whatever the learner has answered.
    """

    argues: Annotated[bool, Field(strict=True)] | None = None


class TrueFalse(ItemBase):
    """A statement with a justification: chosen among `distractors` where there are some, else self-checked.

    The learner says true or false first and then sees the justifications that argue for that value only, so that they
    do not tell which value is right.
    """

    type: Literal["true/false"] = "true/false"
    key: Annotated[bool, Field(strict=True)]
    justification: Text
    misconception: Kebab | None = None
    distractors: dict[Text, Justification] = {}

    def side(self, value: bool) -> list[str]:
        """The justifications that argue for a truth value, the right one first; none where the item is self-checked."""
        own = [self.justification] if self.distractors and value is self.key else []
        return own + [text for text, why in self.distractors.items() if why.argues in (value, None)]

    @model_validator(mode="after")
    def _key_is_no_distractor(self) -> "TrueFalse":
        if self.justification in self.distractors:
            raise ValueError("the justification is also a distractor")
        return self


class Computed(Model):
    """A number given by the expression that computes it (see drills/expressions.py)."""

    compute: Text


class Tolerance(Model):
    """How far from the key an answer may be; both zero: exact."""

    absolute: Annotated[float, Field(ge=0)] = 0.0
    relative: Annotated[float, Field(ge=0, lt=1)] = 0.0

    def covers(self, value: float, key: float) -> bool:
        """Whether `value` counts as `key`; 1e-9 of the key is granted for rounding in the computation itself."""
        return abs(value - key) <= max(self.absolute, max(self.relative, 1e-9) * abs(key))


class Numeric(ItemBase):
    """A number; unit, convention and tolerance are shown before the answer, the exact value after."""

    type: Literal["numeric"] = "numeric"
    key: Computed
    unit: Text
    convention: Text | None = None
    tolerance: Tolerance = Tolerance()
    wrong_values: dict[Text, Wrong] = Field(
        default={}, validation_alias="wrong values", serialization_alias="wrong values"
    )


class Layer(Model):
    """One layer of a table. Which fields a kind needs is checked by drills/networks.py."""

    layer: Literal[
        "conv", "depthwise conv", "max pool", "average pool", "global average pool", "flatten", "dense", "batch norm",
        "relu", "tanh", "sigmoid", "softmax", "dropout", "embedding", "rnn", "lstm", "gru",
    ]  # fmt: skip
    filters: Annotated[int, Field(gt=0)] | None = None
    units: Annotated[int, Field(gt=0)] | None = None
    kernel: Annotated[int, Field(gt=0)] | None = None
    stride: Annotated[int, Field(gt=0)] | None = None
    padding: Annotated[int, Field(ge=0)] | Literal["same", "valid"] = 0
    dilation: Annotated[int, Field(gt=0)] = 1
    bias: bool = True
    vocabulary: Annotated[int, Field(gt=0)] | None = None


class LayerTable(ItemBase):
    """A network to be enumerated: per layer the output shape, the formula of its parameters and their number.

    A cell is named "<layer, from 1>.<column>", as in "3.parameters"; `blanks` lists the cells or columns to be filled
    in. `wrong values` maps a cell to the wrong values that mistakes give there.
    """

    type: Literal["layer table"] = "layer table"
    input_shape: Annotated[list[Annotated[int, Field(gt=0)]], Field(min_length=1, max_length=3)] = Field(
        validation_alias="input shape", serialization_alias="input shape"
    )
    layers: Annotated[list[Layer], Field(min_length=1)]
    blanks: Annotated[list[Text], Field(min_length=1)] = ["output", "formula", "parameters"]
    convention: Text | None = None
    wrong_values: dict[Text, dict[Text, Wrong]] = Field(
        default={}, validation_alias="wrong values", serialization_alias="wrong values"
    )


class Misordered(Model):
    """What it means to put one step before another that precedes it."""

    first: Text
    then: Text
    because: Text
    misconception: Kebab | None = None


class Ordering(ItemBase):
    """Steps in their right order."""

    type: Literal["ordering"] = "ordering"
    key: Annotated[list[Text], Field(min_length=3, max_length=8)]
    mistakes: list[Misordered] = []

    @model_validator(mode="after")
    def _mistakes_are_mistakes(self) -> "Ordering":
        if len(set(self.key)) < len(self.key):
            raise ValueError("a step occurs twice")
        for mistake in self.mistakes:
            if mistake.first not in self.key or mistake.then not in self.key:
                raise ValueError(f"a mistake names a step that is not in the key: '{mistake.first}', '{mistake.then}'")
            if self.key.index(mistake.first) < self.key.index(mistake.then):
                raise ValueError(f"'{mistake.first}' before '{mistake.then}' is the right order, not a mistake")
        return self


class Matching(ItemBase):
    """Pairs: each left text has one right text; `distractors` are right texts that belong to nothing."""

    type: Literal["matching"] = "matching"
    key: Annotated[dict[Text, Text], Field(min_length=3, max_length=8)]
    distractors: dict[Text, Wrong] = {}
    mistakes: dict[Text, dict[Text, Wrong]] = {}

    @model_validator(mode="after")
    def _texts_belong_together(self) -> "Matching":
        offered = set(self.key.values()) | set(self.distractors)
        if set(self.key.values()) & set(self.distractors):
            raise ValueError("a distractor is also the right partner of a left text")
        for left, wrong in self.mistakes.items():
            if left not in self.key:
                raise ValueError(f"mistakes name a left text that is not in the key: '{left}'")
            if strangers := set(wrong) - offered | set(wrong) & {self.key[left]}:
                raise ValueError(f"not a wrong partner of '{left}': {sorted(strangers)}")
        return self


class SpotTheBug(ItemBase):
    """Code with one wrong line: `key` is its number from 1, `fix` the right line."""

    type: Literal["spot the bug"] = "spot the bug"
    code: Annotated[str, StringConstraints(min_length=1)]
    language: str = "python"
    key: Annotated[int, Field(gt=0)]
    fix: Text
    distractors: Annotated[dict[int, Wrong], Field(min_length=2)]

    @model_validator(mode="after")
    def _lines_exist(self) -> "SpotTheBug":
        lines = self.code.splitlines()
        for number in (self.key, *self.distractors):
            if not (1 <= number <= len(lines) and lines[number - 1].strip()):
                raise ValueError(f"the code has no line {number} with text on it")
        if self.key in self.distractors:
            raise ValueError("the wrong line is also a distractor")
        return self


class Criterion(Model):
    """One point of a rubric, ticked as a whole or not at all."""

    points: Annotated[float, Field(gt=0)]
    criterion: Text
    misconception: Kebab | None = None


class Open(ItemBase):
    """A question answered in words; `key` is a model answer, `rubric` what earns points."""

    type: Literal["open"] = "open"
    key: Text
    rubric: Annotated[list[Criterion], Field(min_length=2)]


Item = (
    SingleChoice | MultipleChoice | TrueFalse | Numeric | LayerTable | Ordering | Matching | SpotTheBug | Open
)  # fmt: skip
MODELS: tuple[type[Item], ...] = get_args(Item)
TYPES: dict[str, type[Item]] = {model.model_fields["type"].default: model for model in MODELS}


def wrongs(item: Item) -> list[tuple[str, Wrong | Misordered]]:
    """Every explained wrong answer of an item with the words that name it, in the order written."""
    match item:
        case SingleChoice() | MultipleChoice() | TrueFalse():
            return list(item.distractors.items())
        case Numeric():
            return list(item.wrong_values.items())
        case LayerTable():
            return [
                (f"{cell} = {value}", w) for cell, values in item.wrong_values.items() for value, w in values.items()
            ]
        case Ordering():
            return [(f"{mistake.first} before {mistake.then}", mistake) for mistake in item.mistakes]
        case Matching():
            pairs = [(f"{left}: {right}", w) for left, wrong in item.mistakes.items() for right, w in wrong.items()]
            return [*item.distractors.items(), *pairs]
        case SpotTheBug():
            return [(f"line {number}", wrong) for number, wrong in item.distractors.items()]
        case Open():
            return []


def misconceptions(item: Item) -> set[str]:
    """The ids of all misconceptions that an answer to the item can reveal."""
    found = {wrong.misconception for _, wrong in wrongs(item)}
    if isinstance(item, TrueFalse):
        found.add(item.misconception)
    if isinstance(item, Open):
        found |= {criterion.misconception for criterion in item.rubric}
    return {identifier for identifier in found if identifier}


def from_data(data: dict[str, Any]) -> Item:
    """The item that a mapping of plain data (from JSON or YAML) describes.

    Raises:
        ValueError: for an unknown type; pydantic's ValidationError (a ValueError) for wrong fields.
    """
    kind = data.get("type")
    if not isinstance(kind, str) or kind not in TYPES:
        raise ValueError(f"type is '{kind}'; it must be one of: {', '.join(TYPES)}")
    return TYPES[kind].model_validate(data)


def to_data(item: Item) -> dict[str, Any]:
    """Plain data that `from_data` reads back to an equal item."""
    return item.model_dump(by_alias=True, exclude_defaults=False, mode="json", exclude_none=True)
