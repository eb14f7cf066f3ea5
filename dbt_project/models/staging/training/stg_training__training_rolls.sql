{{ staged_records("training", "training_roll") }}
