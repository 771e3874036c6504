"""Systems of the chapter convolutional: those closed by comparison, and those that are trained."""

from reference.convolutional import systems_architectures, systems_compared, systems_trained, systems_transfer

__all__ = ["systems_architectures", "systems_compared", "systems_trained", "systems_transfer"]
