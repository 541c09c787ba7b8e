"""Jobs of the server: folders on disk, a queue, and worker processes."""
