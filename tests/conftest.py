"""What all tests share."""

from hypothesis import settings

# The same examples in every run: a red build means that something changed, not that the dice fell otherwise.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")
