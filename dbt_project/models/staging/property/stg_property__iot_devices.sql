{{ staged_records("property", "iot_device") }}
