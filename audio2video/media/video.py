"""Video in and out: `probe_video`, `VideoReader`, `Frame`, `VideoWriter`."""

from .frame import Box, Frame
from .info import VideoInfo, probe_video
from .reader import VideoReader
from .writer import VideoWriter

__all__ = ["Box", "Frame", "VideoInfo", "VideoReader", "VideoWriter", "probe_video"]
