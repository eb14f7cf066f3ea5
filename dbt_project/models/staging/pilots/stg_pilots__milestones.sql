{{ staged_records("pilots", "milestone") }}
