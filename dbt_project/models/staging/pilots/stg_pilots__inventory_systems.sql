{{ staged_records("pilots", "system_inventory") }}
