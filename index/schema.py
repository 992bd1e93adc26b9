"""What the tables of the store look like, step by step from the first release on."""

STEPS: tuple[tuple[str, ...], ...] = (
    (
        "CREATE TABLE meta (fingerprint TEXT NOT NULL, dim INTEGER NOT NULL)",
        """CREATE TABLE changes (
            generation INTEGER PRIMARY KEY, token TEXT NOT NULL, removed_first INTEGER, removed_last INTEGER
        )""",
        """CREATE TABLE documents (
            document_id TEXT PRIMARY KEY, title TEXT NOT NULL, source TEXT NOT NULL, text TEXT NOT NULL,
            metadata TEXT NOT NULL, added_at TEXT NOT NULL
        )""",
        # AUTOINCREMENT: a row number is never given twice, so an index that lags can miss a row but not mistake it.
        """CREATE TABLE sentences (
            row INTEGER PRIMARY KEY AUTOINCREMENT,
            document_id TEXT NOT NULL REFERENCES documents ON DELETE CASCADE,
            ordinal INTEGER NOT NULL, start INTEGER NOT NULL, stop INTEGER NOT NULL, text TEXT NOT NULL,
            path TEXT NOT NULL, role TEXT, declared TEXT, passage INTEGER NOT NULL, is_heading INTEGER NOT NULL,
            dimension TEXT NOT NULL, confidence REAL NOT NULL, scores TEXT NOT NULL, secondary TEXT NOT NULL,
            settled_role TEXT NOT NULL, abstained INTEGER NOT NULL, reason TEXT,
            embedding BLOB NOT NULL, UNIQUE (document_id, ordinal)
        )""",
        "CREATE INDEX sentences_by_dimension ON sentences (dimension)",
        "CREATE INDEX sentences_by_role ON sentences (settled_role)",
    ),
    (
        # Nothing in it is ever changed or removed: taking a label back is one more row, which names it.
        """CREATE TABLE feedback (
            number INTEGER PRIMARY KEY AUTOINCREMENT, feedback_id TEXT NOT NULL UNIQUE,
            undoes TEXT UNIQUE REFERENCES feedback (feedback_id), document_id TEXT, ordinal INTEGER,
            text TEXT NOT NULL, context TEXT NOT NULL, dimension TEXT NOT NULL, role TEXT,
            author TEXT NOT NULL, note TEXT NOT NULL, made_at TEXT NOT NULL
        )""",
        "CREATE INDEX feedback_by_sentence ON feedback (document_id, ordinal)",
        """CREATE TRIGGER feedback_stays BEFORE DELETE ON feedback
            BEGIN SELECT RAISE(ABORT, 'feedback is never removed'); END""",
        """CREATE TRIGGER feedback_stays_as_it_is BEFORE UPDATE ON feedback
            BEGIN SELECT RAISE(ABORT, 'feedback is never changed'); END""",
        """CREATE VIEW labels AS SELECT l.*, u.made_at AS undone_at, u.author AS undone_by
            FROM feedback l LEFT JOIN feedback u ON u.undoes = l.feedback_id WHERE l.undoes IS NULL""",
        # Sentences whose tag is a person's; `tag` is what the classifier had said, for when that is taken back.
        """CREATE TABLE settled (
            row INTEGER PRIMARY KEY REFERENCES sentences ON DELETE CASCADE, feedback_id TEXT NOT NULL, tag TEXT NOT NULL
        )""",
        "CREATE INDEX sentences_by_confidence ON sentences (confidence)",
    ),
    # A page of the list of documents is found without reading the texts of all.
    ("CREATE INDEX documents_by_time ON documents (added_at)",),
)
"""The schema, step by step. A step that was released is never edited: append a new one."""

MADE_WITH = "SELECT fingerprint, dim FROM meta"
"""Asks a store for the encoder of its vectors; any other file has no answer."""
