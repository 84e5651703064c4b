"""Fifteen pending migrations that only the rows of a project defeat, and fifteen that they do not."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Defeated:
    """Hold a migration, how many violate what it demands, and words of the sentence and of the sample."""

    sql: str
    count: int
    says: str
    sample: dict[str, str | None]


PROJECT = """
create table public.customers (id int primary key, email text, region text);
insert into public.customers values (1, 'a@x', 'eu'), (2, 'A@x', 'eu'), (3, null, 'us'), (4, null, 'us');
create table public.orders (id int primary key, customer_id int, total numeric, note text, status text, parent int,
  starts int, ends int);
insert into public.orders values
  (1, 1, 10, '12', 'open', null, 1, 5), (2, 9, null, 'x1', 'open', 1, 4, 8), (3, 8, -5, '13', 'shut', 77, 8, 9),
  (4, null, null, 'long note', 'lost', 1, 20, 30), (5, 2, -1, null, 'open', null, 40, 41);
create table public.lines (order_id int, number int, sku text);
insert into public.lines values (1, 1, 'a'), (1, 1, 'b'), (2, 1, null), (2, null, 'c'), (7, 7, null);
create domain public.positive as int;
create table public.stock (sku text primary key, amount public.positive);
insert into public.stock values ('a', 1), ('b', -1), ('c', null);
create table public.events (id int, at date, kind text) partition by range (at);
create table public.events_rest partition of public.events default;
insert into public.events values (1, '2024-01-05', 'a'), (2, '2024-02-05', 'b'), (3, '2025-01-01', null);
create table public.old_events (id int, at date, kind text);
insert into public.old_events values (1, '2023-12-31', 'a'), (2, '2023-01-01', 'b');
alter table public.lines add constraint known check (order_id < 7) not valid;
create type public.mood as enum ('happy', 'sad');
create table public.feelings (id int primary key, mood public.mood);
insert into public.feelings values (1, 'happy'), (2, 'sad'), (3, null);
create view public.europeans as select * from public.customers where region = 'eu';
alter table public.customers enable row level security;
"""

DEFEATED: dict[str, Defeated] = {
    "nulls before SET NOT NULL": Defeated(
        "alter table public.orders alter column total set not null;",
        2,
        "public.orders.total holds 2 nulls, and m/2_b.sql:1 sets it NOT NULL",
        {"id": "2"},
    ),
    "a new column NOT NULL without a default": Defeated(
        "alter table orders add column tax numeric not null;",
        5,
        "adds tax NOT NULL without a default",
        {"id": "1"},
    ),
    "violators before CHECK, under a new name": Defeated(
        "alter table orders rename to sales;\nalter table sales rename total to amount;\n"
        "alter table sales add constraint positive check (sales.amount > 0);",
        2,
        "public.orders holds 2 rows that violate CHECK (sales.amount > 0), and m/2_b.sql:3 adds the constraint",
        {"id": "3", "amount": "-5"},
    ),
    "duplicates before UNIQUE": Defeated(
        "alter table lines add constraint once unique (order_id, number);",
        1,
        "public.lines holds 1 duplicated value of (order_id, number)",
        {"order_id": "1", "number": "1", "rows": "2"},
    ),
    "duplicated nulls before NULLS NOT DISTINCT": Defeated(
        "alter table customers add unique nulls not distinct (email);",
        1,
        "1 duplicated value of (email)",
        {"email": None, "rows": "2"},
    ),
    "duplicates before a unique index over an expression, concurrently": Defeated(
        "create unique index concurrently mails on public.customers (lower(email)) where region = 'eu';",
        1,
        "1 duplicated value of (lower(email))",
        {"lower(email)": "a@x", "rows": "2"},
    ),
    "nulls before PRIMARY KEY": Defeated(
        "alter table lines add primary key (sku);",
        2,
        "public.lines.sku holds 2 nulls, and m/2_b.sql:1 makes it part of the primary key",
        {"ctid": "(0,3)"},
    ),
    "orphans before FOREIGN KEY": Defeated(
        "set search_path = public;\n"
        "alter table orders add constraint whose foreign key (customer_id) references customers;",
        2,
        "2 rows whose (customer_id) is not in customers, and m/2_b.sql:2 adds the foreign key whose",
        {"id": "2", "customer_id": "9"},
    ),
    "orphans before a foreign key to the same table": Defeated(
        "alter table orders add foreign key (parent) references orders (id);",
        1,
        "1 row whose (parent) is not in orders",
        {"id": "3", "parent": "77"},
    ),
    "half a key before MATCH FULL": Defeated(
        "create table keys (a int, b int, primary key (a, b));\n"
        "alter table lines add foreign key (order_id, number) references keys match full;",
        5,
        "5 rows whose (order_id, number) is not in keys",
        {"order_id": "1", "number": "1"},
    ),
    "conflicts before EXCLUDE": Defeated(
        "alter table orders add exclude using gist (int4range(starts, ends) with &&);",
        1,
        "1 pair of rows that exclude each other",
        {"id": "1", "and": '{"id" : "2"}'},
    ),
    "failing samples before a type change": Defeated(
        "alter table orders alter column note type int using note::int;",
        2,
        "public.orders.note holds 2 values that cannot become int",
        {"id": "2", "note": "x1", "says": 'invalid input syntax for type integer: "x1"'},
    ),
    "values that no label of a new enum is": Defeated(
        "create type status as enum ('open', 'shut');\n"
        "alter table public.orders alter column status type status using status::text::status;",
        1,
        "1 value that cannot become status",
        {"id": "4", "status": "lost"},
    ),
    "violators before VALIDATE CONSTRAINT of one that stands": Defeated(
        "alter table lines validate constraint known;",
        1,
        "1 row that violates known, and m/2_b.sql:1 validates it",
        {"ctid": "(0,5)", "order_id": "7"},
    ),
    "rows of the default partition before a new one": Defeated(
        "create table events_2024 partition of events for values from ('2024-01-01') to ('2025-01-01');",
        2,
        "public.events_rest holds 2 rows that belong into the new partition",
        {"at": "2024-01-05"},
    ),
    "values of a domain that is given a CHECK": Defeated(
        "alter domain positive add constraint above check (value > 0);",
        1,
        "public.positive holds 1 value that violates CHECK (value > 0)",
        {"table": "public.stock", "column": "amount", "value": "-1"},
    ),
    "rows that do not belong into the partition that they are to be": Defeated(
        "alter table events attach partition old_events for values from ('2023-01-01') to ('2023-12-31');",
        1,
        "public.old_events holds 1 row that does not belong into that partition of events",
        {"at": "2023-12-31"},
    ),
    "texts too long for the type": Defeated(
        "alter table orders alter column note type varchar(4);",
        1,
        "1 value that cannot become varchar(4)",
        {"id": "4", "note": "long note", "says": "value too long for type varchar(4)"},
    ),
}

CLEAN: dict[str, str] = {
    "a column without nulls": "alter table orders alter column status set not null;",
    "a new column with a default": "alter table orders add column tax numeric not null default 0 check (tax >= 0);",
    "a check that holds, of nulls too": "alter table orders add constraint c check (total < 100);",
    "unique values, and nulls that are distinct": "alter table customers add unique (email);",
    "a unique index over the rows that it is about": (
        "create unique index concurrently on lines (sku) where sku is not null;"
    ),
    "a key that holds": "alter table customers add column code serial, add constraint k unique (id, region);",
    "a foreign key of a new column": (
        "alter table orders add column seller int references customers, add column buyer int unique;"
    ),
    "a foreign key that is not validated": (
        "alter table orders add constraint f foreign key (customer_id) references customers not valid;"
    ),
    "a table that the push makes": (
        "create table fresh (id int, x int);\nalter table fresh add primary key (id), alter x set not null;\n"
        "insert into fresh values (1, 1);"
    ),
    "a backfill before SET NOT NULL": (
        "update public.orders set total = 0 where total is null;\nalter table orders alter total set not null;"
    ),
    "a new column that is filled before SET NOT NULL": (
        "alter table orders add column slug text;\nupdate orders o set slug = 'o-' || o.id;\n"
        "alter table orders alter slug set not null, add unique (slug);"
    ),
    "rows that are deleted before": (
        "delete from orders where customer_id not in (select id from customers);\n"
        "alter table orders add foreign key (customer_id) references customers;"
    ),
    "a type that every value fits": (
        "alter table orders alter column status type varchar(4), alter column total type int using total::int;"
    ),
    "an enum that is made anew": (
        "alter type mood rename to mood_old;\ncreate type mood as enum ('happy', 'sad', 'angry');\n"
        "alter table feelings alter mood type mood using mood::text::mood;\ndrop type mood_old;"
    ),
    "a partition beside the rows of the default": (
        "create table events_2030 partition of events for values from ('2030-01-01') to ('2031-01-01');"
    ),
    "a domain whose values are good": "alter domain positive add check (value > -5);",
    "an attached partition": (
        "alter table events attach partition old_events for values from ('2023-01-01') to ('2024-01-01');"
    ),
    "a column that is dropped before": (
        "alter table orders drop column total cascade;\n"
        "alter table orders add total int, add check (total is null);"
    ),
}
