#!/usr/bin/env bash
# Makes a Google Cloud project ready for an installation: accounts, rights, registry, database, Redis, secrets. Repeatable.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: deploy/setup_project.sh dev|prod --project ID --region REGION [--values FILE] [--dry-run]

Takes EMAIL_URL from FILE (lines of NAME=value, readable by you alone; - is standard input), from the environment,
or from you. All other values are made here and go straight into Secret Manager. Stripe's: setup_stripe_secrets.sh.

From the environment: SERVICE (tokens), NETWORK (default), DATABASE_TIER (db-custom-2-7680), REDIS_GB (1).
Exit codes: 0 done, 2 wrong usage, 3 a value is refused, 4 gcloud is missing, not signed in or lacks a right,
5 gcloud failed otherwise; repeat it when that is mended.
TEXT
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/lib/common.sh
. deploy/lib/common.sh
# shellcheck source=deploy/lib/secrets.sh
. deploy/lib/secrets.sh
# shellcheck source=deploy/lib/installation.sh
. deploy/lib/installation.sh

INSTALLATION='' PROJECT='' REGION='' FILE=''
OPTIONS=([--project]=PROJECT [--region]=REGION [--values]=FILE)
SERVICE=${SERVICE:-tokens}
readonly APIS=(run cloudbuild artifactregistry secretmanager sqladmin redis compute servicenetworking firestore
    firebaserules identitytoolkit iamcredentials monitoring logging)
# Least privilege: what each account may do in the project; secrets are granted one by one.
declare -rA ROLES=(
    [web]="datastore.viewer logging.logWriter"
    [worker]="datastore.user firebaseauth.admin logging.logWriter"
    [jobs]="datastore.user logging.logWriter"
    [build]="run.admin artifactregistry.writer firebaserules.admin datastore.indexAdmin serviceusage.serviceUsageConsumer
        logging.logWriter logging.viewer"
)

# there_or WORDS DESCRIBE… -- CREATE…: create what is not there.
there_or() {
    local words=$1 describe=()
    shift
    while [[ $1 != -- ]]; do describe+=("$1") && shift; done
    shift
    if is_there "${describe[@]}"; then
        say "as it is: $words"
    else
        change "create $words" -- "$@"
    fi
}

