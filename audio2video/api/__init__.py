"""The public API: what ``import audio2video as a2v`` offers; see `audio2video`."""
