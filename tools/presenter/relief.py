"""Where tests and tools find `audio2video.presenter.relief`."""

from audio2video.presenter.relief import *  # noqa: F403
