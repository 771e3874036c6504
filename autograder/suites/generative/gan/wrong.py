"""The wrong versions of GAN training: what each misconception writes."""

from autograder import edit, misconception

BOTH = "return -log_real.mean() - log_fake.mean()\n"
D_STEP = "discriminator_loss(D(real), D(fake)).backward()"
STEP = "generator_loss(D(G(noise(len(real))))).backward()"
LOG_G, LOG_SATURATING = (
    "return -torch.nn.functional.logsigmoid(fake_logits)",
    "return torch.nn.functional.logsigmoid(-fake_logits)",
)

wrong = [
    edit("gan-labels-swapped", "logsigmoid(real_logits)", "logsigmoid(-real_logits)"),
    edit(
        "gan-labels-swapped",
        "log_fake = torch.nn.functional.logsigmoid(-fake_logits)",
        "log_fake = torch.nn.functional.logsigmoid(fake_logits)",
    ),
    edit(
        "gan-labels-swapped",
        "discriminator_loss(D(real), D(fake)).backward()",
        "discriminator_loss(D(fake), D(real)).backward()",
    ),
    edit("gan-half-a-discriminator-loss", BOTH, "return -log_real.mean()\n"),
    edit("gan-half-a-discriminator-loss", BOTH, "return -log_fake.mean()\n"),
    edit("gan-sum-instead-of-mean", BOTH, "return -log_real.sum() - log_fake.sum()\n"),
    edit(
        "gan-sum-instead-of-mean",
        "return -torch.nn.functional.logsigmoid(fake_logits).mean()",
        "return -torch.nn.functional.logsigmoid(fake_logits).sum()",
    ),
    edit("gan-one-mean-for-both-batches", BOTH, "return -torch.cat([log_real.flatten(), log_fake.flatten()]).mean()\n"),
    edit("gan-one-mean-for-both-batches", BOTH, "return -(log_real.mean() + log_fake.mean()) / 2\n"),
    edit("gan-discriminator-loss-maximised", BOTH, "return log_real.mean() + log_fake.mean()\n"),
    edit(
        "gan-generator-helps-the-discriminator",
        "return -torch.nn.functional.logsigmoid(fake_logits)",
        "return -torch.nn.functional.logsigmoid(-fake_logits)",
    ),
    edit(
        "gan-generator-helps-the-discriminator",
        "return torch.nn.functional.logsigmoid(-fake_logits)",
        "return -torch.nn.functional.logsigmoid(-fake_logits)",
    ),
    edit(
        "gan-generator-helps-the-discriminator",
        "return -torch.nn.functional.logsigmoid(fake_logits)",
        "return torch.nn.functional.logsigmoid(fake_logits)",
    ),
    edit("gan-saturating-means-the-other-loss", "    if saturating:", "    if not saturating:"),
    edit(
        "gan-saturating-means-the-other-loss",
        "return torch.nn.functional.logsigmoid(-fake_logits)",
        "return -torch.nn.functional.logsigmoid(fake_logits)",
    ),
    edit(
        "gan-saturating-loss-in-the-round", STEP, "generator_loss(D(G(noise(len(real)))), saturating=True).backward()"
    ),
    edit("gan-gradients-accumulate", "        optimizer_d.zero_grad()\n", "      \n"),
    edit("gan-gradients-accumulate", "    optimizer_g.zero_grad()\n", ""),
    edit(
        "gan-generator-step-cut-off",
        f"    optimizer_g.zero_grad()\n    {STEP}",
        f"    {STEP}\n    optimizer_g.zero_grad()",
    ),
    edit(
        "gan-cleared-before-the-step",
        f"        optimizer_d.zero_grad()\n        {D_STEP}",
        f"        {D_STEP}\n        optimizer_d.zero_grad()",
    ),
    edit("gan-k-ignored", "for _ in range(k):", "for _ in range(1):"),
    edit(
        "gan-k-ignored",
        "    for _ in range(k):\n        real = next(real_batches)\n",
        "    for real in real_batches:\n",
    ),
    edit(
        "gan-one-real-batch-for-all-steps",
        "    for _ in range(k):\n        real = next(real_batches)\n",
        "    real = next(real_batches)\n    for _ in range(k):\n",
    ),
    edit("gan-real-batch-for-the-generator", STEP, "generator_loss(D(G(noise(len(next(real_batches)))))).backward()"),
    edit("gan-generator-step-cut-off", STEP, "generator_loss(D(G(noise(len(real))).detach())).backward()"),
    edit(
        "gan-generator-step-moves-the-discriminator",
        "    optimizer_g.step()\n",
        "    optimizer_g.step()\n    optimizer_d.step()\n",
    ),
    edit("gan-sum-instead-of-mean", f"{LOG_SATURATING}.mean()", f"{LOG_SATURATING}.sum()"),
    edit("gan-one-mean-for-both-batches", BOTH, "return -(log_real + log_fake).mean()\n"),
    edit("gan-half-a-discriminator-loss", D_STEP, "discriminator_loss(D(real), D(fake).detach()).backward()"),
    edit("gan-half-a-discriminator-loss", D_STEP, "discriminator_loss(D(real).detach(), D(fake)).backward()"),
    edit("gan-terms-of-opposite-sign", BOTH, "return -log_real.mean() + log_fake.mean()\n"),
    edit("gan-terms-of-opposite-sign", BOTH, "return log_real.mean() - log_fake.mean()\n"),
    edit(
        "gan-log-of-one-minus",
        "log_fake = torch.nn.functional.logsigmoid(-fake_logits)",
        "log_fake = 1 - torch.nn.functional.logsigmoid(fake_logits)",
    ),
    edit("gan-log-of-one-minus", LOG_SATURATING, "return (1 - torch.nn.functional.logsigmoid(fake_logits))"),
    edit("gan-logits-used-as-scores", BOTH, "return fake_logits.mean() - real_logits.mean()\n"),
    edit(
        "gan-logits-used-as-scores",
        BOTH,
        "return torch.relu(1 - real_logits).mean() + torch.relu(1 + fake_logits).mean()\n",
    ),
    edit("gan-logits-used-as-scores", LOG_G, "return -fake_logits"),
    edit("gan-logits-used-as-scores", LOG_SATURATING, "return -fake_logits"),
    edit("gan-squared-error", BOTH, "return ((real_logits - 1) ** 2).mean() + (fake_logits**2).mean()\n"),
    edit(
        "gan-squared-error",
        BOTH,
        "return ((torch.sigmoid(real_logits) - 1) ** 2).mean() + (torch.sigmoid(fake_logits) ** 2).mean()\n",
    ),
    edit("gan-squared-error", LOG_G, "return ((fake_logits - 1) ** 2)"),
    edit("gan-squared-error", LOG_G, "return ((torch.sigmoid(fake_logits) - 1) ** 2)"),
    edit("gan-loss-without-gradient", BOTH, "return (-log_real.mean() - log_fake.mean()).item()\n"),
    edit("gan-loss-without-gradient", BOTH, "return (-log_real.mean() - log_fake.mean()).detach()\n"),
    edit("gan-loss-without-gradient", BOTH, "return (-log_real.mean() - log_fake.mean()).detach().numpy()[()]\n"),
    edit("gan-loss-without-gradient", f"{LOG_G}.mean()", f"{LOG_G}.mean().item()"),
    edit(
        "gan-logits-overwritten",
        "logsigmoid(-fake_logits)",
        "logsigmoid(fake_logits.neg_())",
        function="discriminator_loss",
    ),
    edit(
        "gan-logits-overwritten",
        "logsigmoid(-fake_logits)",
        "logsigmoid(fake_logits.neg_())",
        function="generator_loss",
    ),
    edit("gan-optimizers-confused", "        optimizer_d.step()\n", "        optimizer_g.step()\n"),
    edit("gan-optimizers-confused", "\n    optimizer_g.step()\n", "\n    optimizer_d.step()\n"),
    edit(
        "gan-optimizers-confused",
        f"    optimizer_g.zero_grad()\n    {STEP}\n    optimizer_g.step()\n",
        f"    optimizer_d.zero_grad()\n    {STEP}\n    optimizer_d.step()\n",
    ),
    edit("gan-k-off-by-one", "range(k)", "range(k - 1)"),
    edit("gan-k-off-by-one", "range(k)", "range(k + 1)"),
    edit("gan-noise-of-another-size", "fake = G(noise(len(real)))", "fake = G(noise(k))"),
    edit("gan-noise-of-another-size", "fake = G(noise(len(real)))", "fake = G(noise(1))"),
    edit("gan-noise-of-another-size", STEP, "generator_loss(D(G(noise(k)))).backward()"),
    edit("gan-noise-of-another-size", STEP, "generator_loss(D(G(noise(1)))).backward()"),
    edit("gan-generator-helps-the-discriminator", STEP, "(-generator_loss(D(G(noise(len(real)))))).backward()"),
    edit(
        "gan-generator-helps-the-discriminator", STEP, "discriminator_loss(D(real), D(G(noise(len(real))))).backward()"
    ),
    edit(
        "gan-discriminator-stays-frozen",
        "    optimizer_g.zero_grad()\n",
        "    for parameter in D.parameters():\n        parameter.requires_grad_(False)\n    optimizer_g.zero_grad()\n",
    ),
]

