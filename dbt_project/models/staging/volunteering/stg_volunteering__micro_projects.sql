{{ staged_records("volunteering", "micro_project") }}
