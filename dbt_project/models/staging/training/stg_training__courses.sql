{{ staged_records("training", "course") }}
