{{ staged_records("grid", "grid") }}
