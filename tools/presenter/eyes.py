"""Where tests and tools find `audio2video.presenter.eyes`."""

from audio2video.presenter.eyes import *  # noqa: F403
