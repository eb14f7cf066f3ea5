"""How fast a stream becomes data, and whether any of it is lost on the way."""
