{{ staged_records("affairs", "case_step") }}
