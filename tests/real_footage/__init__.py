"""Inputs made of real footage, and what becomes of them; see ``python -m tests.real_footage``."""
