{{ staged_records("grid", "event") }}
