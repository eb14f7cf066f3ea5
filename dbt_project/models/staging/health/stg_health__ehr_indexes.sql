{{ staged_records("health", "ehr_index") }}
