"""Messages about mistyped command lines."""

from __future__ import annotations

from difflib import get_close_matches

import click

from ..config import Config, options_of

SIMILARITY = 0.75
"""Ratio of matching characters from which on another option is suggested."""


def usage_message(error: click.ClickException) -> str:
    """Explain a mistyped command line and suggest alternatives.

    Parameters
    ----------
    error : click.ClickException

    Returns
    -------
    str
        One sentence.
    """
    if isinstance(error, click.NoSuchOption) and error.ctx is not None:
        typed = error.option_name.replace("-", "_").lstrip("_")
        params = error.ctx.command.params
        places = [
            param.human_readable_name for param in params if isinstance(param, click.Argument)
        ]
        if typed.upper() in places:
            usage = f"{error.ctx.command_path} {' '.join(places)}"
            return f"No such option: {error.option_name}. It is written without a name: {usage}"
        names = [name for param in params if isinstance(param, click.Option) for name in param.opts]
        # Compared without dashes: both spellings of an option are the same.
        known = {name.lstrip("-").replace("-", "_"): name for name in names}
        similar = get_close_matches(typed, known, 3, SIMILARITY)
        hint = f" Did you mean {' or '.join(known[name] for name in similar)}?" if similar else ""
        return f"No such option: {error.option_name}.{hint}"
    if isinstance(error, click.BadOptionUsage):
        option = options_of(Config).get(error.option_name.lstrip("-").replace("-", "_"))
        if option is not None and option.kind is bool:
            return f"Option {error.option_name!r} needs a value: True or False."
    return error.format_message()
