"""What the exercises' figures share: style, and words of a real corpus."""
