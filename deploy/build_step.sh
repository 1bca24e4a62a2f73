#!/usr/bin/env bash
# One step of a release within Cloud Build: hands its substitutions on to deploy/release.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

: "${PROJECT_ID:?}" "${SHORT_SHA:?}" "${_INSTALLATION:?}" "${_REGION:?}" "${_DOMAIN:?}" "${_IMAGE:?}"
# shellcheck source=deploy/lib/installation.sh
. deploy/lib/installation.sh
for name in $SUBSTITUTED; do
    substitution=_$name
    export "$name=${!substitution}"
done
# shellcheck disable=SC2153,SC2154 # Cloud Build's own names
exec deploy/release.sh "$_INSTALLATION" "$@" --project "$PROJECT_ID" --region "$_REGION" --domain "$_DOMAIN" \
    --image "$_IMAGE:$SHORT_SHA"
