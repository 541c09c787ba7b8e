"""The demo video: ``python -m tools.presenter OUT.mp4`` has `audio2video.presenter` paint it."""
