{{ staged_records("broadband", "public_wifi") }}
