{{ staged_records("civil_affairs", "benefit") }}
