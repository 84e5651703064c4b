-- Types, columns, indexes and points of PostGIS. A value is the text that was written; no geometry is computed, and
-- what would have to compute says so (0A000). CREATE TYPE takes functions of the server's own only, so those are
-- functions of text under other names.

create type geometry;
create type geography;

-- A type modifier is a number: here that of the enum label that is printed for it, so geometry(Point,4326) is read
-- and shown as PostGIS does.
do $$
begin
  execute (
    select pg_catalog.format('create type @extschema@.spatial_modifier as enum (%s)',
      pg_catalog.string_agg(pg_catalog.quote_literal('(' || shape || dimension || srid || ')'), ', '))
    from pg_catalog.unnest(array[
           'Geometry', 'Point', 'LineString', 'Polygon', 'MultiPoint', 'MultiLineString', 'MultiPolygon',
           'GeometryCollection', 'CircularString', 'CompoundCurve', 'CurvePolygon', 'MultiCurve', 'MultiSurface',
           'PolyhedralSurface', 'Tin', 'Triangle']) as shape,
         pg_catalog.unnest(array['', 'Z', 'M', 'ZM']) as dimension,
         pg_catalog.unnest(array[
           '', ',2154', ',2180', ',2263', ',25832', ',25833', ',27700', ',28992', ',3035', ',31370', ',31467', ',3857',
           ',3978', ',4258', ',4269', ',4326', ',4674', ',5070', ',7844', ',900913']) as srid);
end
$$;

create function spatial_refuse(what text) returns text
language plpgsql
as $$
begin
  raise exception '% is not simulated by sbapply', what using errcode = 'feature_not_supported';
end
$$;

create function spatial_modifier_of(modifier text, fallback text) returns integer
language sql stable
as $$
  select coalesce(
    (select pg_enum.oid::integer
     from pg_catalog.pg_enum, pg_catalog.string_to_array(pg_catalog.replace(modifier, ' ', ''), ',') as part
     where enumtypid = '@extschema@.spatial_modifier'::pg_catalog.regtype
       and pg_catalog.lower(enumlabel) = pg_catalog.lower(
         '(' || part[1] || coalesce(',' || nullif(coalesce(part[2], fallback), '0'), '') || ')')),
    @extschema@.spatial_refuse('the type modifier (' || modifier || ')')::integer)
$$;

-- Made with text[] and given cstring[] afterwards, which a function in SQL cannot be made with and can be called with.
create function geometry_typmod_in(text[]) returns integer language sql immutable strict
as $$ select @extschema@.spatial_modifier_of(pg_catalog.array_to_string($1, ','), null) $$;
create function geography_typmod_in(text[]) returns integer language sql immutable strict
as $$ select @extschema@.spatial_modifier_of(pg_catalog.array_to_string($1, ','), '4326') $$;
update pg_catalog.pg_proc set proargtypes = '1263'
where proname in ('geometry_typmod_in', 'geography_typmod_in') and pronamespace = '@extschema@'::pg_catalog.regnamespace;

create function geometry_in(cstring) returns geometry language internal immutable strict parallel safe as 'textin';
create function geometry_out(geometry) returns cstring language internal immutable strict parallel safe as 'textout';
create function geometry_recv(internal) returns geometry language internal immutable strict parallel safe as 'textrecv';
create function geometry_send(geometry) returns bytea language internal immutable strict parallel safe as 'textsend';
create function geometry_typmod_out(integer) returns cstring language internal immutable strict parallel safe as 'enum_out';
create type geometry (
  input = geometry_in, output = geometry_out, receive = geometry_recv, send = geometry_send, typmod_in = geometry_typmod_in,
  typmod_out = geometry_typmod_out, like = text
);

create function geography_in(cstring) returns geography language internal immutable strict parallel safe as 'textin';
create function geography_out(geography) returns cstring language internal immutable strict parallel safe as 'textout';
create function geography_recv(internal) returns geography language internal immutable strict parallel safe as 'textrecv';
create function geography_send(geography) returns bytea language internal immutable strict parallel safe as 'textsend';
create function geography_typmod_out(integer) returns cstring language internal immutable strict parallel safe as 'enum_out';
create type geography (
  input = geography_in, output = geography_out, receive = geography_recv, send = geography_send, typmod_in = geography_typmod_in,
  typmod_out = geography_typmod_out, like = text
);

