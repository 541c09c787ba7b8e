"""Where tests and tools find `audio2video.presenter.presenter`."""

from audio2video.presenter.presenter import *  # noqa: F403
