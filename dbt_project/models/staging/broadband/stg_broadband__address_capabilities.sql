{{ staged_records("broadband", "address_capability") }}
