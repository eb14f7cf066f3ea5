create or replace macro numeral(n) as
    case when n <= 10 then substr('零一二三四五六七八九十', n + 1, 1)
        when n < 20 then '十' || substr('零一二三四五六七八九', n - 10 + 1, 1)
        else substr('零一二三四五六七八九', n // 10 + 1, 1) || '十'
            || case when n % 10 = 0 then '' else substr('零一二三四五六七八九', n % 10 + 1, 1) end end;
create or replace macro spelled_digits(text) as translate(text, '0123456789', '零一二三四五六七八九');
