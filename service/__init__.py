"""Settings, the runtime that joins `index` and `models`, the command line and the HTTP API."""
