"""Language model, captions, scenes and the adding problem: what their pieces promise."""

import pytest
import torch

from reference.recurrent import scenes
from reference.recurrent.adding import ALWAYS_ONE, adding_problem
from reference.recurrent.beam_search import beam_search
from reference.recurrent.captioning import END, Captioner, caption_loss
from reference.recurrent.language_model import CharacterModel, cut, log_probabilities, loss


@pytest.fixture
def model():
    torch.manual_seed(0)
    return CharacterModel(symbols=7, embedding=4, hidden=6).double()


def test_windows_predict_every_symbol_once():
    windows = cut(torch.arange(10), 3)
    assert windows.tolist() == [[0, 1, 2, 3], [3, 4, 5, 6], [6, 7, 8, 9]]
    assert cut(torch.arange(9), 3).tolist() == [[0, 1, 2, 3], [3, 4, 5, 6]]


def test_stretches_with_the_state_carried_on_score_like_the_whole(model):
    text = torch.randint(7, (21,), generator=torch.Generator().manual_seed(1))
    whole = -loss(model, text.unsqueeze(0)) * 20
    for stretch in (1, 4, 5, 20):
        log_p = log_probabilities(model, text, streams=1, stretch=stretch)
        assert log_p.shape == (20,)
        torch.testing.assert_close(log_p.sum(), whole.detach())
    assert log_probabilities(model, text, streams=2, stretch=3).shape == (2 * 9,)
    with pytest.raises(ValueError, match="too few"):
        log_probabilities(model, text, streams=30, stretch=3)


def test_one_symbol_at_a_time_is_the_same(model):
    text = torch.randint(7, (2, 5), generator=torch.Generator().manual_seed(1))
    whole, _ = model(text)
    state = None
    for t in range(5):
        scores, state = model.step(text[:, t], state)
        torch.testing.assert_close(scores, whole[:, t])


def test_adding_problem_marks_one_number_in_each_half():
    X, sums = adding_problem(4000, 10, torch.Generator().manual_seed(0))
    numbers, marks = X.unbind(2)
    assert (marks[:, :5].sum(1) == 1).all()
    assert (marks[:, 5:].sum(1) == 1).all()
    torch.testing.assert_close((numbers * marks).sum(1, keepdim=True), sums)
    assert ((sums - 1) ** 2).mean().item() == pytest.approx(ALWAYS_ONE, rel=0.05)


def test_captions_are_unique_and_survive_encoding():
    captions = scenes.ALONE + scenes.PAIRS
    assert len(set(captions)) == len(captions) == 12 + 12 * 2 * 12
    for caption in captions:
        numbers = scenes.encode(caption)
        assert len(numbers) == scenes.LONGEST
        assert scenes.decode(numbers) == caption


def test_scenes_show_what_the_caption_says():
    """The mean positions of red and of blue pixels."""
    generator = torch.Generator().manual_seed(0)
    for relation, (dx, dy) in scenes.RELATIONS.items():
        images = scenes.render([f"a red circle {relation} a blue square"] * 20, generator).images
        assert images.shape == (20, 3, 32, 32)
        assert images.min() >= 0
        assert images.max() <= 1
        red = ((images[:, 0] - images[:, 1:].amax(1)) > 0.4).double()
        blue = ((images[:, 2] - images[:, :2].amax(1)) > 0.4).double()
        axis = torch.arange(32, dtype=torch.float64)
        for offset, dim in ((dx, 1), (dy, 2)):
            position = [(c.sum(dim) * axis).sum(1) / c.sum((1, 2)) for c in (red, blue)]
            if offset:
                assert ((position[0] - position[1]) * offset > 8).all()
            else:
                assert ((position[0] - position[1]).abs() < 6).all()


def test_shapes_alone_have_no_second_thing():
    images = scenes.render(["a green triangle"] * 10, torch.Generator().manual_seed(0)).images
    blue = (images[:, 2] - images[:, :2].amax(1)) > 0.4
    green = (images[:, 1] - images[:, (0, 2)].amax(1)) > 0.3
    assert not blue.any()
    assert (green.sum((1, 2)) > 40).all()


@pytest.fixture
def captioner():
    torch.manual_seed(0)
    return Captioner(words=len(scenes.WORDS)).eval()


def test_greedy_decoding_is_the_beam_of_one(captioner):
    images = scenes.render(
        ["a red circle", "a blue square above a red triangle"], torch.Generator().manual_seed(0)
    ).images
    written = captioner.greedy(images, 5)
    for image, numbers in zip(images, written.tolist(), strict=True):
        (best,) = beam_search(captioner.next_words(image), 1, 5, stop=END)
        assert best.symbols + [END] * (5 - len(best.symbols)) == numbers


def test_the_loss_counts_words_up_to_the_end_only(captioner):
    rendered = scenes.render(["a red circle", "a blue square above a red triangle"], torch.Generator().manual_seed(0))
    scores = captioner(rendered.images, rendered.captions)
    log_p = scores.log_softmax(-1)
    wanted = [-log_p[0, t, rendered.captions[0, t]] for t in range(4)]
    wanted += [-log_p[1, t, rendered.captions[1, t]] for t in range(8)]
    torch.testing.assert_close(caption_loss(scores, rendered.captions), torch.stack(wanted).mean())


def test_each_word_sees_the_words_before_it_only(captioner):
    rendered = scenes.render(["a red circle left of a blue square"], torch.Generator().manual_seed(0))
    other = rendered.captions.clone()
    other[0, 3] = (other[0, 3] + 1) % len(scenes.WORDS)
    before, after = captioner(rendered.images, rendered.captions), captioner(rendered.images, other)
    torch.testing.assert_close(before[:, :4], after[:, :4])
    assert not torch.allclose(before[:, 4:], after[:, 4:])
