"""Synthesise the video of a person saying given speech ("Synthesizing Obama", SIGGRAPH 2017)."""

__version__ = "0.1.0"
