"""Reference implementations of the chapter attention."""
