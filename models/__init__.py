"""What must be backed up: rows, blobs, jobs; and the errors every room may raise."""