ADDED = "torch.log({p} + {eps}).mean()"
CLAMPED = "torch.log(torch.clamp({p}, {eps}, 1 - {eps})).mean()"
for form, little in ((ADDED, (1e-12, 1e-8, 1e-7, 1e-6)), (CLAMPED, (1e-7,))):
    for eps in little:
        real, fake, judged = (
            form.format(p=p, eps=eps)
            for p in ("torch.sigmoid(real_logits)", "(1 - torch.sigmoid(fake_logits))", "torch.sigmoid(fake_logits)")
        )
        id = "gan-log-of-a-saturated-sigmoid"
        wrong += [edit(id, BOTH, f"return -{real} - {fake}\n"), edit(id, f"{LOG_G}.mean()", f"return -{judged}")]


@misconception("gan-log-of-a-saturated-sigmoid", replaces="discriminator_loss")
def log_of_sigmoid(real_logits, fake_logits):
    return -torch.log(torch.sigmoid(real_logits)).mean() - torch.log(1 - torch.sigmoid(fake_logits)).mean()


@misconception("gan-log-of-a-saturated-sigmoid", replaces="discriminator_loss")
def cross_entropy_of_probabilities(real_logits, fake_logits):
    entropy = torch.nn.functional.binary_cross_entropy
    real, fake = torch.sigmoid(real_logits), torch.sigmoid(fake_logits)
    return entropy(real, torch.ones_like(real)) + entropy(fake, torch.zeros_like(fake))


