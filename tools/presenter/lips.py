"""Where tests and tools find `audio2video.presenter.lips`."""

from audio2video.presenter.lips import *  # noqa: F403