enable_apis() {
    local enabled name missing=()
    enabled=$(must services list --enabled --format='value(config.name)') || exit
    for name in "${APIS[@]}"; do
        grep -qxF "$name.googleapis.com" <<<"$enabled" || missing+=("$name.googleapis.com")
    done
    ((${#missing[@]} == 0)) && say "as it is: the services of Google's" && return
    change "enable ${missing[*]}" -- services enable "${missing[@]}"
}

make_accounts() {
    local name
    for name in "${ACCOUNTS[@]}"; do
        there_or "the account $name" iam service-accounts describe "$(account "$name")" -- \
            iam service-accounts create "$SERVICE-$INSTALLATION-$name" --display-name="$SERVICE $INSTALLATION $name"
    done
}

grant_roles() {
    local name role bound
    bound=$(must projects get-iam-policy "$PROJECT" --flatten='bindings[].members' \
        --format='value(bindings.role,bindings.members)') || exit
    for name in "${ACCOUNTS[@]}"; do
        for role in ${ROLES[$name]}; do
            if grep -qxF "roles/$role"$'\t'"serviceAccount:$(account "$name")" <<<"$bound"; then
                say "as it is: $name has $role"
            else
                change "give $name $role" -- projects add-iam-policy-binding "$PROJECT" --condition=None \
                    --member="serviceAccount:$(account "$name")" --role="roles/$role"
            fi
        done
    done
    # The build deploys what runs as them; the jobs sign the token that smoke meets Firestore's rules with.
    for name in web worker jobs; do act_as build "$name" iam.serviceAccountUser; done
    act_as jobs jobs iam.serviceAccountTokenCreator
}

# act_as WHO WHOM ROLE
act_as() {
    local bound
    if ! is_there iam service-accounts describe "$(account "$2")"; then # in a dry run
        say "would: let $1 act as $2"
        return
    fi
    bound=$(must iam service-accounts get-iam-policy "$(account "$2")" --flatten='bindings[].members' \
        --format='value(bindings.role,bindings.members)') || exit
    if grep -qxF "roles/$3"$'\t'"serviceAccount:$(account "$1")" <<<"$bound"; then
        say "as it is: $1 acts as $2"
    else
        change "let $1 act as $2" -- iam service-accounts add-iam-policy-binding "$(account "$2")" \
            --member="serviceAccount:$(account "$1")" --role="roles/$3"
    fi
}

make_network() {
    local peerings
    there_or "the addresses of Google's services" compute addresses describe "$SERVICE-services" --global -- \
        compute addresses create "$SERVICE-services" --global --purpose=VPC_PEERING --prefix-length=20 --network="$NETWORK"
    peerings=$(must services vpc-peerings list --network="$NETWORK" --format='value(reservedPeeringRanges)') || exit
    if grep -qF "$SERVICE-services" <<<"$peerings"; then
        say "as it is: the way to Google's services"
    else
        change "connect the network with Google's services" -- services vpc-peerings connect \
            --service=servicenetworking.googleapis.com --ranges="$SERVICE-services" --network="$NETWORK"
    fi
}

make_systems() {
    local availability=zonal tier=basic
    [[ $INSTALLATION == prod ]] && availability=regional tier=standard
    there_or "the registry $REPOSITORY" artifacts repositories describe "$REPOSITORY" --location="$REGION" -- \
        artifacts repositories create "$REPOSITORY" --location="$REGION" --repository-format=docker
    there_or "Firestore" firestore databases describe --database='(default)' -- \
        firestore databases create --database='(default)' --location="$REGION" --type=firestore-native --enable-pitr
    # Backups every day, and the log of all changes: a restore goes to any second of the last week.
    there_or "the database server $DATABASE" sql instances describe "$DATABASE" -- \
        sql instances create "$DATABASE" --region="$REGION" --database-version=POSTGRES_17 --edition=enterprise \
        --tier="${DATABASE_TIER:-db-custom-2-7680}" --network="$NETWORK" --no-assign-ip \
        --availability-type="$availability" --ssl-mode=ENCRYPTED_ONLY --storage-auto-increase --backup-start-time=03:00 \
        --enable-point-in-time-recovery --deletion-protection
    there_or "the database tokens" sql databases describe tokens --instance="$DATABASE" -- \
        sql databases create tokens --instance="$DATABASE"
    # Queues live there: what does not fit is refused, and never evicted.
    there_or "Redis $REDIS" redis instances describe "$REDIS" --region="$REGION" -- \
        redis instances create "$REDIS" --region="$REGION" --size="${REDIS_GB:-1}" --tier="$tier" --network="$NETWORK" \
        --connect-mode=private-service-access --enable-auth --redis-version=redis_7_2 \
        --redis-config=maxmemory-policy=noeviction
}

declare_values() {
    declare_secret SECRET_KEY '.{50,}' "50 random characters" "web worker jobs"
    declare_secret METRICS_TOKEN '[!-~]{16,}' "16 characters" "web"
    declare_secret EMAIL_URL '[a-z+]+://.+' "an address such as smtp+tls://user:password@host:587" "web worker jobs"
    declare_secret MIGRATION_DATABASE_URL 'postgresql://.+' "an address" "jobs"
    declare_secret DATABASE_URL 'postgresql://.+' "an address" "web worker jobs"
    declare_secret REDIS_URL 'redis://.+' "an address" "web worker jobs"
}

random_characters() { head -c 64 /dev/urandom | base64 -w 0 | tr -dc 'A-Za-z0-9' | head -c "$1"; }

# kept NAME: its value in Secret Manager; nothing where there is none.
kept() {
    is_there secrets describe "$(secret_id "$1")" || return 0
    newest "$(secret_id "$1")"
}

# keep NAME VALUE: store it, unless there is a value already, which stays.
keep() {
    local now
    now=$(kept "$1") || exit
    store "$1" "${now:-$2}"
}

keep_addresses() {
    local host port owner redis
    if [[ -n $DRY_RUN ]]; then
        say "would: keep the addresses of the database and of Redis"
        return
    fi
    host=$(must sql instances describe "$DATABASE" --format='value(ipAddresses[0].ipAddress)') || exit
    keep MIGRATION_DATABASE_URL "postgresql://owner:$(random_characters 40)@$host:5432/tokens?sslmode=require"
    keep DATABASE_URL "postgresql://tokens_app:$(random_characters 40)@$host:5432/tokens?sslmode=require"
    # The owner's password is the one that was kept; the application's role is made by `manage.py grant_database_rights`.
    owner=$(kept MIGRATION_DATABASE_URL) || exit
    make_owner "$owner"
    IFS=$'\t' read -r host port < <(must redis instances describe "$REDIS" --region="$REGION" --format='value(host,port)')
    redis=$(must redis instances get-auth-string "$REDIS" --region="$REGION" --format='value(authString)') || exit
    keep REDIS_URL "redis://:$redis@$host:$port/0"
}

# make_owner ADDRESS: the role that owns the tables; its password goes by a file that gcloud alone reads.
make_owner() {
    local password=${1#*://owner:} users
    users=$(must sql users list --instance="$DATABASE" --format='value(name)') || exit
    if grep -qxF owner <<<"$users"; then
        say "as it is: the database's owner"
    else
        change "create the database's owner" -- sql users create owner --instance="$DATABASE" \
            --flags-file=<(printf -- '--password: "%s"\n' "${password%%@*}")
    fi
}

read_arguments "$@"
must_have INSTALLATION PROJECT REGION
name_installation
declare_values
take_from_environment
[[ -n $FILE ]] && take_from_file "$FILE"
take_from_person EMAIL_URL
check_values
enable_apis
make_accounts
grant_roles
make_network
make_systems
keep SECRET_KEY "$(random_characters 60)"
keep METRICS_TOKEN "$(random_characters 40)"
store EMAIL_URL "${VALUES[EMAIL_URL]}"
keep_addresses
say "Next: ./setup_stripe_secrets.sh $INSTALLATION --project $PROJECT"
