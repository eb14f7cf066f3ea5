{{ staged_records("civil_affairs", "org_community") }}
