"""Retiming: head motion, the dynamic programme, interpolated frames."""
