"""Convolutional networks: from correlation to EfficientNet."""
