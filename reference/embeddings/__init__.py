"""Reference implementations of the chapter embeddings."""
