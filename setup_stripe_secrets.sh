#!/usr/bin/env bash
# Puts Stripe's keys into Secret Manager and lets the service accounts read them. Repeatable.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: setup_stripe_secrets.sh dev|prod [--project ID] [--values FILE] [--dry-run]
       setup_stripe_secrets.sh dev|prod --rotate NAME | --finish NAME  [the same options]

Takes STRIPE_SECRET_KEY, STRIPE_PUBLISHABLE_KEY and STRIPE_WEBHOOK_SECRET, in this order: from FILE (lines of
NAME=value, readable by you alone; - is standard input), from the environment, from you. What is not given stays
as it is. `dev` takes test keys only, `prod` live ones only.

  --project ID    Google Cloud's project; gcloud's own default if not set
  --dry-run       say what would be done, and change nothing
  --rotate NAME   store a new value beside the old one; both signing secrets of a webhook are live
  --finish NAME   after the deployment: the new value alone is live, older versions are disabled

SERVICE (default: tokens) names the installation's secrets and service accounts: tokens-prod-stripe-secret-key
is read by tokens-prod-web@ID.iam.gserviceaccount.com. Exit codes: 0 done, 2 wrong usage, 3 a value is refused,
4 gcloud is missing, not signed in or lacks a right, 5 gcloud failed otherwise; repeat it when that is mended.
TEXT
}

cd "$(dirname "${BASH_SOURCE[0]}")"
# shellcheck source=deploy/lib/common.sh
. deploy/lib/common.sh
# shellcheck source=deploy/lib/secrets.sh
. deploy/lib/secrets.sh

INSTALLATION='' PROJECT='' FILE='' ROTATE='' FINISH=''
OPTIONS=([--project]=PROJECT [--values]=FILE [--rotate]=ROTATE [--finish]=FINISH)
SERVICE=${SERVICE:-tokens}

declare_stripes() {
    local mode=test
    [[ $INSTALLATION == prod ]] && mode=live
    declare_secret STRIPE_SECRET_KEY "(sk|rk)_${mode}_[A-Za-z0-9]{24,247}" \
        "a secret or restricted $mode key, sk_${mode}_… or rk_${mode}_…" "web worker jobs"
    declare_secret STRIPE_PUBLISHABLE_KEY "pk_${mode}_[A-Za-z0-9]{24,247}" \
        "a publishable $mode key, pk_${mode}_…" "web worker jobs"
    declare_secret STRIPE_WEBHOOK_SECRET 'whsec_[A-Za-z0-9+/=_-]{24,}' \
        "the signing secret of a webhook endpoint, whsec_…" "web jobs"
}

check_name() {
    [[ -z $1 || -n ${SHAPES[$1]-} ]] || fail "$EXIT_USAGE" "there is no such secret; there are ${NAMES[*]}."
}

read_arguments "$@"
must_have INSTALLATION
[[ -z $ROTATE || -z $FINISH ]] || fail "$EXIT_USAGE" "--rotate or --finish, not both: deploy between them."
declare_stripes
take_from_environment
check_name "$ROTATE"
check_name "$FINISH"
PROJECT=${PROJECT:-$(gcloud config get project 2>/dev/null)}
[[ -n $PROJECT && $PROJECT != '(unset)' ]] || fail "$EXIT_USAGE" "say --project ID."
[[ -n $FILE ]] && take_from_file "$FILE"

if [[ -n $FINISH ]]; then
    finish_rotation "$FINISH"
elif [[ -n $ROTATE ]]; then
    take_from_person "$ROTATE"
    check_values
    several=''
    [[ $ROTATE == STRIPE_WEBHOOK_SECRET ]] && several=1
    begin_rotation "$ROTATE" "$several"
else
    take_from_person "${NAMES[@]}"
    check_values
    for name in "${NAMES[@]}"; do
        store "$name" "${VALUES[$name]}"
    done
fi
