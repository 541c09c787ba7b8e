"""Timing: the retiming dynamic programme and the frames in between."""
