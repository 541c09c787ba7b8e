"""Every parameter of the pipeline: type, bounds, default, unit, help; one source for all uses."""

from __future__ import annotations

import os
from dataclasses import MISSING, Field, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

from ..errors import OptionError
from ..storage.ids import DEFAULT_ID, check_id

DEFAULT_PASS = "grid_s1"
MAX_TEXT = 1000
"""Characters of a text that is written into a result."""


def _option(
    default: Any,
    help: str,
    *,
    group: str,
    low: float | None = None,
    high: float | None = None,
    unit: str | None = None,
    choices: tuple[str, ...] | None = None,
) -> Any:
    return field(
        default=default,
        metadata={
            "help": help,
            "group": group,
            "low": low,
            "high": high,
            "unit": unit,
            "choices": choices,
        },
    )


_IDS, _FILES, _RUN = "what to work on", "files", "how to run"
_NETWORK, _PICTURE = "network (step 1)", "picture (steps 2 to 4)"
_MARKS = "marks of synthetic media (step 4)"


@dataclass(frozen=True)
class Options:
    """The options of a run; each field's metadata holds its help, bounds and unit.

    Raises
    ------
    OptionError
        A value is out of bounds, or an id is not a plain file name.
    """

    inp_id: str = _option(DEFAULT_ID, "input speech: input/mp3/<inp_id>.*", group=_IDS)
    tar_id: str = _option(DEFAULT_ID, "target video: target/mp4/<tar_id>.*", group=_IDS)
    pass_id: str = _option(DEFAULT_PASS, "trained configuration: train/<pass_id>/", group=_IDS)

    corpus: Path | None = _option(
        None,
        "videos for step 0: a folder (each subfolder one speaker), a list of files or addresses "
        "(.txt), or a published feature set; left out: the addresses in raw/links.txt",
        group=_FILES,
    )
    speaker: Path | None = _option(
        None, "picture of the one person whose fragments step 0 keeps", group=_FILES
    )
    audio: Path | None = _option(
        None, "bring a sound file into the workspace; its stem becomes inp_id", group=_FILES
    )
    video: Path | None = _option(
        None, "bring a video file into the workspace; its stem becomes tar_id", group=_FILES
    )
    landmark_model: Path | None = _option(
        None, "dlib 68-point model to use instead of the packaged one", group=_FILES
    )

    nthreads: int = _option(
        max(1, os.cpu_count() or 1), "processes or threads at once", group=_RUN, low=1, high=1024
    )
    scheduler: str | None = _option(
        None,
        "dask scheduler whose workers do step 0, tcp://HOST:8786; left out: --nthreads processes",
        group=_RUN,
    )
    seed: int = _option(0, "seed of everything random", group=_RUN, low=0, high=2**31 - 1)
    force: bool = _option(False, "make everything again, even what is up to date", group=_RUN)

    train: bool | None = _option(
        None,
        "train the pass; left out: only when it has no finished network and there is data",
        group=_NETWORK,
    )
    predict: bool = _option(True, "predict mouth shapes from the input speech", group=_NETWORK)
    outp_norm: bool = _option(
        False, "scale shape coefficients to unit variance for training", group=_NETWORK
    )
    preprocess: bool = _option(
        False, "make training sequences again instead of using those on disk", group=_NETWORK
    )
    vr: float = _option(
        0.2, "share of recordings for validation", group=_NETWORK, low=0.01, high=0.9
    )
    test_share: float = _option(
        0.1, "share of recordings kept for the final test", group=_NETWORK, low=0, high=0.5
    )
    train_minutes: float | None = _option(
        None,
        "train on no more than this much of the training clips",
        group=_NETWORK,
        low=0.05,
        high=1e6,
        unit="min",
    )
    network: str = _option(
        "lstm",
        "kind of network: lstm (delayed, as in the paper), bilstm (hears the whole speech, in both "
        "directions) or conv (dilated convolutions)",
        group=_NETWORK,
        choices=("lstm", "bilstm", "conv"),
    )
    step_delay: int = _option(
        20, "output delay (look-ahead) of an lstm", group=_NETWORK, low=0, high=200, unit="10 ms"
    )
    dim_hidden: int = _option(
        60, "units of a layer, of each direction", group=_NETWORK, low=1, high=2048
    )
    nlayers: int = _option(1, "layers", group=_NETWORK, low=1, high=32)
    keep_prob: float = _option(
        0.8,
        "share of a layer's outputs kept by dropout in training",
        group=_NETWORK,
        low=0.05,
        high=1,
    )
    seq_len: int = _option(
        100, "length of a training sequence", group=_NETWORK, low=2, high=10_000, unit="10 ms"
    )
    batch_size: int = _option(100, "sequences a batch", group=_NETWORK, low=1, high=10_000)
    nepochs: int = _option(300, "epochs", group=_NETWORK, low=1, high=100_000)
    grad_clip: float = _option(
        10.0, "largest global norm of the gradient", group=_NETWORK, low=1e-6, high=1e6
    )
    lr: float = _option(1e-3, "learning rate of the first epoch", group=_NETWORK, low=1e-8, high=1)
    dr: float = _option(
        0.99, "factor on the learning rate after each epoch", group=_NETWORK, low=0.1, high=1
    )
    noise_snr: float | None = _option(
        None,
        "train on noisy sound as well, down to this signal-to-noise ratio; left out: clean sound",
        group=_NETWORK,
        low=-20,
        high=30,
        unit="dB",
    )
    voice: float = _option(
        0.0,
        "train on higher and lower voices as well, by up to this share of their frequencies",
        group=_NETWORK,
        low=0,
        high=0.5,
    )
    gain: float = _option(
        0.0,
        "train on louder and quieter sound, by up to this",
        group=_NETWORK,
        low=0,
        high=30,
        unit="dB",
    )
    tempo: float = _option(
        0.0,
        "train on faster and slower speech, by up to this share",
        group=_NETWORK,
        low=0,
        high=0.5,
    )
    time_shift: float = _option(
        0.0,
        "train on sound shifted against the mouth, by up to this",
        group=_NETWORK,
        low=0,
        high=200,
        unit="ms",
    )
    b_savef: int = _option(
        0,
        "batches between checkpoints inside an epoch (0: none)",
        group=_NETWORK,
        low=0,
        high=10**6,
    )
    e_savef: int = _option(5, "epochs between checkpoints", group=_NETWORK, low=1, high=10**6)
    showGraph: bool = _option(  # noqa: N815
        False, "write TensorBoard events to train/<pass_id>/graph", group=_NETWORK
    )

    ncandidates: int = _option(
        100, "candidate frames for one texture, at most", group=_PICTURE, low=1, high=1000
    )
    alpha: float = _option(
        0.9, "share of all weight that the candidates carry", group=_PICTURE, low=0.1, high=0.999
    )
    steady: bool = _option(
        True, "take the jitter out of landmarks by following them in the picture", group=_PICTURE
    )
    pose_weight: float = _option(
        0.3,
        "what a squared radian of head turn weighs beside mouth shape when candidates are chosen",
        group=_PICTURE,
        low=0,
        high=100,
    )
    light_weight: float = _option(
        1.0,
        "what a squared difference of brightness (1: black to white) weighs there",
        group=_PICTURE,
        low=0,
        high=100,
    )
    coherence: bool = _option(
        True, "let the frames before and after have a say in the candidates", group=_PICTURE
    )
    detail: bool = _option(
        True, "bring the textures' fine detail back to the target's own", group=_PICTURE
    )
    teeth: bool = _option(True, "enhance teeth with proxies from the target", group=_PICTURE)
    lineU: int | None = _option(  # noqa: N815
        None,
        "row of the upper teeth proxy where its teeth end; see teeth.png",
        group=_PICTURE,
        low=0,
        high=10_000,
        unit="pixel row",
    )
    lineL: int | None = _option(  # noqa: N815
        None,
        "row of the lower teeth proxy where its teeth begin; see teeth.png",
        group=_PICTURE,
        low=0,
        high=10_000,
        unit="pixel row",
    )
    jaw: bool = _option(
        True, "move the target's jaw line and neck to the synthesised chin", group=_PICTURE
    )
    match_light: bool = _option(
        True, "match the texture's light to the frame it is put onto", group=_PICTURE
    )
    retiming: bool = _option(
        True, "retime the target to the speech; False plays it as it is", group=_PICTURE
    )

    label: str = _option(
        "always",
        "visible label: always, start (its first three seconds) or none, for measurements; the "
        "manifest and the tags stay, and say so",
        group=_MARKS,
        choices=("always", "start", "none"),
    )
    consent: str | None = _option(
        None,
        "who agreed to what: the manifest says it, or that no statement was given",
        group=_MARKS,
    )
    sign_cert: Path | None = _option(
        None,
        "certificates (PEM) to sign with, the signer's first; left out: made on first use",
        group=_MARKS,
    )
    sign_key: Path | None = _option(
        None, "private key (PEM) that belongs to --sign_cert", group=_MARKS
    )

    def __post_init__(self) -> None:
        for option in fields(self):
            value = getattr(self, option.name)
            _check_bounds(option, value)
        for name in ("inp_id", "tar_id", "pass_id"):
            check_id(name, getattr(self, name))
        if self.consent is not None:
            _check_text("consent", self.consent)

    def as_dict(self) -> dict[str, Any]:
        """All values as plain JSON types."""
        return {k: str(v) if isinstance(v, Path) else v for k, v in asdict(self).items()}


