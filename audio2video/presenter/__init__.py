"""The painted presenter: a face that shows nobody, drawn by a program.

It is a relief map, lit and coloured, with eyes and a mouth painted into every frame. The demo
video shows it (``python -m tools.presenter OUT.mp4`` paints that again); because the program places
each landmark itself, the same video is the ground truth of the tests. ``audio2video animate`` lets
it speak with any mouth shapes.
"""
