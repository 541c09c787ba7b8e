"""Where tests and tools find `audio2video.presenter.script`."""

from audio2video.presenter.script import *  # noqa: F403
