-- An order that ended as it was asked is told once: its entry of the journal holds it, with the rules
-- that were looked at. Its row names the entry, `doc` is empty and `looked` is not set.
alter table orders add column entry integer;

-- Orders as they are read, wherever they are told.
create view whole_orders as select home, id, state, is_open, device, member, payee, category, amount,
    captured, refunded, asked_ms, changed_ms,
    case doc when '' then (select json_extract(part.value, '$.order')
        from journal, json_each(journal.body) as part
        where journal.home = orders.home and journal.seq = orders.entry
        and json_extract(part.value, '$.change') = 'order') else doc end as doc,
    coalesce(looked, (select json_extract(part.value, '$.looked')
        from journal, json_each(journal.body) as part
        where journal.home = orders.home and journal.seq = orders.entry
        and json_extract(part.value, '$.change') = 'judged')) as looked
    from orders;
