"""The painted presenter: a talking-head video with known landmarks, drawn by the program itself.

The demo needs a video of a face which anyone may use. This one shows nobody: it is a relief map,
lit and coloured, with eyes and a mouth painted into every frame. Because the program places each
landmark itself, the same video is the tests' ground truth.
"""
