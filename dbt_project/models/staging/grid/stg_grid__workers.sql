{{ staged_records("grid", "worker") }}
