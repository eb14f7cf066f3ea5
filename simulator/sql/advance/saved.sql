-- Touched records of {table} get a newer time; deleted ones are flagged.
update {table} set {flag} {cursor} = moment_of(_record)
where _record in (from saved) or _record in (from gone);