create cast (text as geometry) without function as implicit;
create cast (geometry as text) without function as implicit;
create cast (text as geography) without function as implicit;
create cast (geography as text) without function as implicit;
create cast (geometry as geography) without function as implicit;
create cast (geography as geometry) without function;

-- Equal and ordered as their texts are.
do $$
declare
  spatial text;
  operation record;
begin
  foreach spatial in array array['geometry', 'geography'] loop
    for operation in select * from (values
      ('lt', '<', '>', 'scalarltsel'), ('le', '<=', '>=', 'scalarlesel'), ('eq', '=', '=', 'eqsel'),
      ('ge', '>=', '<=', 'scalargesel'), ('gt', '>', '<', 'scalargtsel')
    ) as known (name, sign, commutator, estimate) loop
      execute pg_catalog.format(
        'create function @extschema@.%1$s_%2$s(@extschema@.%1$s, @extschema@.%1$s) returns boolean '
        'language internal immutable strict parallel safe as %3$L', spatial, operation.name, 'bytea' || operation.name);
      execute pg_catalog.format(
        'create operator @extschema@.%2$s (leftarg = @extschema@.%1$s, rightarg = @extschema@.%1$s, '
        'function = @extschema@.%1$s_%3$s, commutator = operator(@extschema@.%4$s), restrict = %5$s)',
        spatial, operation.sign, operation.name, operation.commutator, operation.estimate);
    end loop;
    execute pg_catalog.format(
      'create function @extschema@.%1$s_cmp(@extschema@.%1$s, @extschema@.%1$s) returns integer '
      'language internal immutable strict parallel safe as %2$L', spatial, 'byteacmp');
    execute pg_catalog.format(
      'create function @extschema@.%1$s_hash(@extschema@.%1$s) returns integer '
      'language internal immutable strict parallel safe as %2$L', spatial, 'hashvarlena');
    execute pg_catalog.format(
      'create operator class @extschema@.btree_%1$s_ops default for type @extschema@.%1$s using btree as '
      'operator 1 @extschema@.<, operator 2 @extschema@.<=, operator 3 @extschema@.=, operator 4 @extschema@.>=, '
      'operator 5 @extschema@.>, function 1 @extschema@.%1$s_cmp(@extschema@.%1$s, @extschema@.%1$s)', spatial);
    execute pg_catalog.format(
      'create operator class @extschema@.hash_%1$s_ops default for type @extschema@.%1$s using hash as '
      'operator 1 @extschema@.=, function 1 @extschema@.%1$s_hash(@extschema@.%1$s)', spatial);
  end loop;
end
$$;

-- An index is made and kept, with the functions of btree_gist, and no operator leads to it.
create type spatial_key;
create function spatial_key_in(cstring) returns spatial_key language c immutable strict
as '$libdir/btree_gist', 'gbtreekey_in';
create function spatial_key_out(spatial_key) returns cstring language c immutable strict
as '$libdir/btree_gist', 'gbtreekey_out';
create type spatial_key (
  internallength = variable, input = spatial_key_in, output = spatial_key_out, storage = extended
);

create function spatial_consistent(internal, geometry, smallint, oid, internal) returns boolean language c
immutable strict as '$libdir/btree_gist', 'gbt_bytea_consistent';
create function spatial_consistent(internal, geography, smallint, oid, internal) returns boolean language c
immutable strict as '$libdir/btree_gist', 'gbt_bytea_consistent';
create function spatial_union(internal, internal) returns spatial_key language c immutable strict
as '$libdir/btree_gist', 'gbt_bytea_union';
create function spatial_compress(internal) returns internal language c immutable strict
as '$libdir/btree_gist', 'gbt_bytea_compress';
create function spatial_decompress(internal) returns internal language c immutable strict
as '$libdir/btree_gist', 'gbt_var_decompress';
create function spatial_penalty(internal, internal, internal) returns internal language c immutable strict
as '$libdir/btree_gist', 'gbt_bytea_penalty';
create function spatial_picksplit(internal, internal) returns internal language c immutable strict
as '$libdir/btree_gist', 'gbt_bytea_picksplit';
create function spatial_same(spatial_key, spatial_key, internal) returns internal language c immutable strict
as '$libdir/btree_gist', 'gbt_bytea_same';

