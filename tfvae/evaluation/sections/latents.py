"""What the latents are used for."""

import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from tfvae.evaluation import latent_use as use
from tfvae.evaluation.figures import Figure, Findings, mean
from tfvae.evaluation.sections.base import Section
from tfvae.evaluation.subject import Subject
from tfvae.evaluation.two_sample import energy_test
from tfvae.files import save_arrays
from tfvae.plotting import bars, heat_map, histograms

_INFORMATION_DRAWS = 2000
_TEST_DRAWS, _PERMUTATIONS = 1000, 999
_HISTOGRAMS, _HISTOGRAM_DRAWS = 16, 10_000
_NEAR_CEILING = 1.0  # nats


class _Posteriors(NamedTuple):
    """Of N images: means and standard deviations (N, L), and KL to the prior, (N, L) or (N, 1), in nats."""

    means: np.ndarray
    stddevs: np.ndarray
    kl: np.ndarray

    @property
    def by_latent(self) -> bool:
        """Whether the KL is known for each latent."""
        return self.kl.shape == self.means.shape

    def variance(self) -> np.ndarray:
        return use.variance_of_means(self.means)

    def order(self) -> np.ndarray:
        """The latents, most informative first, (L,)."""
        return np.argsort(-(self.kl.mean(axis=0) if self.by_latent else self.variance()), kind="stable")


class Latents(Section):
    """Active units, KL by latent, the aggregate posterior against the prior, and mutual information."""

    title = "Use of the latents"
    needs_prior = True

    def left_out(self, subject: Subject) -> str:
        """See `Section.left_out`."""
        if subject.in_two_parts:
            return "q(z|x) is a point at codes: there is no spread to measure; see the sections on density and codes"
        enough = subject.images.num_images > 1
        return "" if enough else "a single image says nothing of how latents vary; measure on two or more"

    def protocol(self, subject: Subject) -> dict[str, Any]:
        """See `Section.protocol`."""
        return {
            **subject.images.protocol(),
            "seed": subject.options.seed,
            "active_units": f"variance of the posterior mean > {use.ACTIVE_VARIANCE}",
            "active_units_kl": f"KL > {use.ACTIVE_KL} nats",
            "mutual_information": f"at most {_INFORMATION_DRAWS} draws against all posteriors, which are Gaussian",
            "two_sample": f"energy test, at most {_TEST_DRAWS} against {_TEST_DRAWS}, {_PERMUTATIONS} permutations",
        }

    def measure(self, subject: Subject, folder: Path) -> Findings:
        """See `Section.measure`."""
        found, rng = _encode(subject), np.random.default_rng(subject.options.seed)
        moments = use.aggregate_moments(found.means, found.stddevs)
        stored = {"mean": found.means, "stddev": found.stddevs, "aggregate_mean": moments[0]}
        save_arrays(folder / "latents.npz", stored | {"aggregate_covariance": moments[1], **_kl_per_latent(found)})
        figures = _use_figures(found) | _information_figures(found, rng)
        figures |= _aggregate_figures(*moments) | _test_figures(found, subject, rng)
        notes = (*_notes(found, figures), *_shape(subject))
        return Findings(figures, notes, _draw(found, moments[1], subject, rng, folder))


def _encode(subject: Subject) -> _Posteriors:
    parts, seed = [], subject.options.seed
    for index, images in enumerate(subject.images.seen("latents")):
        _, kl = subject.functions.bound(images, seed * 2**31 + index)  # two numbers of 31 bits in one
        parts.append((*subject.functions.encode(images), kl))
    return _Posteriors(*(np.concatenate(arrays) for arrays in zip(*parts, strict=True)))


def _kl_per_latent(found: _Posteriors) -> dict[str, np.ndarray]:
    return {"kl_per_latent": found.kl.mean(axis=0, dtype=np.float64)} if found.by_latent else {}


def _use_figures(found: _Posteriors) -> dict[str, Figure]:
    figures = {
        "kl": mean(found.kl.sum(axis=1, dtype=np.float64), "nats"),
        "latents": Figure(found.means.shape[1]),
        "active_units": Figure(int(np.sum(found.variance() > use.ACTIVE_VARIANCE))),
    }
    for kl in _kl_per_latent(found).values():
        figures["active_units_kl"] = Figure(int(np.sum(kl > use.ACTIVE_KL)))
    return figures


