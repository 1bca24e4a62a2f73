#!/usr/bin/env bash
# Has Cloud Build deploy: a push to main to production, one to any other branch to development. Repeatable.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: deploy/setup_triggers.sh dev|prod --project ID --region REGION --repository REPOSITORY --domain HOST [--dry-run]

  --repository …  as Cloud Build knows it: projects/ID/locations/REGION/connections/NAME/repositories/NAME
                  (gcloud builds connections create github, then gcloud builds repositories create)

What the builds of this installation shall know comes from the environment, where it is set: SERVICE, NETWORK, SUBNET,
WORKERS, OPTIONAL_SECRETS, TRUSTED_PROXIES, OPERATOR_EMAILS, DEFAULT_FROM_EMAIL, FIREBASE_WEB_CONFIG, FIRESTORE_DATABASE,
GOOGLE_CLIENT_ID, FORGIVE_DEBT, LOG_LEVEL.
Exit codes: 0 done, 2 wrong usage, 4 gcloud is missing, not signed in or lacks a right, 5 gcloud failed otherwise.
TEXT
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/lib/common.sh
. deploy/lib/common.sh
# shellcheck source=deploy/lib/secrets.sh
. deploy/lib/secrets.sh
# shellcheck source=deploy/lib/installation.sh
. deploy/lib/installation.sh

INSTALLATION='' PROJECT='' REGION='' CODE='' DOMAIN=''
OPTIONS=([--project]=PROJECT [--region]=REGION [--repository]=CODE [--domain]=DOMAIN)
read_arguments "$@"
must_have INSTALLATION PROJECT REGION CODE DOMAIN
substitutions=$(
    for name in $SUBSTITUTED; do
        [[ -z ${!name-} ]] || yaml_line "  _$name" "${!name}"
    done
)
SERVICE=${SERVICE:-tokens}
name_installation
config=cloudbuild.yaml others=false
[[ $INSTALLATION == dev ]] && config=cloudbuild-dev.yaml others=true

# trigger_file MARK: what Cloud Build shall have. Only an import knows "any branch but".
trigger_file() {
    cat <<TEXT
name: $SERVICE-$INSTALLATION
description: "Deploys $INSTALLATION. [$1]"
repositoryEventConfig:
  repository: $CODE
  push:
    branch: ^main$
    invertRegex: $others
filename: $config
serviceAccount: projects/$PROJECT/serviceAccounts/$(account build)
substitutions:
  _REGION: "$REGION"
  _DOMAIN: "$DOMAIN"
$substitutions
TEXT
}

mark=$(trigger_file '' | sha256sum | cut -c1-16)
if is_there builds triggers describe "$SERVICE-$INSTALLATION" --region="$REGION" && [[ $(must builds triggers describe \
    "$SERVICE-$INSTALLATION" --region="$REGION" --format='value(description)') == *"[$mark]" ]]; then
    say "as it is: the trigger $SERVICE-$INSTALLATION"
else
    trigger_file "$mark" >"$SCRATCH/trigger.yaml"
    change "have pushes deploy $INSTALLATION" -- builds triggers import --region="$REGION" --source="$SCRATCH/trigger.yaml"
fi
