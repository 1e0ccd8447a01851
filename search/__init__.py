"""What can be rebuilt from the rows: tokens, embeddings, indexes, fusion."""
