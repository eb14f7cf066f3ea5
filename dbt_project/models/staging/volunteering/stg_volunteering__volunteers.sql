{{ staged_records("volunteering", "volunteer") }}
