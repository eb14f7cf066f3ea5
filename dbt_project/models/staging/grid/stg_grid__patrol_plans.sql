{{ staged_records("grid", "patrol_plan") }}
