#!/usr/bin/env bash
# One step of a release within Cloud Build: hands its substitutions on to deploy/release.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

: "${PROJECT_ID:?}" "${SHORT_SHA:?}" "${_INSTALLATION:?}" "${_REGION:?}" "${_DOMAIN:?}" "${_IMAGE:?}"
# shellcheck disable=SC2153,SC2154 # Cloud Build's own names
export SERVICE=$_SERVICE NETWORK=$_NETWORK SUBNET=$_SUBNET WORKERS=$_WORKERS TRUSTED_PROXIES=$_TRUSTED_PROXIES \
    OPERATOR_EMAILS=$_OPERATOR_EMAILS DEFAULT_FROM_EMAIL=$_DEFAULT_FROM_EMAIL FIREBASE_WEB_CONFIG=$_FIREBASE_WEB_CONFIG \
    GOOGLE_CLIENT_ID=$_GOOGLE_CLIENT_ID OPTIONAL_SECRETS=$_OPTIONAL_SECRETS
exec deploy/release.sh "$_INSTALLATION" "$@" --project "$PROJECT_ID" --region "$_REGION" --domain "$_DOMAIN" \
    --image "$_IMAGE:$SHORT_SHA"
