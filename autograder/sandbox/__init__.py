"""Runs submissions that nobody has read: a confined worker per submission, forked from a warm server.

`Sandbox` in `autograder.sandbox.client` is the way in. `server` and `worker` are the other side of it: they run in processes
of their own that hold no secret, and what comes back from them is believed to be data and nothing more.
"""
