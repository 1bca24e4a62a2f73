# shellcheck shell=bash
# What an installation is called and made of. Sourced after common.sh; needs INSTALLATION, PROJECT and REGION.
#
# One image for all: a service for the site, a worker pool each for the workers and for beat, and two jobs. `owner`
# knows the tables' owner and migrates; `manage` runs everything else.

# shellcheck disable=SC2034 # for the scripts that source this
name_installation() {
    local prefix=$SERVICE-$INSTALLATION
    WEB=$prefix-web WORKER=$prefix-worker BEAT=$prefix-beat OWNER=$prefix-owner MANAGE=$prefix-manage
    DATABASE=$prefix-database REDIS=$prefix-redis REPOSITORY=$SERVICE
    NETWORK=${NETWORK:-default} SUBNET=${SUBNET:-default}
    ACCOUNTS=(web worker jobs build)
    [[ $INSTALLATION == dev ]] && STEPS=(100) WATCH_SECONDS=${WATCH_SECONDS:-0}
    [[ $INSTALLATION == prod ]] && STEPS=(5 25 100) WATCH_SECONDS=${WATCH_SECONDS:-120}
    return 0
}

# account READER: the service account of web, worker, jobs or build.
account() { printf '%s-%s-%s@%s.iam.gserviceaccount.com' "$SERVICE" "$INSTALLATION" "$1" "$PROJECT"; }

# The secrets that each process needs; OPTIONAL_SECRETS (SENTRY_DSN, GOOGLE_CLIENT_SECRET) are everybody's.
readonly SECRETS_OF_ALL="SECRET_KEY DATABASE_URL REDIS_URL STRIPE_SECRET_KEY STRIPE_PUBLISHABLE_KEY EMAIL_URL"
readonly SECRETS_OF_WEB="STRIPE_WEBHOOK_SECRET METRICS_TOKEN"
readonly SECRETS_OF_MANAGE="STRIPE_WEBHOOK_SECRET"
readonly SECRETS_OF_OWNER="MIGRATION_DATABASE_URL"

# What is no secret: taken from this script's environment where it is set there.
readonly PASSED_ON="TRUSTED_PROXIES OPERATOR_EMAILS DEFAULT_FROM_EMAIL FIREBASE_WEB_CONFIG FIRESTORE_DATABASE
GOOGLE_CLIENT_ID FORGIVE_DEBT LOG_LEVEL"

# What a build is told, each as a substitution with _ before its name.
readonly SUBSTITUTED="SERVICE NETWORK SUBNET WORKERS OPTIONAL_SECRETS $PASSED_ON"

# secrets_flag NAME…: --set-secrets for these: each is the newest version at the start of a process.
secrets_flag() {
    local name flag=''
    for name in "$@" ${OPTIONAL_SECRETS-}; do
        flag+=,$name=$(secret_id "$name"):latest
    done
    printf '%s' "--set-secrets=${flag#,}"
}

# write_environment: set ENVIRONMENT to a file of YAML with the variables that are no secrets.
write_environment() {
    local host name
    host=$(service_host) || exit
    ENVIRONMENT=$SCRATCH/environment.yaml
    {
        yaml_line SITE_URL "https://$DOMAIN"
        yaml_line ALLOWED_HOSTS "$DOMAIN,$host,candidate---$host"
        yaml_line GOOGLE_CLOUD_PROJECT "$PROJECT"
        [[ $INSTALLATION == prod ]] || yaml_line SANDBOX 1
        for name in $PASSED_ON; do
            [[ -z ${!name-} ]] || yaml_line "$name" "${!name}"
        done
    } >"$ENVIRONMENT"
}

# yaml_line NAME VALUE: in double quotes, as JSON has them.
yaml_line() {
    local value=${2//\\/\\\\}
    printf '%s: "%s"\n' "$1" "${value//\"/\\\"}"
}

# service_host: where Cloud Run serves the site beside its domain; a revision has its tag before it.
service_host() {
    local number
    number=$(must projects describe "$PROJECT" --format='value(projectNumber)') || exit
    printf '%s-%s.%s.run.app' "$WEB" "$number" "$REGION"
}

network_flags() {
    printf '%s\n' "--network=$NETWORK" "--subnet=$SUBNET" --vpc-egress=private-ranges-only
}

# traffic: lines of "revision<TAB>percent<TAB>tag" of the site.
traffic() {
    must run services describe "$WEB" --region="$REGION" --flatten='status.traffic[]' \
        --format='value(status.traffic.revisionName,status.traffic.percent,status.traffic.tag)'
}

# revision_tagged TAG LINES
revision_tagged() {
    awk -F'\t' -v tag="$1" '$3 == tag { print $1; exit }' <<<"$2"
}

# percent_of REVISION LINES
percent_of() {
    awk -F'\t' -v name="$1" '$1 == name { sum += $2 } END { print sum + 0 }' <<<"$2"
}

image_of_revision() {
    must run revisions describe "$1" --region="$REGION" --format='value(spec.containers[0].image)'
}

image_of_pool() {
    must beta run worker-pools describe "$1" --region="$REGION" --format='value(template.containers[0].image)'
}

# take_back: the site and the workers are what they were before this release. Repeatable.
take_back() {
    local lines previous image pool now
    lines=$(traffic) || exit
    previous=$(revision_tagged previous "$lines")
    [[ -n $previous ]] || fail "$EXIT_TAKEN_BACK" "there is no revision before this one to go back to."
    if [[ $(percent_of "$previous" "$lines") == 100 ]]; then
        say "as it is: all traffic goes to $previous"
    else
        change "send all traffic back to $previous" -- run services update-traffic "$WEB" --region="$REGION" \
            --to-revisions="$previous=100"
    fi
    image=$(image_of_revision "$previous") || exit
    for pool in "$WORKER" "$BEAT"; do
        is_there beta run worker-pools describe "$pool" --region="$REGION" || continue
        now=$(image_of_pool "$pool") || exit
        if [[ $now == "$image" ]]; then
            say "as it is: $pool runs the image of $previous"
        else
            change "give $pool the image of $previous" -- beta run worker-pools update "$pool" \
                --region="$REGION" --image="$image"
        fi
    done
}
