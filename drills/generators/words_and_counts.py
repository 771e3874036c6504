"""Windows, costs and counts of language models: CBOW, skip-gram, the neural language model, bigrams."""

from itertools import pairwise

from drills.generators import generator
from drills.generators.common import SET_BY_REGISTRY, single_choice, times
from drills.items import Computed, Item, Numeric, Tolerance, Wrong
from drills.randomness import Source

SENTENCES = (
    "the old cat sleeps on a warm mat today",
    "a small boat sails along the green river bank",
    "my brother plays loud music in our quiet house",
    "these young birds learn to sing before they fly",
    "every good cook tastes the soup before serving it",
    "red leaves fall slowly from that tall maple tree",
)
MIKOLOV = "Mikolov, Chen, Corrado and Dean 2013, Efficient estimation of word representations in vector space"


@generator("cbow-context", topic="word2vec", difficulty=1)
def cbow_context(source: Source) -> Item:
    """The context of a word in a window."""
    words = source.choice(SENTENCES).split()
    radius, place = source.integer(2, 3), source.integer(0, len(words) - 1)
    before, after = words[max(0, place - radius) : place], words[place + 1 : place + 1 + radius]
    missing = 2 * radius - len(before) - len(after)
    filled = (
        words[max(0, place - radius - missing) : place] + after
        if len(before) == radius
        else before + words[place + 1 : place + 1 + radius + missing]
    )
    wider = words[max(0, place - radius - 1) : place] + words[place + 1 : place + 2 + radius]
    narrow = words[max(0, place - radius + 1) : place] + words[place + 1 : place + radius]
    candidates = [
        (filled, Wrong(
            because="You filled up what is missing at the edge from the other side; the window is just shorter there.",
            misconception="cbow-window-filled-up-at-the-edge",
        )),
        ([*before, words[place], *after], Wrong(
            because="You left the target among its own context; then the answer is given away.",
            misconception="cbow-target-in-its-context",
        )),
        (before, Wrong(
            because="You took the words before only, as an n-gram model does; a window reaches both ways.",
            misconception="cbow-context-is-the-past",
        )) if before else (after[:1], Wrong(because="You stopped after one word; the window reaches further.")),
        (wider, Wrong(because=f"You went one word too far: {radius} words on each side.")),
        (narrow, Wrong(because=f"You stopped one word too soon: {radius} words on each side.")),
    ]  # fmt: skip
    return single_choice(
        ", ".join(before + after),
        [(", ".join(context), why) for context, why in candidates[:1] + source.shuffled(candidates[1:]) if context],
        source=f"{MIKOLOV}, section 3.1",
        stem=f'CBOW is trained on the text "{" ".join(words)}" with a window of {radius} words on each side, shorter at the '
        f'edges of the text. From which context does it predict "{words[place]}"?',
        because=f"Up to {radius} words before it ({_list(before)}) and up to {radius} after it ({_list(after)}).",
        exercise="embeddings/cbow",
    )


def _list(words: list[str]) -> str:
    return ", ".join(words) if words else "there are none"


@generator("skip-gram-pairs", topic="word2vec", difficulty=2)
def skip_gram_pairs(source: Source) -> Item:
    """How many training pairs skip-gram makes of a text."""
    length, radius = source.integer(7, 16), source.integer(2, 4)
    sizes = [min(place, radius) + min(length - 1 - place, radius) for place in range(length)]
    text = list(range(length))
    windows = f"embeddings.cbow.windows({text}, {radius})"
    counted = " + ".join(f"len({windows}[{place}][1])" for place in range(length))
    wrong = {
        f"{length} * 2 * {radius}": Wrong(
            because="You gave every word a full window; the words at the edges have fewer neighbours.",
            misconception="cbow-window-filled-up-at-the-edge",
        ),
        f"{length}": Wrong(
            because="That is one example per word, as CBOW makes; skip-gram makes one per word AND context word.",
            misconception="skip-gram-predicts-the-centre",
        ),
        f"({counted}) // 2": Wrong(
            because="You counted each pair once; both of its words predict the other.",
        ),
        f"max(0, {length} - 2 * {radius}) * 2 * {radius}": Wrong(
            because="You left out the words at the edges; they have shorter windows, but they have some.",
        ),
    }
    return Numeric(
        **SET_BY_REGISTRY,
        source=f"{MIKOLOV}, section 3.2",
        stem=f"Skip-gram is trained on a text of {length} words with a window of {radius} words on each side, shorter at the "
        "edges of the text. How many pairs (centre word, context word) are there?",
        unit="pairs",
        convention="the window has its full width at every position",
        key=Computed(compute=counted),
        because=f"The words have {', '.join(map(str, sizes))} neighbours, in all {sum(sizes)}.",
        wrong_values=wrong,
        exercise="embeddings/cbow",
    )


