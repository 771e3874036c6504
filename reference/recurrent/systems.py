"""Every system of the chapter recurrent; importing this module registers them (see `reference.systems`)."""

# ruff: noqa: I001 (the order of the syllabus is the order on the page of evidence)

from reference.recurrent import systems_series
from reference.recurrent import systems_exact
from reference.recurrent import systems_memory
from reference.recurrent import systems_language
from reference.recurrent import systems_captioning

__all__ = ["systems_captioning", "systems_exact", "systems_language", "systems_memory", "systems_series"]
