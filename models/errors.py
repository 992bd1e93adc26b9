"""Every fault that `models` raises.

ModelFault
├── ModelDamaged         a model folder is incomplete, altered or contradicts itself
├── ModelUnavailable     a model or a package that it needs is not there
├── EncoderMismatch      a classifier head was fitted to the vectors of another encoder
├── BadTaxonomy          a taxonomy file breaks the rules of its format
├── BadExamples          a file of labelled examples breaks the rules of its format
└── BadText              a text cannot be classified: empty, or longer than the limit
"""


class ModelFault(Exception):
    """Base of every fault of this package."""


class ModelDamaged(ModelFault):
    """A model folder is incomplete, altered since it was written, or contradicts itself."""


class ModelUnavailable(ModelFault):
    """A model, or a package that it needs, is not on this machine."""


class EncoderMismatch(ModelFault):
    """A classifier head was fitted to the vectors of another encoder than the one in use."""


class BadTaxonomy(ModelFault):
    """A taxonomy file breaks the rules of its format."""


class BadExamples(ModelFault):
    """A file of labelled examples breaks the rules of its format."""


class BadText(ModelFault):
    """A text cannot be classified: it is empty, or longer than the limit. `param` says which, where that is known."""

    def __init__(self, message: str, *, param: str | None = None) -> None:
        super().__init__(message)
        self.param = param
