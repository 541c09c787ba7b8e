"""Implementation of the public API; see `audio2video`."""
