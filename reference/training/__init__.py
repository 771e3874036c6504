"""What makes training work and generalise."""
