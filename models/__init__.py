"""Embedders, the taxonomy and the classifier. Knows nothing of documents or the corpus."""
