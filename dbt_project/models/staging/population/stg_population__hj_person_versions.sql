{{ staged_versions("population", "hj_person") }}
