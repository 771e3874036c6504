"""Image captioning on rendered scenes."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from reference.plots import axes, show_image
from reference.recurrent import scenes
from reference.recurrent.beam_search import beam_search
from reference.recurrent.captioning import END, Captioner, caption_loss
from reference.systems import Result, Run, system
from reference.train import Batch, fit


def _loss(model: nn.Module, batch: Batch) -> Tensor:
    return caption_loss(model(batch[0], batch[1]), batch[1])


def _exact(model: Captioner, images: Tensor, captions: Tensor) -> Tensor:
    """Whether each whole caption is right."""
    written = torch.cat([model.greedy(part, scenes.LONGEST) for part in torch.split(images, 250)])
    return (written == captions).all(1)


def _shifted(batch: Batch, generator: torch.Generator) -> Batch:
    """The images of a batch moved by up to three pixels: no caption says where in the picture a thing is."""
    images, captions = batch
    down, right = torch.randint(0, 7, (2,), generator=generator).tolist()
    padded = F.pad(images, (3, 3, 3, 3), mode="replicate")
    return padded[:, :, down : down + scenes.SIZE, right : right + scenes.SIZE], captions


@system(
    "captioning",
    topics=["captioning", "beam-search"],
    title="A CNN encoder and a GRU decoder describe scenes, also such as they have never read about",
    data="rendered scenes: shapes on crops of two photographs (scikit-learn)",
    metric="share of test captions that are right word for word, greedy decoding",
    comparison=">=",
    target=0.9,
    quick_target=0.5,
    code=["reference/recurrent/captioning.py", "reference/recurrent/scenes.py"],
)
def captioning(run: Run) -> Result:
    generator = run.generator()
    order = torch.randperm(len(scenes.PAIRS), generator=generator).tolist()
    pairs = [scenes.PAIRS[i] for i in order]
    unseen, seen = pairs[: len(pairs) // 10], pairs[len(pairs) // 10 :]  # a tenth of the sentences is never trained on

    def draw(captions: list[str], examples: int, alone: float) -> tuple[Tensor, Tensor]:
        choice = torch.rand(examples, 3, generator=generator).tolist()
        sentences = [
            scenes.ALONE[int(u * len(scenes.ALONE))] if single < alone else captions[int(v * len(captions))]
            for single, u, v in choice
        ]
        rendered = scenes.render(sentences, generator)
        return rendered.images.to(run.device), rendered.captions.to(run.device)

    alone = run.choose(0.1, 1.0)  # in a quick run there is one thing to describe
    train = draw(seen, run.choose(12_000, 400), alone)
    validation = draw(seen, run.choose(1_000, 100), alone)
    test = draw(seen, run.choose(1_000, 100), alone)
    new = draw(unseen, run.choose(1_000, 100), 0.0)
    model = Captioner(len(scenes.WORDS)).to(run.device)
    epochs = run.choose(10, 12)
    optimizer = torch.optim.Adam(model.parameters(), 0.001)
    history = fit(
        model,
        optimizer,
        _loss,
        train,
        run.settings(epochs, batch_size=run.choose(32, 16), clip_norm=1.0, monitor="exact", mode="max"),
        validate=lambda _: {"exact": float(_exact(model, *validation).float().mean())},
        scheduler=torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs, eta_min=1e-4),
        transform=_shifted,
        directory=run.folder("model"),
    )
    right = _exact(model, *test)
    some = range(run.choose(200, 5))
    beams = [beam_search(model.next_words(test[0][i]), 3, scenes.LONGEST, stop=END)[0].symbols for i in some]
    with_beam = [scenes.decode(beam) == scenes.decode(test[1][i].tolist()) for i, beam in zip(some, beams, strict=True)]

    figure, plots = axes(4, 2, width=2.6, height=2.2)
    written = model.greedy(new[0][:8], scenes.LONGEST).tolist()
    for plot, image, caption, wanted in zip(plots, new[0], written, new[1].tolist(), strict=False):
        sentence = scenes.decode(caption)
        for relation in scenes.RELATIONS:
            sentence = sentence.replace(f" {relation} ", f"\n{relation} ")
        show_image(plot, image, sentence + ("" if caption == wanted else "\n(wrong)"))
    return Result(
        float(right.float().mean()),
        details={
            "sentences never trained on, exact": float(_exact(model, *new).float().mean()),
            f"first {len(with_beam)} test scenes, greedy": float(right[: len(with_beam)].float().mean()),
            f"first {len(with_beam)} test scenes, beam of 3": sum(with_beam) / len(with_beam),
            "possible sentences": len(scenes.PAIRS) + len(scenes.ALONE),
            "epochs": len(history.epochs),
        },
        figure=figure,
    )