@misconception("gan-log-of-a-saturated-sigmoid", replaces="generator_loss")
def generator_log_of_sigmoid(fake_logits, saturating=False):
    D = torch.sigmoid(fake_logits)
    return torch.log(1 - D).mean() if saturating else -torch.log(D).mean()


@misconception("gan-log-of-a-saturated-sigmoid", replaces="generator_loss")
def generator_log_of_sigmoid_and_a_little(fake_logits, saturating=False):
    D = torch.sigmoid(fake_logits)
    return torch.log(1 - D + 1e-8).mean() if saturating else -torch.log(D + 1e-8).mean()


@misconception("gan-log-of-a-saturated-sigmoid", replaces="discriminator_loss")
def log_of_one_plus_exp(real_logits, fake_logits):
    return torch.log(1 + torch.exp(-real_logits)).mean() + torch.log(1 + torch.exp(fake_logits)).mean()


@misconception("gan-log-of-a-saturated-sigmoid", replaces="generator_loss")
def generator_log_of_one_plus_exp(fake_logits, saturating=False):
    if saturating:
        return -torch.log(1 + torch.exp(fake_logits)).mean()
    return torch.log(1 + torch.exp(-fake_logits)).mean()


@misconception("gan-log-of-a-saturated-sigmoid", replaces="generator_loss")
def generator_cross_entropy_of_probabilities(fake_logits, saturating=False):
    D = torch.sigmoid(fake_logits)
    entropy = torch.nn.functional.binary_cross_entropy
    return -entropy(D, torch.zeros_like(D)) if saturating else entropy(D, torch.ones_like(D))


@misconception("gan-sigmoid-twice", replaces="discriminator_loss")
def sigmoid_of_a_sigmoid(real_logits, fake_logits):
    real, fake = torch.sigmoid(real_logits), torch.sigmoid(fake_logits)
    return -torch.nn.functional.logsigmoid(real).mean() - torch.nn.functional.logsigmoid(-fake).mean()


