-- What the journal does not tell carries a sum of its own columns, so that a change made by another
-- hand, or by the disk, is found. Rows of before have none.
alter table meta add column sum integer;
alter table household add column sum integer;
alter table signers add column sum integer;
alter table heard add column sum integer;
alter table guesses add column sum integer;
alter table meters add column sum integer;
alter table sightings add column sum integer;
alter table readings add column sum integer;
alter table usage_slots add column sum integer;
alter table spot_prices add column sum integer;
alter table outbox add column sum integer;
