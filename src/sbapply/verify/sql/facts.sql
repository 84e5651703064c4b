begin read only;
@settings@select pg_catalog.json_build_array(@facts@) as facts;
rollback;
