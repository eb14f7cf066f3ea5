{{ staged_records("health", "contract") }}
