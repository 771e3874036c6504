"""Reference implementations of the chapter generative."""
