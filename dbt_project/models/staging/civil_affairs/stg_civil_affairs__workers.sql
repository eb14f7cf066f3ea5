{{ staged_records("civil_affairs", "worker") }}
