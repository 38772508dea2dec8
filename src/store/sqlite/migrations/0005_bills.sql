-- Bills to pay; order_id is the newest order that is to pay one.
create table bills (home text not null, id text not null, order_id text, due text not null,
    doc text not null, primary key (home, id)) strict, without rowid;

-- Orders say when their money moved and came back; for those of before the journal knows it.
with moved as (
    select json_extract(c.value, '$.order.id') as id, min(j.at_ms) as at_ms
    from journal j, json_each(j.body) c
    where json_extract(c.value, '$.change') = 'order'
        and json_extract(c.value, '$.order.captured') > 0
    group by 1)
update orders set doc = json_set(doc, '$.captured_at', moved.at_ms)
    from moved where moved.id = orders.id and orders.captured > 0;

with counted as (
    select json_extract(c.value, '$.order.id') as id,
        json_array_length(c.value, '$.order.returned') as number, min(j.at_ms) as at_ms
    from journal j, json_each(j.body) c
    where json_extract(c.value, '$.change') = 'order'
        and json_array_length(c.value, '$.order.returned') > 0
    group by 1, 2),
came_back as (
    select id, json_group_array(at_ms order by number) as times from counted group by id)
update orders set doc = json_set(doc, '$.returned_at', json(came_back.times))
    from came_back where came_back.id = orders.id and orders.refunded > 0;
