create or replace macro mobile_of_rank(rank) as
    ['154', '160', '161', '163', '164', '168', '169', '179'][1 + (rank % 8)::int]
    || lpad((rank // 8)::varchar, 8, '0');
create or replace macro mobile(serial) as mobile_of_rank((serial * 387420489 + 12345) % 800000000);
