"""A small pass on the small corpus, which several files measure, list or train on."""

from __future__ import annotations

TRAIN = ("--steps", "1", "--train", "True", "--predict", "False", "--pass_id", "small")
SIZE = (
    *("--nepochs", "12", "--dim_hidden", "8", "--batch_size", "2"),
    *("--e_savef", "1", "--lr", "0.01", "--nthreads", "1"),
)
