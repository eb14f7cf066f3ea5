"""Files dropped by departments: list, fetch and parse them in isolation.

Everything that opens a file's content runs in the child process (`child`) under resource limits; the parent
(`parser`) sees only its Parquet file and its answer. Landing the result is not done here.
"""
