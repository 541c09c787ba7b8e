"""Timing: head activity, the retiming dynamic programme and the frames in between."""
