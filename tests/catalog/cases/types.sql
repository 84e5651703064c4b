-- a schema with nothing in it

-- an enum keeps the order of its labels
create type mood as enum ('ok', 'it''s', 'b\c');
alter type mood add value 'first' before 'ok';
alter type mood add value 'between' after 'first';

-- an enum without labels
create type empty_enum as enum ();

-- a domain with a default and two named checks
create domain age as integer default 18 constraint low check (value >= 0) constraint high check (value < 150);

-- a domain that is not null
create domain must as text not null;

-- a domain with another collation
create domain plain as text collate "C";

-- a domain over a type with a modifier
create domain price as numeric(10, 2) default 0.00;

-- a domain over an array
create domain tags as text[] check (array_length(value, 1) < 10);

-- a domain over a domain
create domain a as text check (value <> '');
create domain b as a check (value <> 'x');

-- a domain with a check that is not validated
create domain late as int;
alter domain late add constraint positive check (value > 0) not valid;

-- a domain whose default calls a sequence
create sequence numbers;
create domain numbered as bigint default nextval('numbers');

-- a composite type with a collation
create type pair as (a int, "B b" text collate "C", c numeric(4,1)[]);

-- a composite type without attributes
create type bare as ();

-- a composite type of which an attribute was dropped
create type gone as (a int, b int, c int);
alter type gone drop attribute b;

-- a composite type within another
create type b_inner as (x int);
create type a_outer as (i b_inner, many b_inner[]);

-- a composite type that holds a table's row
create type holder as (x int);
create table z (a int);
alter type holder add attribute r z;

-- a range over another type
create type span as range (subtype = int);

-- a range with everything told
create function apart(a text, b text) returns float8 language sql immutable as 'select 1.0::float8';
create type span as range (subtype = text, subtype_opclass = text_pattern_ops, collation = "C", subtype_diff = apart, multirange_type_name = spans);

-- a table with an array of a multirange
create type span as range (subtype = int);
create table t (a span, b span[], c span_multirange, d span_multirange[]);
