"""Marking: every type, right, wrong, half right, blank and unreadable; answers as people type them."""

import random
import re
from pathlib import Path

import pytest
import yaml

from drills import answers
from drills.answers import AnswerError
from drills.items import Item, from_data, misconceptions, to_data
from drills.marking import mark
from drills.networks import rows, solution
from drills.presentation import shown_options, shown_side

DOCS = Path(__file__).parents[2] / "docs" / "questions.md"
EXAMPLES: dict[str, Item] = {}
for block in re.findall(r"```yaml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S):
    for entry in yaml.safe_load(block):
        EXAMPLES[entry["id"]] = from_data({"topic": "activations", **entry})


def example(identifier: str, **changes: object) -> Item:
    return EXAMPLES[identifier].model_copy(update=changes)


def test_single_choice_explains_the_chosen_option():
    item = from_data({**to_data(EXAMPLES["layernorm-statistics-count"]),
                      "distractors": {"7": {"because": "that is batch norm", "misconception": "over-the-batch"},
                                      "28": {"because": "that is every activation"}}})  # fmt: skip
    wrong = mark(item, "7")
    assert (wrong.points, wrong.maximum, wrong.misconceptions) == (0, 1, ("over-the-batch",))
    assert [part.because for part in wrong.parts if part.given] == ["that is batch norm"]
    assert mark(item, "4").right
    assert mark(item, "28").misconceptions == ()
    with pytest.raises(AnswerError):
        mark(item, "5")


def test_multiple_choice_ticking_everything_gains_nothing():
    item = EXAMPLES["relu-properties"]
    right, wrong = list(item.key), list(item.distractors)
    assert mark(item, right).points == 1
    assert mark(item, right[:1]).points == 0.5
    assert mark(item, right + wrong).points == 0
    assert mark(item, wrong).points == 0
    assert mark(item, [*right, wrong[0]]).points == 0.5


@pytest.mark.parametrize(
    ("value", "reason", "points"),
    [(False, 0, 1), (False, 1, 0.5), (False, None, 0.5), (True, 0, 0), (True, 2, 0), (True, None, 0)],
)
def test_true_false_pays_the_justification_only_with_the_right_value(value, reason, points):
    item = EXAMPLES["leaky-relu-continuous"]
    reasons = [item.justification, *item.distractors]
    answer = {"value": value, "justification": None if reason is None else reasons[reason]}
    assert mark(item, answer).points == points


def test_each_side_has_justifications_of_its_own():
    item = EXAMPLES["leaky-relu-continuous"]
    assert item.side(False)[0] == item.justification
    assert set(item.side(True)) | set(item.side(False)) == {item.justification, *item.distractors}
    assert not set(item.side(True)) & set(item.side(False))
    for value in (True, False):
        assert sorted(shown_side(item, value, 7)) == sorted(item.side(value))
        with pytest.raises(AnswerError, match="argues for your answer"):
            mark(item, {"value": value, "justification": item.side(not value)[-1]})


def test_a_wrong_value_and_its_justification_both_show_their_misconception():
    data = to_data(EXAMPLES["leaky-relu-continuous"])
    reason = EXAMPLES["leaky-relu-continuous"].side(True)[0]
    data["misconception"], data["distractors"][reason]["misconception"] = "leaky-jump", "kinks-are-jumps"
    lost = mark(from_data(data), {"value": True, "justification": reason})
    assert (lost.points, lost.misconceptions) == (0, ("leaky-jump", "kinks-are-jumps"))


def test_a_paper_from_before_justifications_had_sides_is_still_read_and_marked():
    data = to_data(EXAMPLES["leaky-relu-continuous"])
    for why in data["distractors"].values():
        del why["argues"]
    old = from_data(data)
    wrong = next(iter(old.distractors))
    assert set(old.side(True)) == set(old.distractors)
    assert mark(old, {"value": False, "justification": wrong}).points == 0.5
    assert mark(old, {"value": True, "justification": wrong}).points == 0


def test_true_false_self_checked_and_its_misconception():
    item = example("leaky-relu-continuous", distractors={}, misconception="leaky-jump")
    assert mark(item, {"value": False, "justified": True}).points == 1
    assert mark(item, {"value": False, "justified": False}).points == 0.5
    lost = mark(item, {"value": True, "justified": True})
    assert (lost.points, lost.misconceptions) == (0, ("leaky-jump",))
    assert misconceptions(item) == {"leaky-jump"}


@pytest.mark.parametrize("typed", ["14", " 14 ", "14.0", "2*7", "(32-5)//2+1", "1.4e1", "28/2", "1_4"])
def test_a_number_may_be_typed_in_many_ways(typed):
    assert mark(EXAMPLES["conv-output-size-floor"], typed).right


def test_a_wrong_number_is_explained_by_what_gives_it():
    marked = mark(EXAMPLES["conv-output-size-floor"], "13")
    assert not marked.right
    assert marked.parts[0].because.startswith("You counted the steps")
    assert marked.parts[0].expected == "14"
    assert mark(EXAMPLES["conv-output-size-floor"], "99").parts[0].because == ""


def test_tolerance_is_inclusive_and_symmetric():
    item = EXAMPLES["softmax-of-two-scores"]  # 0.880797..., absolute 0.005
    assert mark(item, "0.88").right
    assert mark(item, "0,8850").right
    assert not mark(item, "0.887").right
    assert not mark(item, "0.875").right
    assert mark(item, "88.1%").right


@pytest.mark.parametrize(
    ("typed", "value"),
    [("1,234", 1234), ("1,234,567", 1234567), ("0,5", 0.5), ("12,34", 12.34), ("1 234", 1234), ("-3", -3), ("−3", -3),
     ("0,731", 0.731), ("-0,125", -0.125), ("1.234,5", 1234.5), ("1,234.5", 1234.5), ("1.234.567", 1234567),
     ("1.125", 1.125), ("10,0", 10), ("2*1,5", 3), ("3×4", 12), ("3x4", 12), ("2^10", 1024), ("1e-3", 0.001), ("61.706", 61.706), ("50%", 0.5), ("+7", 7)],
)  # fmt: skip
def test_numbers(typed, value):
    assert answers.number(typed) == pytest.approx(value)


def test_a_comma_before_three_digits_is_read_by_the_key():
    """Half of Europe writes 1,125 for 1.125, the other half of the world for 1125."""
    item = from_data({**to_data(EXAMPLES["softmax-of-two-scores"]), "key": {"compute": "9/8"}})
    assert mark(item, "1,125").right
    assert mark(item, "1.125").right
    large = from_data({**to_data(item), "key": {"compute": "5*225"}})
    assert mark(large, "1,125").right
    assert not mark(large, "1.125").right
    exact = EXAMPLES["conv-output-size-floor"]
    assert mark(exact, "1,125").parts[0].read == "1125"
    assert mark(item, "1,3").parts[0].read == "1.3"
    assert mark(item, "1.3").parts[0].read == ""
    assert mark(item, "9/4").parts[0].read == "2.25"


@pytest.mark.parametrize(
    "typed", ["", "abc", "1/0", "__import__('os')", "9**9**9", "nan", "1e999", "(1).real", "[1]", "1" * 300]
)
def test_what_is_no_number_is_refused(typed):
    with pytest.raises(AnswerError):
        answers.number(typed)


def test_layer_table_marks_cell_by_cell():
    item = EXAMPLES["small-cnn-table"]
    right = {"1.output": "16 x 28 x 28", "1.formula": "(5*5*3 + 1)*16", "1.parameters": "1216", "3.output": "16x14x14",
             "4.output": "3136", "5.formula": "3136*10+10", "5.parameters": "31 370"}  # fmt: skip
    assert mark(item, right).right
    assert mark(item, right).maximum == 7
    last = mark(item, {**right, "1.output": "28 × 28 × 16"})
    assert last.right, "height x width x channels is the course's order"
    forgot = mark(item, {**right, "1.parameters": "1200", "1.formula": "1216", "4.output": "16 x 196"})
    assert forgot.points == 4
    explained = {part.label: part.because for part in forgot.parts if not part.right}
    assert explained["1.parameters"].startswith("You left out the biases")
    assert set(explained) == {"1.parameters", "1.formula", "4.output"}, "a formula must show the computation"
    assert mark(item, {"1.output": "rubbish", "1.parameters": "1216"}).points == 1


def test_ordering():
    item = EXAMPLES["training-step-order"]
    draw, forward, backward, update = item.key
    assert mark(item, item.key).points == 1
    swapped = mark(item, [draw, forward, update, backward])
    assert swapped.points == pytest.approx(1 / 3)
    assert "only the backward pass gives" in "".join(part.because for part in swapped.parts)
    with pytest.raises(AnswerError):
        mark(item, [draw, forward, backward])


def test_matching():
    item = EXAMPLES["output-activation-by-task"]
    answer = dict(item.key)
    assert mark(item, answer).points == 1
    mistaken = mark(item, {**answer, "one of many classes": "sigmoid"})
    assert mistaken.points == pytest.approx(2 / 3)
    assert any("independent of each other" in part.because for part in mistaken.parts)
    assert mark(item, {"one of two classes": "sigmoid"}).points == pytest.approx(1 / 3)


def test_spot_the_bug():
    item = EXAMPLES["bug-softmax-axis"]
    assert mark(item, 5).right
    wrong = mark(item, 3)
    assert wrong.points == 0
    assert "overflowing" in next(part.because for part in wrong.parts if part.given)
    assert "does what it should" in next(part.because for part in mark(item, 6).parts if part.given)
    with pytest.raises(AnswerError):
        mark(item, 70)


def test_open_is_ticked_point_by_point():
    item = EXAMPLES["why-lstm-not-rnn"]
    assert mark(item, {"text": "x", "ticked": [0, 1, 2]}).right
    assert mark(item, {"text": "x", "ticked": [0]}).points == 2
    assert mark(item, {"text": "x", "ticked": []}).points == 0
    with pytest.raises(AnswerError):
        mark(item, {"text": "x", "ticked": [3]})


@pytest.mark.parametrize("identifier", EXAMPLES)
@pytest.mark.parametrize("blank", [None, "", [], {}, "  "])
def test_a_blank_answer_has_no_points_and_shows_no_misconception(identifier, blank):
    marked = mark(EXAMPLES[identifier], blank)
    assert marked.blank
    assert (marked.points, marked.misconceptions) == (0, ())
    assert marked.maximum > 0
    assert marked.parts


@pytest.mark.parametrize("identifier", EXAMPLES)
def test_rubbish_is_refused_and_never_marked_right(identifier):
    for rubbish in (
        7.5,
        "rubbish",
        ["rubbish"],
        {"rubbish": "rubbish"},
        {"ticked": "rubbish"},
        {"value": "rubbish"},
        True,
    ):
        try:
            assert mark(EXAMPLES[identifier], rubbish).points == 0
        except AnswerError:
            continue


@pytest.mark.parametrize("identifier", EXAMPLES)
def test_an_item_survives_as_data(identifier):
    assert from_data(to_data(EXAMPLES[identifier])) == EXAMPLES[identifier]


@pytest.mark.parametrize("identifier", EXAMPLES)
def test_options_are_shuffled_by_seed_and_complete(identifier):
    item = EXAMPLES[identifier]
    orders = [tuple(shown_options(item, seed)) for seed in range(30)]
    assert orders == [tuple(shown_options(item, seed)) for seed in range(30)]
    assert len({tuple(sorted(order)) for order in orders}) == 1
    if item.type == "ordering":
        assert tuple(item.key) not in orders
    if item.type == "single choice":
        assert {order.index(item.key) for order in orders} == set(range(len(orders[0]))), "the key turns up everywhere"


def test_layer_tables_agree_with_torch():
    """Random convolutional and recurrent networks: shapes and counts of the table against torch's own."""
    import torch
    from torch import nn

    rng = random.Random(5)
    for _ in range(25):
        channels, size = rng.randint(1, 4), rng.randint(24, 40)
        layers, modules, depth = [], [], channels
        for _ in range(rng.randint(1, 3)):
            kernel, stride, padding, filters = (
                rng.choice([1, 3, 5]),
                rng.randint(1, 2),
                rng.randint(0, 2),
                rng.randint(2, 6),
            )
            bias = rng.random() < 0.7
            layers += [{"layer": "conv", "filters": filters, "kernel": kernel, "stride": stride,
                        "padding": padding, "bias": bias},
                       {"layer": "batch norm"}, {"layer": "relu"},
                       {"layer": "depthwise conv", "kernel": 3, "padding": "same"}]  # fmt: skip
            modules += [nn.Conv2d(depth, filters, kernel, stride, padding, bias=bias), nn.BatchNorm2d(filters),
                        nn.ReLU(), nn.Conv2d(filters, filters, 3, padding=1, groups=filters)]  # fmt: skip
            depth = filters
        layers += [{"layer": "max pool", "kernel": 2}, {"layer": "flatten"}]
        modules += [nn.MaxPool2d(2), nn.Flatten()]
        base = to_data(EXAMPLES["small-cnn-table"])
        item = from_data(
            {**base, "input shape": [channels, size, size], "layers": layers, "blanks": ["output"], "wrong values": {}}
        )
        signal = torch.zeros(2, channels, size, size)
        for row, module in zip(rows(item), modules, strict=True):
            signal = module(signal)
            assert row.output == tuple(signal.shape[1:])
            assert row.parameters == sum(p.numel() for p in module.parameters())
            assert answers.formula(row.formula)[0] == row.parameters


def test_recurrent_layers_of_a_table():
    base = to_data(EXAMPLES["small-cnn-table"])
    layers = [
        {"layer": "embedding", "vocabulary": 50, "units": 8},
        {"layer": "lstm", "units": 7},
        {"layer": "gru", "units": 3},
        {"layer": "rnn", "units": 2, "bias": False},
        {"layer": "dense", "units": 4},
    ]
    item = from_data({**base, "input shape": [20], "layers": layers, "blanks": ["output"], "wrong values": {}})
    assert [row.output for row in rows(item)] == [(20, 8), (20, 7), (20, 3), (20, 2), (20, 4)]
    import torch
    from torch import nn

    modules = [nn.Embedding(50, 8), nn.LSTM(8, 7), nn.GRU(7, 3), nn.RNN(3, 2, bias=False), nn.Linear(2, 4)]
    second_biases = [0, 4 * 7, 3 * 3, 0, 0]  # torch has two bias vectors per gate, the convention here is one
    for row, module, second in zip(rows(item), modules, second_biases, strict=True):
        assert row.parameters == sum(torch.numel(p) for p in module.parameters()) - second
    assert [row.parameters for row in rows(item)] == [400, 4 * 7 * (8 + 7 + 1), 3 * 3 * (7 + 3 + 1), 2 * (3 + 2), 4 * 3]


def right_answer(item: Item) -> object:
    """The answer that an all-knowing learner gives."""
    match item.type:
        case "single choice" | "spot the bug" | "ordering" | "matching":
            return item.key
        case "multiple choice":
            return list(item.key)
        case "true/false":
            return {"value": item.key, "justification": item.justification, "justified": True}
        case "numeric":
            return item.key.compute.replace("math.exp(2)", "7.38906").replace("math.exp(0)", "1")
        case "layer table":
            return solution(item)
        case "open":
            return {"text": "x", "ticked": list(range(len(item.rubric)))}


SELF_CHECKED = example("leaky-relu-continuous", distractors={})
WHOLE = [*(item for item in EXAMPLES.values() if item.id != "conv-output-size-floor"), SELF_CHECKED]


@pytest.mark.parametrize("item", WHOLE, ids=lambda item: item.id)
def test_the_right_answer_has_every_part_right(item):
    marked = mark(item, right_answer(item))
    assert marked.right
    assert not marked.blank
    assert marked.points == marked.maximum > 0
    assert all(part.right for part in marked.parts)
    assert marked.misconceptions == ()
    blank = mark(item, None)
    assert blank.maximum == marked.maximum
    assert [part.label for part in blank.parts if part.expected] == [
        part.label for part in marked.parts if part.expected
    ]
    assert not any(part.right or part.given for part in blank.parts)


def test_what_a_wrong_answer_shows_part_by_part():
    table = EXAMPLES["small-cnn-table"].model_dump(by_alias=True)
    table["wrong values"] = {
        "1.output": {"16 x 32 x 32": {"because": "You took it for a padded one.", "misconception": "always-padded"}}
    }
    padded = mark(from_data(table), {"1.output": "16x32x32", "3.output": "1 x 2 x 3"})
    shown = {part.label: (part.because, part.misconception) for part in padded.parts if part.given}
    table["wrong values"] = {"4.output": {"14 * 14": {"because": "You left out the channels."}}}
    assert [part.because for part in mark(from_data(table), {"4.output": "196"}).parts if part.given] == [
        "You left out the channels."
    ]
    assert shown == {"1.output": ("You took it for a padded one.", "always-padded"), "3.output": ("", None)}

    swapped = EXAMPLES["training-step-order"]
    draw, forward, backward, update = swapped.key
    parts = {part.label: part for part in mark(swapped, [draw, forward, update, backward]).parts}
    assert [parts[step].right for step in swapped.key] == [True, True, False, False]
    assert (parts[update].given, parts[update].expected) == ("3", "4")
    assert parts[update].because
    assert not parts[backward].because

    rubric = EXAMPLES["why-lstm-not-rnn"]
    rubric = rubric.model_copy(
        update={"rubric": [c.model_copy(update={"misconception": f"m{i}"}) for i, c in enumerate(rubric.rubric)]}
    )
    marked = mark(rubric, {"text": "x", "ticked": [1]})
    assert [part.right for part in marked.parts] == [False, True, False]
    assert marked.misconceptions == ("m0", "m2")

    justified = mark(SELF_CHECKED, {"value": False, "justified": False})
    assert [part.right for part in justified.parts] == [True, False]
