"""Mouth textures: candidate choice, warping, the weighted-median kernel, teeth proxies."""
