"""Video and audio in and out: the only place that touches codecs."""
