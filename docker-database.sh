#!/bin/sh
# Runs once, in an empty database container: the site's own login, which is no superuser.
set -eu
psql --username "$POSTGRES_USER" --dbname postgres --set ON_ERROR_STOP=1 \
    --set "password=$MILIDIP_OWNER_PASSWORD" <<'SQL'
CREATE ROLE milidip_owner LOGIN CREATEROLE PASSWORD :'password';
CREATE DATABASE milidip OWNER milidip_owner;
SQL
