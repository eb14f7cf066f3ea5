case when {p}kind = 'village' then
    case pick('variant', {key}, 4)
        when 0 then {p}county_name || {p}town_name || {p}community_label || {p}estate_name || {p}building_no || '号'
        when 1 then {p}town_name || {p}community_label || replace({p}estate_name, '组', '队') || {p}building_no || '号'
        when 2 then '淮南市' || {p}county_name || {p}community_label || {p}estate_name || {p}building_no
        else full_width({p}address) end
else
    case pick('variant', {key}, 6)
        when 0 then {p}county_name || {p}place || ({p}estate_building + 1) || '#' || {p}unit_no || '-' || {p}room_label
        when 1 then '淮南市' || {p}county_name || {p}place || ({p}estate_building + 1) || '栋' || {p}unit_no
            || '单元' || {p}room_label
        when 2 then {p}town_name || {p}community_label || {p}place || ({p}estate_building + 1) || '幢' || {p}unit_no
            || '-' || {p}room_label || '室'
        when 3 then {p}county_name || {p}place || numeral({p}estate_building + 1) || '号楼' || numeral({p}unit_no)
            || '单元' || {p}room_label || '室'
        when 4 then full_width({p}address)
        else '安徽省 淮南市 ' || {p}county_name || ' ' || {p}place || ' ' || ({p}estate_building + 1) || '号楼 '
            || {p}unit_no || '单元 ' || {p}room_label end
end
