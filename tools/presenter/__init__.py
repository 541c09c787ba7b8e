"""The painted presenter: a talking-head video with known landmarks, drawn by a program.

The demo needs a video of a face that anyone may use. This one shows nobody: it is a relief map, lit
and coloured, with eyes and a mouth painted into every frame. Because the program places each
landmark itself, the same video is the ground truth of the tests. The package ships the finished
video; ``python -m tools.presenter OUT.mp4`` paints it again.
"""
