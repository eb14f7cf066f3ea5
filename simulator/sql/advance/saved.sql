-- Touched records of {table} have a newer time; what is deleted says so.
update {table} set {flag} {cursor} = moment_of(_record)
where _record in (from saved) or _record in (from gone);
