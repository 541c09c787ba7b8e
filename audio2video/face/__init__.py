"""Faces in pictures: detection, 68 landmarks, head pose, rectified face space, target analysis."""
