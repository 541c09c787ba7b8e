"""Video in and out: `probe_video`, `VideoReader`, `Frame`, `VideoWriter`."""

from audio2video.media.frame import Box, Frame
from audio2video.media.info import VideoInfo, probe_video
from audio2video.media.reader import VideoReader
from audio2video.media.writer import VideoWriter

__all__ = ["Box", "Frame", "VideoInfo", "VideoReader", "VideoWriter", "probe_video"]
