"""What everything else is measured against: every system of the course in PyTorch, on any device."""
