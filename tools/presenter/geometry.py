"""Where tests and tools find `audio2video.presenter.geometry`."""

from audio2video.presenter.geometry import *  # noqa: F403
