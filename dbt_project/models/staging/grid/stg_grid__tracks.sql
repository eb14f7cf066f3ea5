{{ staged_records("grid", "track") }}
