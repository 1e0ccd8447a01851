"""From a stored file to chunks: parsing, chunking, and the worker that runs them."""
