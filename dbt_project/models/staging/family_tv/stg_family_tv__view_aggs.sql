{{ staged_records("family_tv", "view_agg") }}
