-- Use by quarters of an hour: a row holds a day of UTC (unix seconds / 86,400) of a counter, packed
-- as packed.rs tells. Sums of local days in usage_days are spread over their hours when the books are
-- opened, and leave that table.
create table usage_slots (home text not null, device text not null, quantity text not null,
    day integer not null, slots blob not null,
    primary key (home, device, quantity, day)) strict, without rowid;

-- Bills for use that were made, with what they came to before and what the next one puts right.
create table usage_bills (home text not null, tariff text not null, period text not null,
    doc text not null, primary key (home, tariff, period)) strict, without rowid;

-- A reading that comes late is looked at between those around it; old ones leave in the order in
-- which they came.
drop index readings_at;
create index readings_of on readings (home, device, quantity, at_ms);
