"""Where tests and tools find `audio2video.presenter.canvas`."""

from audio2video.presenter.canvas import *  # noqa: F403
