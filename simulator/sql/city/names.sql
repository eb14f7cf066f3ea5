create or replace table persons as
with styled as (
    select *,
        case when role in ('head', 'mate 1') then head_surname
            when role in ('spouse', 'late spouse') then spouse_surname
            when role in ('mate 2', 'mate 3') then draw('surnames', 'mate', person_no)
            when role in ('elder 1') then draw('surnames', 'elder', person_no)
            when u('maternal', person_no) < 0.04 then spouse_surname
            when role like 'grandchild%' and u('outside', household_no) < 0.3 then draw('surnames', 'outside', household_no)
            when role in ('elder 2', 'late parent') or head_sex = '1' then head_surname
            else spouse_surname end as surname,
        u('style', person_no) as style, has_twins and role in ('child 1', 'twin') as is_twin,
        case when has_twins and role in ('child 1', 'twin') then household_no * 16 else person_no end as name_key
    from persons
),
given as (
    select *,
        {first} as first_character,
        {second} as second_character,
        {whole} as whole_name,
        {former} as other_name
    from styled
),
named as (
    select *,
        case when is_twin then substr('嘉文思子安若', 1 + pick('twin', household_no, 6), 1)
                || substr(case role || sex_code when 'twin1' then '轩宇然辰博睿' when 'twin2' then '涵琪萱妍彤悦'
                    when 'child 11' then '浩航杰阳翔泽' else '怡雯洁静婷欣' end, 1 + pick('twin second', person_no, 6), 1)
            when style < 0.17 then whole_name
            when style < case era when '1' then 0.25 when '2' then 0.30 else 0.22 end then second_character
            when first_character = second_character and style < 0.97 then first_character
            else first_character || second_character end as given_name
    from given
)
select * exclude (name_key, first_character, second_character, whole_name, style, given_name, head_surname, spouse_surname, other_name),
    case when origin = 'foreigner' then draw('foreign_first', 'foreign first', person_no) || ' '
            || draw('foreign_last', 'foreign last', person_no)
        else surname || given_name end as name,
    case when u('has former', person_no) < 0.05 and other_name <> given_name and origin <> 'foreigner' then surname || other_name end as former_name
from named;