def _check_text(name: str, value: str) -> None:
    if not value.strip() or not value.isprintable() or len(value) > MAX_TEXT:
        raise OptionError(
            f"--{name} {value[:40]!r} can't be used as a text",
            hint=f"use one line of 1 to {MAX_TEXT} characters",
        )


def _check_bounds(option: Field[Any], value: Any) -> None:
    low, high, choices = (option.metadata[name] for name in ("low", "high", "choices"))
    if choices is not None and value not in choices:
        raise OptionError(
            f"--{option.name} {value!r} is not known", hint=f"use one of {', '.join(choices)}"
        )
    if value is None or low is None:
        return
    if not low <= value <= high:  # NaN is refused as well: no comparison with it holds
        raise OptionError(f"--{option.name} {value} is out of bounds", hint=f"use {low} to {high}")


def option_types() -> dict[str, tuple[type, bool]]:
    """Give each option's plain type and whether it may be left open (None)."""
    types: dict[str, tuple[type, bool]] = {}
    for name, hint in get_type_hints(Options).items():
        parts = [t for t in getattr(hint, "__args__", (hint,)) if t is not type(None)]
        types[name] = (parts[0], len(parts) < len(getattr(hint, "__args__", (hint,))))
    return types


def picture_options() -> list[Field[Any]]:
    """Give the options that decide how pictures are made."""
    return [option for option in fields(Options) if option.metadata["group"] == _PICTURE]


def option_default(option: Field[Any]) -> Any:
    """Default of an option's field."""
    return None if option.default is MISSING else option.default
