"""Landing: immutable Parquet batches behind door 1, with their manifest, cursors and run outcomes."""
