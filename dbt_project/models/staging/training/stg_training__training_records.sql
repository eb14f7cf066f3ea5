{{ staged_records("training", "training_record") }}
