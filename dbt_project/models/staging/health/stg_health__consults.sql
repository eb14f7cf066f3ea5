{{ staged_records("health", "consult") }}
