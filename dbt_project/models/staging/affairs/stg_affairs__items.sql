{{ staged_records("affairs", "item_list") }}