create operator class gist_geometry_ops_2d default for type geometry using gist as
  function 1 spatial_consistent(internal, geometry, smallint, oid, internal),
  function 2 spatial_union(internal, internal), function 3 spatial_compress(internal),
  function 4 spatial_decompress(internal), function 5 spatial_penalty(internal, internal, internal),
  function 6 spatial_picksplit(internal, internal), function 7 spatial_same(spatial_key, spatial_key, internal),
  storage spatial_key;
create operator class gist_geography_ops default for type geography using gist as
  function 1 spatial_consistent(internal, geography, smallint, oid, internal),
  function 2 spatial_union(internal, internal), function 3 spatial_compress(internal),
  function 4 spatial_decompress(internal), function 5 spatial_penalty(internal, internal, internal),
  function 6 spatial_picksplit(internal, internal), function 7 spatial_same(spatial_key, spatial_key, internal),
  storage spatial_key;

-- Points ----------------------------------------------------------------------------------------------------

create function st_makepoint(double precision, double precision) returns geometry
language sql immutable strict parallel safe
as $$ select pg_catalog.format('POINT(%s %s)', $1, $2)::@extschema@.geometry $$;

create function st_makepoint(double precision, double precision, double precision) returns geometry
language sql immutable strict parallel safe
as $$ select pg_catalog.format('POINT Z (%s %s %s)', $1, $2, $3)::@extschema@.geometry $$;

create function st_point(double precision, double precision) returns geometry
language sql immutable strict parallel safe
as $$ select pg_catalog.format('POINT(%s %s)', $1, $2)::@extschema@.geometry $$;

create function st_point(double precision, double precision, srid integer) returns geometry
language sql immutable strict parallel safe
as $$ select pg_catalog.format('SRID=%s;POINT(%s %s)', $3, $1, $2)::@extschema@.geometry $$;

create function st_setsrid(geom geometry, srid integer) returns geometry
language sql immutable strict parallel safe
as $$
  select (case srid when 0 then '' else 'SRID=' || srid || ';' end
          || pg_catalog.regexp_replace(geom::text, '^SRID=[0-9]+;', '', 'i'))::@extschema@.geometry
$$;

create function st_srid(geom geometry) returns integer
language sql immutable strict parallel safe
as $$ select coalesce((pg_catalog.regexp_match(geom::text, '^SRID=([0-9]+);', 'i'))[1]::integer, 0) $$;

create function st_geomfromtext(text) returns geometry
language sql immutable strict parallel safe as $$ select $1::@extschema@.geometry $$;
create function st_geomfromtext(text, integer) returns geometry
language sql immutable strict parallel safe as $$ select @extschema@.st_setsrid($1::@extschema@.geometry, $2) $$;
create function st_geomfromewkt(text) returns geometry
language sql immutable strict parallel safe as $$ select $1::@extschema@.geometry $$;
create function st_geogfromtext(text) returns geography
language sql immutable strict parallel safe as $$ select $1::@extschema@.geography $$;
create function st_geographyfromtext(text) returns geography
language sql immutable strict parallel safe as $$ select $1::@extschema@.geography $$;

create function st_astext(geometry) returns text
language sql immutable strict parallel safe
as $$ select pg_catalog.regexp_replace($1::text, '^SRID=[0-9]+;', '', 'i') $$;
create function st_astext(geography) returns text
language sql immutable strict parallel safe
as $$ select pg_catalog.regexp_replace($1::text, '^SRID=[0-9]+;', '', 'i') $$;
create function st_asewkt(geometry) returns text
language sql immutable strict parallel safe as $$ select $1::text $$;

create function st_x(geometry) returns double precision
language sql immutable strict parallel safe
as $$
  select (pg_catalog.regexp_match($1::text, 'POINT *(?:Z|M|ZM)? *\( *([-+.0-9e]+)', 'i'))[1]::double precision
