"""Files that departments drop: finding and fetching them, and parsing them where they can do no harm.

Whatever opens a file's content runs in the child process (`child`), under limits;
the parent (`parser`) sees its Parquet and its answer only. What a file becomes is
the landing's business.
"""
