"""Wire names and house names of RAGFlow's /api/v1, and the values each accepts."""
