"""Every fault that `index` raises.

IndexFault
├── UnreadableDocument   a file cannot be turned into text
├── NoCorpus             the data directory holds no corpus
├── CorpusBusy           another process is writing to the corpus
├── CorpusUnwritable     the folder of the corpus may not be written to
├── CorpusNotEmpty       a backup would take the place of reports that are there
├── BadBackup            a file is no sound backup of a corpus
├── BadBackupPlace       a backup cannot be written to a path
├── CorpusDamaged        something stored contradicts itself or its checksum
├── EmbedderMismatch     the corpus was built by another embedder
├── UnknownDocument      no document has this id
├── UnknownSentence      no sentence has this id
└── UnknownFeedback      no feedback has this id
"""


class IndexFault(Exception):
    """Base of every fault of this package."""


class UnreadableDocument(IndexFault):
    """A file cannot be turned into text: broken, encrypted, empty, binary, too large or of an unknown kind."""


class NoCorpus(IndexFault):
    """The data directory holds no corpus to read from."""


class CorpusBusy(IndexFault):
    """Another process holds the write lock of the corpus."""


class CorpusUnwritable(IndexFault):
    """The folder of the corpus may not be written to: its permissions, or a full disk."""


class CorpusNotEmpty(IndexFault):
    """A backup would take the place of reports that are in the corpus."""


class BadBackup(IndexFault):
    """A file is no sound backup of a corpus."""


class BadBackupPlace(IndexFault):
    """A backup cannot be written to a path: a folder, the corpus itself, or somebody else's file."""


class CorpusDamaged(IndexFault):
    """Something stored contradicts itself, its manifest or its checksum."""


class EmbedderMismatch(IndexFault):
    """The stored vectors come from another embedder than the one in use."""


class UnknownDocument(IndexFault):
    """No document in the corpus has the given id."""


class UnknownSentence(IndexFault):
    """No sentence in the corpus has the given id."""


class UnknownFeedback(IndexFault):
    """No feedback in the corpus has the given id."""
