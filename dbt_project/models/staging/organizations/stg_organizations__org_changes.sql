{{ staged_records("organizations", "org_change") }}