$$;
create function st_y(geometry) returns double precision
language sql immutable strict parallel safe
as $$
  select (pg_catalog.regexp_match(
    $1::text, 'POINT *(?:Z|M|ZM)? *\( *[-+.0-9e]+ +([-+.0-9e]+)', 'i'))[1]::double precision
$$;

create function postgis_version() returns text
language sql immutable as $$ select '3.3 USE_GEOS=0 USE_PROJ=0 USE_STATS=0' $$;
create function postgis_full_version() returns text
language sql immutable as $$ select 'POSTGIS="3.3.7" (simulated by sbapply)' $$;

create table spatial_ref_sys (
  srid integer not null primary key check (srid > 0 and srid <= 998999),
  auth_name varchar(256),
  auth_srid integer,
  srtext varchar(2048),
  proj4text varchar(2048)
);
grant select on spatial_ref_sys to public;

-- What would have to compute --------------------------------------------------------------------------------

do $$
declare
  known record;
begin
  for known in select * from (values
    ('st_intersects(geometry, geometry)', 'boolean'),
    ('st_contains(geometry, geometry)', 'boolean'),
    ('st_within(geometry, geometry)', 'boolean'),
    ('st_covers(geometry, geometry)', 'boolean'),
    ('st_coveredby(geometry, geometry)', 'boolean'),
    ('st_crosses(geometry, geometry)', 'boolean'),
    ('st_disjoint(geometry, geometry)', 'boolean'),
    ('st_equals(geometry, geometry)', 'boolean'),
    ('st_overlaps(geometry, geometry)', 'boolean'),
    ('st_touches(geometry, geometry)', 'boolean'),
    ('st_containsproperly(geometry, geometry)', 'boolean'),
    ('st_intersects(geography, geography)', 'boolean'),
    ('st_covers(geography, geography)', 'boolean'),
    ('st_coveredby(geography, geography)', 'boolean'),
    ('st_dwithin(geometry, geometry, double precision)', 'boolean'),
    ('st_dwithin(geography, geography, double precision, use_spheroid boolean default true)', 'boolean'),
    ('st_distance(geometry, geometry)', 'double precision'),
    ('st_distance(geography, geography, use_spheroid boolean default true)', 'double precision'),
    ('st_distancesphere(geometry, geometry)', 'double precision'),
    ('st_distancespheroid(geometry, geometry)', 'double precision'),
    ('st_maxdistance(geometry, geometry)', 'double precision'),
    ('st_length(geometry)', 'double precision'),
    ('st_length(geography, use_spheroid boolean default true)', 'double precision'),
    ('st_area(geometry)', 'double precision'),
    ('st_area(geography, use_spheroid boolean default true)', 'double precision'),
    ('st_perimeter(geometry)', 'double precision'),
    ('st_azimuth(geometry, geometry)', 'double precision'),
    ('st_isvalid(geometry)', 'boolean'),
    ('st_isempty(geometry)', 'boolean'),
    ('st_isvalidreason(geometry)', 'text'),
    ('st_geometrytype(geometry)', 'text'),
    ('st_transform(geometry, integer)', 'geometry'),
    ('st_buffer(geometry, double precision)', 'geometry'),
    ('st_buffer(geography, double precision)', 'geography'),
    ('st_buffer(geometry, double precision, integer)', 'geometry'),
    ('st_centroid(geometry)', 'geometry'),
    ('st_centroid(geography, use_spheroid boolean default true)', 'geography'),
    ('st_envelope(geometry)', 'geometry'),
    ('st_convexhull(geometry)', 'geometry'),
    ('st_union(geometry, geometry)', 'geometry'),
    ('st_intersection(geometry, geometry)', 'geometry'),
    ('st_difference(geometry, geometry)', 'geometry'),
    ('st_symdifference(geometry, geometry)', 'geometry'),
    ('st_simplify(geometry, double precision)', 'geometry'),
    ('st_simplifypreservetopology(geometry, double precision)', 'geometry'),
    ('st_makevalid(geometry)', 'geometry'),
    ('st_multi(geometry)', 'geometry'),
    ('st_force2d(geometry)', 'geometry'),
    ('st_makeline(geometry, geometry)', 'geometry'),
    ('st_makepolygon(geometry)', 'geometry'),
    ('st_makeenvelope(double precision, double precision, double precision, double precision, integer default 0)', 'geometry'),
    ('st_closestpoint(geometry, geometry)', 'geometry'),
    ('st_snaptogrid(geometry, double precision)', 'geometry'),
    ('st_startpoint(geometry)', 'geometry'),
    ('st_endpoint(geometry)', 'geometry'),
    ('st_pointn(geometry, integer)', 'geometry'),
    ('st_geometryn(geometry, integer)', 'geometry'),
    ('st_exteriorring(geometry)', 'geometry'),
    ('st_pointonsurface(geometry)', 'geometry'),
    ('st_lineinterpolatepoint(geometry, double precision)', 'geometry'),
    ('st_linesubstring(geometry, double precision, double precision)', 'geometry'),
    ('st_collect(geometry, geometry)', 'geometry'),
    ('st_translate(geometry, double precision, double precision)', 'geometry'),
    ('st_flipcoordinates(geometry)', 'geometry'),
    ('st_expand(geometry, double precision)', 'geometry'),
    ('st_project(geography, double precision, double precision)', 'geography'),
    ('st_tileenvelope(integer, integer, integer)', 'geometry'),
    ('st_npoints(geometry)', 'integer'),
    ('st_numgeometries(geometry)', 'integer'),
    ('st_numpoints(geometry)', 'integer'),
    ('st_dimension(geometry)', 'integer'),
    ('st_xmin(geometry)', 'double precision'),
    ('st_xmax(geometry)', 'double precision'),
    ('st_ymin(geometry)', 'double precision'),
    ('st_ymax(geometry)', 'double precision'),
    ('st_z(geometry)', 'double precision'),
    ('st_asgeojson(geometry, maxdecimaldigits integer default 9, options integer default 8)', 'text'),
    ('st_asgeojson(geography, maxdecimaldigits integer default 9, options integer default 0)', 'text'),
    ('st_asbinary(geometry)', 'bytea'),
    ('st_asewkb(geometry)', 'bytea'),
    ('st_geohash(geometry, maxchars integer default 0)', 'text'),
    ('st_geomfromgeojson(text)', 'geometry'),
    ('st_geomfromgeojson(json)', 'geometry'),
    ('st_geomfromgeojson(jsonb)', 'geometry'),
    ('st_geomfromwkb(bytea)', 'geometry'),
    ('st_geomfromwkb(bytea, integer)', 'geometry'),
    ('st_pointfromtext(text)', 'geometry'),
    ('st_polygonfromtext(text)', 'geometry'),
    ('spatial_overlaps(geometry, geometry)', 'boolean'),
    ('spatial_overlaps(geography, geography)', 'boolean'),
    ('spatial_near(geometry, geometry)', 'double precision'),
    ('spatial_near(geography, geography)', 'double precision'),
    ('spatial_inside(geometry, geometry)', 'boolean'),
    ('spatial_around(geometry, geometry)', 'boolean'),
    ('spatial_alike(geometry, geometry)', 'boolean')
  ) as functions (signature, result) loop
    execute pg_catalog.format(
      'create function @extschema@.%s returns %s language plpgsql immutable strict parallel safe as %L',
      known.signature, known.result, pg_catalog.format(
        'begin perform @extschema@.spatial_refuse(%L); return null; end',
        pg_catalog.split_part(known.signature, '(', 1)));
  end loop;
end
$$;

create operator && (leftarg = geometry, rightarg = geometry, function = spatial_overlaps, commutator = &&);
create operator && (leftarg = geography, rightarg = geography, function = spatial_overlaps, commutator = &&);
create operator <-> (leftarg = geometry, rightarg = geometry, function = spatial_near, commutator = <->);
create operator <-> (leftarg = geography, rightarg = geography, function = spatial_near, commutator = <->);
create operator @ (leftarg = geometry, rightarg = geometry, function = spatial_inside, commutator = ~);
create operator ~ (leftarg = geometry, rightarg = geometry, function = spatial_around, commutator = @);
create operator ~= (leftarg = geometry, rightarg = geometry, function = spatial_alike, commutator = ~=);