def _information_figures(found: _Posteriors, rng: np.random.Generator) -> dict[str, Figure]:
    rows, terms = use.information(found.means, found.stddevs, _INFORMATION_DRAWS, rng)
    return {
        "mutual_information": mean(terms, "nats"),
        "mutual_information_ceiling": Figure(math.log(len(found.means)), "nats"),
        "marginal_kl": use.marginal_kl(found.kl.sum(axis=1, dtype=np.float64), rows, terms),
    }


def _aggregate_figures(centre: np.ndarray, covariance: np.ndarray) -> dict[str, Figure]:
    variances, others = np.diag(covariance), use.correlation(covariance)[~np.eye(len(centre), dtype=bool)]
    return {
        "aggregate_mean": Figure(math.sqrt(np.square(centre).mean())),
        "aggregate_variance": Figure(float(variances.mean())),
        "aggregate_least_variance": Figure(float(variances.min())),
        "aggregate_largest_variance": Figure(float(variances.max())),
        "aggregate_largest_correlation": Figure(float(np.abs(others).max(initial=0.0))),
    }


def _test_figures(found: _Posteriors, subject: Subject, rng: np.random.Generator) -> dict[str, Figure]:
    seed = subject.options.seed
    _, latents = use.draw(found.means, found.stddevs, _TEST_DRAWS, rng)
    test = energy_test(latents, subject.functions.prior(_TEST_DRAWS, seed), _PERMUTATIONS, seed)
    return {
        "prior_mismatch": Figure(test.effect, better="lower"),
        "prior_mismatch_p_value": Figure(test.p_value),
    }


def _notes(found: _Posteriors, figures: dict[str, Figure]) -> tuple[str, ...]:
    active = figures.get("active_units_kl", figures["active_units"])
    notes = [use.collapse(figures["kl"].value, int(active.value), found.means.shape[1])]
    information, ceiling = figures["mutual_information"], figures["mutual_information_ceiling"]
    if information.value > ceiling.value - _NEAR_CEILING:
        notes.append(
            f"The estimate of the mutual information is near its ceiling, log of {len(found.means):,} images = "
            f"{ceiling}: the true one is at least that, and the marginal KL at most what is given."
        )
    if not found.by_latent:
        notes.append("The model's KL is no sum over latents: the KL by latent is left out.")
    notes.append(
        "The aggregate posterior is q(z|x) averaged over the images: its KL to the prior is the "
        "marginal KL, and KL = mutual information + marginal KL. Aggregate mean: root mean square of its mean over "
        "the latents. Prior mismatch: effect size of an energy test between it and the prior, 0 if equal, 1 if apart."
    )
    return tuple(note for note in notes if note)


def _shape(subject: Subject) -> tuple[str, ...]:
    if not subject.bounded_posterior:
        return ()
    return (
        f"q(z|x) is {subject.bounded_posterior}: the KL is its own, but mutual information, marginal KL and what is "
        f"drawn of the aggregate posterior are those of Gaussians with its means and standard deviations.",
    )


def _draw(
    found: _Posteriors, covariance: np.ndarray, subject: Subject, rng: np.random.Generator, folder: Path
) -> dict[str, str]:
    """Writes the pictures, and gives their captions."""
    order, kl = found.order(), _kl_per_latent(found).get("kl_per_latent")
    panels = {} if kl is None else {"KL(q(z|x) ‖ p(z)) by latent, nats": kl[order]}
    panels["Variance of the posterior mean"] = found.variance()[order]
    active = found.variance() > use.ACTIVE_VARIANCE if kl is None else kl > use.ACTIVE_KL
    names = [str(latent) for latent in order]
    bars(folder / "use.png", panels, names, active[order], ("active", "not active"), "latent, most informative first")
    shown = order[:_HISTOGRAMS]
    _, latents = use.draw(found.means, found.stddevs, _HISTOGRAM_DRAWS, rng)
    prior = subject.functions.prior(_HISTOGRAM_DRAWS, subject.options.seed)
    titles = [f"latent {latent}" for latent in shown]
    legend = ("q(z), all images", "p(z), prior")
    histograms(folder / "aggregate.png", latents[:, shown], prior[:, shown], titles, legend)
    correlations = use.correlation(covariance)[np.ix_(order, order)]
    np.fill_diagonal(correlations, np.nan)  # all 1: they would pale the others
    heat_map(folder / "correlation.png", correlations, "Correlations of q(z)", "rank of the latent by its KL")
    return {
        "use.png": "How much each latent carries, most informative first",
        "aggregate.png": f"The {len(shown)} most informative latents over all images, against the prior",
        "correlation.png": "Correlations between latents over all images; a standard normal prior has none",
    }