@misconception("gan-sigmoid-twice", replaces="discriminator_loss")
def logits_are_probabilities(real_logits, fake_logits):
    return -torch.log(real_logits).mean() - torch.log(1 - fake_logits).mean()


@misconception("gan-sigmoid-twice", replaces="generator_loss")
def generator_sigmoid_of_a_sigmoid(fake_logits, saturating=False):
    D = torch.sigmoid(fake_logits)
    if saturating:
        return torch.nn.functional.logsigmoid(-D).mean()
    return -torch.nn.functional.logsigmoid(D).mean()


@misconception("gan-fake-not-detached", replaces="train_round")
def gradients_of_the_discriminator_stay_in_g(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    for _ in range(k):
        real = next(real_batches)
        optimizer_d.zero_grad()
        optimizer_g.zero_grad()
        discriminator_loss(D(real), D(G(noise(len(real))))).backward()
        optimizer_d.step()
    generator_loss(D(G(noise(len(real))))).backward()
    optimizer_g.step()


@misconception("gan-fake-not-detached", replaces="train_round")
def cleared_at_the_start_of_the_round(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    optimizer_g.zero_grad()
    for _ in range(k):
        real = next(real_batches)
        optimizer_d.zero_grad()
        discriminator_loss(D(real), D(G(noise(len(real))))).backward()
        optimizer_d.step()
    generator_loss(D(G(noise(len(real))))).backward()
    optimizer_g.step()


@misconception("gan-generator-moves-in-the-discriminators-step", replaces="train_round")
def both_optimizers_step(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    for _ in range(k):
        real = next(real_batches)
        optimizer_d.zero_grad()
        optimizer_g.zero_grad()
        discriminator_loss(D(real), D(G(noise(len(real))))).backward()
        optimizer_d.step()
        optimizer_g.step()
    optimizer_g.zero_grad()
    generator_loss(D(G(noise(len(real))))).backward()
    optimizer_g.step()


@misconception("gan-k-counts-generator-steps", replaces="train_round")
def both_players_k_times(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    for _ in range(k):
        real = next(real_batches)
        fake = G(noise(len(real))).detach()
        optimizer_d.zero_grad()
        discriminator_loss(D(real), D(fake)).backward()
        optimizer_d.step()
        optimizer_g.zero_grad()
        generator_loss(D(G(noise(len(real))))).backward()
        optimizer_g.step()


@misconception("gan-k-counts-generator-steps", replaces="train_round")
def one_step_then_k_of_the_generator(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    real = next(real_batches)
    fake = G(noise(len(real))).detach()
    optimizer_d.zero_grad()
    discriminator_loss(D(real), D(fake)).backward()
    optimizer_d.step()
    for _ in range(k):
        optimizer_g.zero_grad()
        generator_loss(D(G(noise(len(real))))).backward()
        optimizer_g.step()


@misconception("gan-noise-used-twice", replaces="train_round")
def the_generator_gets_the_last_noise_again(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    for _ in range(k):
        real = next(real_batches)
        z = noise(len(real))
        optimizer_d.zero_grad()
        discriminator_loss(D(real), D(G(z).detach())).backward()
        optimizer_d.step()
    optimizer_g.zero_grad()
    generator_loss(D(G(z))).backward()
    optimizer_g.step()


@misconception("gan-noise-used-twice", replaces="train_round")
def one_noise_for_the_round(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    z = None
    for _ in range(k):
        real = next(real_batches)
        z = noise(len(real)) if z is None else z
        optimizer_d.zero_grad()
        discriminator_loss(D(real), D(G(z).detach())).backward()
        optimizer_d.step()
    optimizer_g.zero_grad()
    generator_loss(D(G(z))).backward()
    optimizer_g.step()


@misconception("gan-generator-plays-first", replaces="train_round")
def generator_before_the_discriminator(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    batches = [next(real_batches) for _ in range(k)]
    optimizer_g.zero_grad()
    generator_loss(D(G(noise(len(batches[-1]))))).backward()
    optimizer_g.step()
    for real in batches:
        fake = G(noise(len(real))).detach()
        optimizer_d.zero_grad()
        discriminator_loss(D(real), D(fake)).backward()
        optimizer_d.step()


@misconception("gan-generator-judged-by-the-old-discriminator", replaces="train_round")
def both_losses_before_any_step(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    for step in range(k):
        real = next(real_batches)
        fake = G(noise(len(real))).detach()
        optimizer_d.zero_grad()
        loss = discriminator_loss(D(real), D(fake))
        if step == k - 1:
            optimizer_g.zero_grad()
            generator_loss(D(G(noise(len(real))))).backward()
            optimizer_d.zero_grad()
        loss.backward()
        optimizer_d.step()
    optimizer_g.step()


@misconception("gan-gradients-accumulate", replaces="train_round")
def cleared_once_a_round(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    optimizer_d.zero_grad()
    for _ in range(k):
        real = next(real_batches)
        fake = G(noise(len(real))).detach()
        discriminator_loss(D(real), D(fake)).backward()
        optimizer_d.step()
    optimizer_g.zero_grad()
    generator_loss(D(G(noise(len(real))))).backward()
    optimizer_g.step()


@misconception("gan-gradients-accumulate", replaces="train_round")
def never_cleared(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    for _ in range(k):
        real = next(real_batches)
        fake = G(noise(len(real))).detach()
        discriminator_loss(D(real), D(fake)).backward()
        optimizer_d.step()
    generator_loss(D(G(noise(len(real))))).backward()
    optimizer_g.step()


@misconception("gan-generator-step-moves-the-discriminator", replaces="train_round")
def discriminator_steps_again_on_a_clean_gradient(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    for _ in range(k):
        real = next(real_batches)
        fake = G(noise(len(real))).detach()
        optimizer_d.zero_grad()
        discriminator_loss(D(real), D(fake)).backward()
        optimizer_d.step()
    optimizer_g.zero_grad()
    optimizer_d.zero_grad()
    generator_loss(D(G(noise(len(real))))).backward()
    optimizer_g.step()
    optimizer_d.step()


@misconception("gan-gradients-accumulate", replaces="train_round")
def all_cleared_after_their_step(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    for _ in range(k):
        real = next(real_batches)
        discriminator_loss(D(real), D(G(noise(len(real))).detach())).backward()
        optimizer_d.step()
        optimizer_d.zero_grad()
    generator_loss(D(G(noise(len(real))))).backward()
    optimizer_g.step()
    optimizer_g.zero_grad()


@misconception("gan-gradients-accumulate", replaces="train_round")
def discriminator_cleared_after_its_step(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    for _ in range(k):
        real = next(real_batches)
        discriminator_loss(D(real), D(G(noise(len(real))).detach())).backward()
        optimizer_d.step()
        optimizer_d.zero_grad()
    optimizer_g.zero_grad()
    generator_loss(D(G(noise(len(real))))).backward()
    optimizer_g.step()


@misconception("gan-cleared-before-the-step", replaces="train_round")
def both_cleared_before_the_step(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    for _ in range(k):
        real = next(real_batches)
        discriminator_loss(D(real), D(G(noise(len(real))).detach())).backward()
        optimizer_d.zero_grad()
        optimizer_d.step()
    generator_loss(D(G(noise(len(real))))).backward()
    optimizer_g.zero_grad()
    optimizer_g.step()


@misconception("gan-optimizers-confused", replaces="train_round")
def each_steps_with_the_others_optimizer(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    for _ in range(k):
        real = next(real_batches)
        optimizer_g.zero_grad()
        discriminator_loss(D(real), D(G(noise(len(real))).detach())).backward()
        optimizer_g.step()
    optimizer_d.zero_grad()
    generator_loss(D(G(noise(len(real))))).backward()
    optimizer_d.step()


@misconception("gan-graph-used-twice", replaces="train_round")
def the_same_fakes_go_backward_twice(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    for _ in range(k):
        real = next(real_batches)
        fake = G(noise(len(real)))
        optimizer_d.zero_grad()
        discriminator_loss(D(real), D(fake)).backward()
        optimizer_d.step()
    optimizer_g.zero_grad()
    generator_loss(D(fake)).backward()
    optimizer_g.step()


@misconception("gan-graph-used-twice", replaces="train_round")
def the_same_judgement_goes_backward_twice_and_is_kept(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    for _ in range(k):
        real = next(real_batches)
        fake_logits = D(G(noise(len(real))))
        optimizer_d.zero_grad()
        discriminator_loss(D(real), fake_logits).backward(retain_graph=True)
        optimizer_d.step()
    optimizer_g.zero_grad()
    generator_loss(fake_logits).backward()
    optimizer_g.step()


@misconception("gan-a-step-for-each-batch", replaces="train_round")
def real_and_fake_apart(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    for _ in range(k):
        real = next(real_batches)
        fake = G(noise(len(real))).detach()
        optimizer_d.zero_grad()
        (-torch.nn.functional.logsigmoid(D(real)).mean()).backward()
        optimizer_d.step()
        optimizer_d.zero_grad()
        (-torch.nn.functional.logsigmoid(-D(fake)).mean()).backward()
        optimizer_d.step()
    optimizer_g.zero_grad()
    generator_loss(D(G(noise(len(real))))).backward()
    optimizer_g.step()


@misconception("gan-a-step-for-each-batch", replaces="train_round")
def two_steps_on_one_clearing(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    for _ in range(k):
        real = next(real_batches)
        fake = G(noise(len(real))).detach()
        optimizer_d.zero_grad()
        (-torch.nn.functional.logsigmoid(D(real)).mean()).backward()
        optimizer_d.step()
        (-torch.nn.functional.logsigmoid(-D(fake)).mean()).backward()
        optimizer_d.step()
    optimizer_g.zero_grad()
    generator_loss(D(G(noise(len(real))))).backward()
    optimizer_g.step()


@misconception("gan-noise-used-twice", replaces="train_round")
def the_discriminators_steps_share_their_noise(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    z = None
    for _ in range(k):
        real = next(real_batches)
        z = noise(len(real)) if z is None else z
        optimizer_d.zero_grad()
        discriminator_loss(D(real), D(G(z).detach())).backward()
        optimizer_d.step()
    optimizer_g.zero_grad()
    generator_loss(D(G(noise(len(real))))).backward()
    optimizer_g.step()


@misconception("gan-one-loss-for-both", replaces="train_round")
def one_backward_for_both_players(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    for _ in range(k):
        real = next(real_batches)
        fake_logits = D(G(noise(len(real))))
        optimizer_d.zero_grad()
        optimizer_g.zero_grad()
        (discriminator_loss(D(real), fake_logits) + generator_loss(fake_logits)).backward()
        optimizer_d.step()
        optimizer_g.step()


@misconception("gan-one-loss-for-both", replaces="train_round")
def the_last_step_adds_both_losses(G, D, optimizer_g, optimizer_d, real_batches, noise, k):
    for step in range(k):
        real = next(real_batches)
        fake = G(noise(len(real)))
        optimizer_d.zero_grad()
        if step < k - 1:
            discriminator_loss(D(real), D(fake.detach())).backward()
            optimizer_d.step()
    optimizer_g.zero_grad()
    (discriminator_loss(D(real), D(fake.detach())) + generator_loss(D(fake))).backward()
    optimizer_d.step()
    optimizer_g.step()


@misconception("gan-loss-without-gradient", replaces="generator_loss")
def generator_loss_as_a_number(fake_logits, saturating=False):
    loss = torch.nn.functional.logsigmoid(-fake_logits if saturating else fake_logits).mean()
    return (loss if saturating else -loss).item()


@misconception("gan-loss-without-gradient", replaces="generator_loss")
def generator_loss_detached(fake_logits, saturating=False):
    loss = torch.nn.functional.logsigmoid(-fake_logits if saturating else fake_logits).mean()
    return (loss if saturating else -loss).detach()


@misconception("gan-loss-without-gradient", replaces="generator_loss")
def generator_loss_as_numpy(fake_logits, saturating=False):
    loss = torch.nn.functional.logsigmoid(-fake_logits if saturating else fake_logits).mean()
    return (loss if saturating else -loss).detach().numpy()[()]


@misconception("gan-squared-error", replaces="generator_loss")
def generator_least_squares(fake_logits, saturating=False):
    return ((fake_logits - 1) ** 2).mean()


@misconception("gan-squared-error", replaces="generator_loss")
def generator_least_squares_of_probabilities(fake_logits, saturating=False):
    return ((torch.sigmoid(fake_logits) - 1) ** 2).mean()