@generator("nnlm-cost", topic="neural-language-model", difficulty=2)
def nnlm_cost(source: Source) -> Item:
    """Cost of one example of the neural language model."""
    context, size = source.integer(3, 8), 10 * source.integer(3, 12)
    hidden, vocabulary = 50 * source.integer(2, 12), 1000 * source.integer(5, 40)
    examples = 100_000 * source.integer(2, 9)
    terms = context * size, context * size * hidden, hidden * vocabulary
    wrong = {
        f"{examples} * ({terms[0]} + {terms[1]} + {terms[2]})": Wrong(
            because="You multiplied by the number of training examples; the cost asked for is that of one.",
        ),
        f"{examples} * {size} + {examples} * {size} * {hidden} + {hidden} * {vocabulary}": Wrong(
            because="You took $n$ for the number of training examples; it is the number of context words.",
            misconception="nnlm-n-is-the-number-of-examples",
        ),
        f"{size} + {size} * {hidden} + {hidden} * {vocabulary}": Wrong(
            because=f"You looked up one word; the vectors of all {context} context words are joined.",
        ),
        f"{context} * {vocabulary} * {size} + {context} * {size} * {hidden} + {hidden} * {vocabulary}": Wrong(
            because="You multiplied one-hot vectors with the whole table; looking up a row costs only its length.",
        ),
        f"{context} * {size} * {hidden}": Wrong(
            because="You stopped at the hidden layer; the output over the vocabulary costs by far the most.",
            misconception="nnlm-output-layer-is-cheap",
        ),
    }
    return Numeric(
        **SET_BY_REGISTRY,
        source=f"{MIKOLOV}, eq. 2",
        stem=f"A neural language model joins the {size}-dimensional vectors of {context} context words, has {hidden} hidden "
        f"units and a vocabulary of {vocabulary} words; it is trained on {examples} examples. What does one "
        "example cost?",
        unit="operations",
        convention="$Q = n m + n m h + h V$: looked-up numbers, then weights used; full softmax, no biases",
        key=Computed(compute=f"{context} * {size} + {context} * {size} * {hidden} + {hidden} * {vocabulary}"),
        because=f"${times(context, size)} + {times(context, size, hidden)} + {times(hidden, vocabulary)} = "
        f"{terms[0]} + {terms[1]} + {terms[2]} = {sum(terms)}$: the output layer decides.",
        wrong_values=wrong,
    )


@generator("bigram-probability", topic="n-grams", difficulty=2)
def bigram_probability(source: Source) -> Item:
    """A bigram probability, with or without add-one smoothing."""
    smoothed = source.choice([True, False])
    while True:
        text = [source.choice("aabbc") for _ in range(source.integer(9, 12))]
        history, word = source.choice("ab"), source.choice("abc")
        followed, pairs = text[:-1].count(history), list(pairwise(text))
        seen = pairs.count((history, word))
        if set(text) == set("abc") and followed >= 2 and (smoothed or seen) and text.count(word) != followed:
            break
    vocabulary = 3
    share = f"{seen} / {followed}"
    laplace = f"({seen} + 1) / ({followed} + {vocabulary})"
    wrong = {
        share if smoothed else laplace: Wrong(
            because="You left out the smoothing: every continuation gets one count more."
            if smoothed
            else "You added a count to every continuation; the estimate asked for is maximum likelihood.",
        ),
        f"({seen} + 1) / ({followed} + 1)": Wrong(
            because=f"You added one count below; each of the {vocabulary} continuations gets one, so {vocabulary} are added.",
            misconception="add-one-adds-one-below",
        )
        if smoothed
        else Wrong(because="You added one to both counts; maximum likelihood takes the counts as they are."),
        f"{seen} / {len(pairs)}": Wrong(
            because="That is the share of the pair among ALL pairs; given the word before, only those that begin with it count.",
            misconception="bigram-probability-is-joint",
        ),
        f"{text.count(word)} / {len(text)}": Wrong(
            because="That is the share of the word itself (a unigram); the word before it is left out.",
        ),
        f"{seen} / {text.count(word)}": Wrong(
            because="You divided by the count of the word predicted; it is the count of the word BEFORE it.",
            misconception="bigram-divides-by-the-wrong-word",
        ),
    }
    arguments = f'{text}, ["{history}"], "{word}"'.replace("'", '"')
    how = "with add-one (Laplace) smoothing" if smoothed else "by maximum likelihood"
    value = (seen + 1) / (followed + vocabulary) if smoothed else seen / followed
    because = f"{history} is followed by a symbol {followed} times, {seen} of them by {word}: "
    if smoothed:
        because += f"$({seen} + 1)/({followed} + {vocabulary}) = {value:.4f}$."
    else:
        because += f"${seen}/{followed} = {value:.4f}$."
    return Numeric(
        **SET_BY_REGISTRY,
        source="Jurafsky and Martin, Speech and language processing (3rd edition draft), chapter "
        "N-gram language models, bigram estimates and Laplace smoothing",
        stem=f"A bigram model over the symbols a, b and c is estimated {how} from the text: {' '.join(text)}. What "
        f"probability does it give {word} after {history}?",
        unit="probability",
        convention="the last symbol of the text is followed by nothing; the vocabulary has 3 symbols",
        tolerance=Tolerance(absolute=0.005),
        key=Computed(compute=f"embeddings.ngram.probability({arguments}{', 1' if smoothed else ''})"),
        because=because,
        wrong_values=wrong,
    )
