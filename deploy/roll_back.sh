#!/usr/bin/env bash
# Goes back to what customers met before the last release: the site at once, then workers and beat. Repeatable.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: deploy/roll_back.sh dev|prod --project ID --region REGION [--dry-run]

The database stays as it is: a version runs on the schema of its successor.
Exit codes: 0 done, 2 wrong usage, 4 gcloud is missing, not signed in or lacks a right, 5 gcloud failed otherwise,
6 there is nothing to go back to.
TEXT
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/lib/common.sh
. deploy/lib/common.sh
# shellcheck source=deploy/lib/secrets.sh
. deploy/lib/secrets.sh
# shellcheck source=deploy/lib/installation.sh
. deploy/lib/installation.sh

INSTALLATION='' PROJECT='' REGION=''
OPTIONS=([--project]=PROJECT [--region]=REGION)
SERVICE=${SERVICE:-tokens}
read_arguments "$@"
must_have INSTALLATION PROJECT REGION
name_installation
take_back
