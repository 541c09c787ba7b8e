"""What each address of the server answers."""
