"""Reference implementations of the chapter recurrent."""
