"""Where tests and tools find `audio2video.presenter.anatomy`."""

from audio2video.presenter.anatomy import *  # noqa: F403
