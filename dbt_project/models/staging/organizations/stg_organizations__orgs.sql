{{ staged_records("organizations", "org") }}
