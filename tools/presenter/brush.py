"""Where tests and tools find `audio2video.presenter.brush`."""

from audio2video.presenter.brush import *  # noqa: F403
