"""The report of an attribute for people, in Markdown."""

from tfvae.evaluation.figures import Figure
from tfvae.inference.attributes.effects import BOTH, LATENTS, PICTURES
from tfvae.inference.attributes.report import JUDGES, Group, Result, headlines

_SHOWN = 15  # other attributes


def markdown(result: Result) -> str:
    """The report for people."""
    material, images = result.material, result.material.vector
    lines = [
        f"# {material.name}, in the latents of {result.run}",
        "",
        f"Vector: mean latent with {material.name} less mean without, of {images.num_images:,} images ({images.name}), "
        f"of which {result.with_it():,} have it; length {result.length:.2f}. Strength 1 is the whole vector.",
        "",
        *(f"- {headline}." for headline in headlines(result)),
        "",
        "![The originals, and the same decoded at every strength](strip.png)",
        "",
        *_judges_table(result),
    ]
    for name, group in result.groups.items():
        lines += _group_table(name, group)
    return "\n".join([*lines, *_others_table(result)])


def _judges_table(result: Result) -> list[str]:
    lines = [
        "## The judges",
        "",
        f"On {result.judged:,} originals of {result.material.test.name}, which neither was fitted on. Always giving "
        f"the commoner answer is right on {result.commoner:.3f}.",
        "",
        "| judge | what | fitted on | accuracy | AUROC |",
        "|---|---|---|---|---|",
    ]
    for judge, trust in result.judges.items():
        lines.append(f"| {judge} | {JUDGES[judge]} | {result.fitted_on(judge)} | {trust.accuracy} | {trust.auroc} |")
    return [*lines, "", *(f"{note[:1].upper()}{note[1:]}.\n" for note in result.notes)]


def _group_table(name: str, group: Group) -> list[str]:
    lines = [
        f"## {group.num_images:,} test images, {name} ({group.with_it:,} have it)",
        "",
        "Score: mean probability of the attribute, ± one standard error. Rose: share of images whose score is above "
        "that of the same image decoded at strength 0. Both judges are shown the decoded picture alone: the latents "
        "are those of that picture, encoded again.",
        "",
        "| strength | latents: score | rose | pictures: score | rose | both rose |",
        "|---|---|---|---|---|---|",
    ]
    for effect in group.effects:
        score = {judge: _percent(figure) for judge, figure in effect.score.items()}
        rose = {judge: _percent(figure) if effect.strength else "" for judge, figure in effect.rose.items()}
        cells = (score[LATENTS], rose[LATENTS], score[PICTURES], rose[PICTURES], rose[BOTH])
        lines.append(f"| {_signed(effect.strength)} | {' | '.join(cells)} |")
    return [*lines, ""]


def _percent(figure: Figure) -> str:
    return f"{100 * figure.value:.1f} ± {100 * (figure.standard_error or 0):.1f} %"


def _signed(strength: float) -> str:
    return f"{strength:+.3g}" if strength else "0"


def _others_table(result: Result) -> list[str]:
    if not result.shares:
        return []
    lines = [
        "## The other attributes",
        "",
        f"Share of the vector's images with and without {result.material.name} that have them, the largest differences "
        "first: the vector carries these too. Drift: mean change of the image classifier's log-odds by strength "
        f"{result.asked.strength:g}, in standard deviations over the images; that of {result.material.name} itself is "
        f"{result.drift[result.material.name]:+.2f}.",
        "",
        "| attribute | with | without | difference | drift |",
        "|---|---|---|---|---|",
    ]
    for share in result.shares[:_SHOWN]:
        shares = f"{share.among_with:.3f} | {share.among_without:.3f} | {share.difference:+.3f}"
        lines.append(f"| {share.name} | {shares} | {result.drift[share.name]:+.2f} |")
    rest = len(result.shares) - _SHOWN
    return [*lines, "", f"The {rest} others are in attribute.json." if rest > 0 else "", ""]
