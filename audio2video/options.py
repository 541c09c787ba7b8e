"""Every parameter of the pipeline: type, bounds, default, unit, help; one source for all uses."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import MISSING, Field, asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, get_type_hints

from .errors import BadFileError, MissingFileError, OptionError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

DEFAULT_ID = "demo"
DEFAULT_PASS = "grid_s1"
MAX_ID_BYTES = 80  # two of them and a suffix must fit a file name


def _option(
    default: Any,
    help: str,
    *,
    group: str,
    low: float | None = None,
    high: float | None = None,
    unit: str | None = None,
) -> Any:
    return field(
        default=default,
        metadata={"help": help, "group": group, "low": low, "high": high, "unit": unit},
    )


_IDS, _FILES, _RUN = "what to work on", "files", "how to run"
_NETWORK, _PICTURE = "network (step 1)", "picture (steps 2 to 4)"


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
        None, "folder of talking-head clips for step 0; each subfolder one speaker", group=_FILES
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
    vr: float = _option(0.2, "share of clips for validation", group=_NETWORK, low=0.01, high=0.9)
    test_share: float = _option(
        0.1, "share of clips kept for the final test", group=_NETWORK, low=0, high=0.5
    )
    step_delay: int = _option(
        20, "output delay (look-ahead)", group=_NETWORK, low=0, high=200, unit="10 ms"
    )
    dim_hidden: int = _option(60, "LSTM units a layer", group=_NETWORK, low=1, high=2048)
    nlayers: int = _option(1, "LSTM layers", group=_NETWORK, low=1, high=8)
    keep_prob: float = _option(
        0.8, "share of LSTM outputs kept by dropout in training", group=_NETWORK, low=0.05, high=1
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
    retiming: bool = _option(
        True, "retime the target to the speech; False plays it as it is", group=_PICTURE
    )

    def __post_init__(self) -> None:
        for option in fields(self):
            value = getattr(self, option.name)
            _check_bounds(option, value)
        for name in ("inp_id", "tar_id", "pass_id"):
            check_id(name, getattr(self, name))

    def as_dict(self) -> dict[str, Any]:
        """All values as plain JSON types."""
        return {k: str(v) if isinstance(v, Path) else v for k, v in asdict(self).items()}


def check_id(name: str, value: str) -> str:
    """Check that an id is a plain file name.

    Raises
    ------
    OptionError
        It is empty, starts with a dot, or holds a separator or control character.
    """
    # A lone surrogate is how Python hands over a byte that is no text.
    bad = any(c in '/\\:*?"<>|' or ord(c) < 32 or 0xD800 <= ord(c) < 0xE000 for c in value)
    if bad or not value or value.startswith(".") or len(value.encode()) > MAX_ID_BYTES:
        raise OptionError(
            f"--{name} {value!r} is not usable as a file name",
            hint="use letters, digits, spaces, '-', '_' and '.', not starting with a dot",
        )
    return value


def brought_id(given: str, source: Path | None) -> str:
    """Give the id of a file that is brought: its stem, unless another than the demo's was given."""
    return source.stem if source is not None and given == DEFAULT_ID else given


def _check_bounds(option: Field[Any], value: Any) -> None:
    low, high = option.metadata["low"], option.metadata["high"]
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


def option_default(option: Field[Any]) -> Any:
    """Default of an option's field."""
    return None if option.default is MISSING else option.default


def read_options_file(path: Path) -> dict[str, Any]:
    """Read options from a TOML file.

    Parameters
    ----------
    path : Path
        Keys are option names, with underscores or hyphens.

    Returns
    -------
    dict
        Values of the options' own types.

    Raises
    ------
    MissingFileError
        The file is not there.
    BadFileError
        It is not TOML.
    OptionError
        A key is unknown or a value of the wrong type.
    """
    if not path.is_file():
        raise MissingFileError("configuration file not found", path=path)
    try:
        with path.open("rb") as file:
            table = tomllib.load(file)
    except (ValueError, RecursionError) as error:
        raise BadFileError(f"not valid TOML ({error})", path=path) from error
    except OSError as error:
        raise BadFileError(f"can't be read ({error.strerror})", path=path) from error
    return coerce_options(table, path)


def coerce_options(table: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Bring the values of a parsed file to the options' types.

    Raises
    ------
    OptionError
        A key is unknown or a value of the wrong type.
    """
    types = option_types()
    values: dict[str, Any] = {}
    for key, value in table.items():
        name = key.replace("-", "_")
        if name not in types:
            raise OptionError(f"unknown option {key!r}", path=path, hint="see --help for all names")
        if name in values:
            raise OptionError(f"option {name!r} is given twice", path=path)
        values[name] = _coerce(name, value, types[name][0], path)
    return values


def _coerce(name: str, value: Any, kind: type, path: Path) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError as error:
            raise OptionError(f"option {name!r} is out of bounds", path=path) from error
    if kind is Path and isinstance(value, str):
        # A file's own paths are relative to it, whatever the current folder.
        return path.parent / value
    # bool is a kind of int in Python, but 'nlayers = true' is a mistake.
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise OptionError(
            f"option {name!r} needs a value of type {kind.__name__}, got {value!r}", path=path
        )
    return value
