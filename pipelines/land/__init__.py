"""Landing: immutable Parquet batches behind door 1, their manifest, cursors and run outcomes."""
