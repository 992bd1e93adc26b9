"""Reading reports, storing them, and finding passages in them. Knows nothing of the classifier."""
