#!/usr/bin/env bash
# Brings an image into an installation, step by step, and takes it back when it is bad. Each step is repeatable.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: deploy/release.sh dev|prod STEP… --project ID --region REGION --domain HOST --image IMAGE [--dry-run]

  migrate     the database becomes what the image needs: tables, the application's rights, roles, first packages
  candidate   the site's new revision, which nobody meets yet, and `manage.py smoke` on it
  workers     workers and beat become the image's
  traffic     customers meet it: dev at once, prod 5 %, 25 %, all; too many errors on the way take it back
  finish      `manage.py smoke` on all of it; a fault takes it back
  all         these, in this order

IMAGE ends in :VERSION. Not secret, and from the environment: TRUSTED_PROXIES, OPERATOR_EMAILS, DEFAULT_FROM_EMAIL,
FIREBASE_WEB_CONFIG, FIRESTORE_DATABASE, GOOGLE_CLIENT_ID, FORGIVE_DEBT, LOG_LEVEL for the processes; OPTIONAL_SECRETS
(names), SERVICE (tokens), NETWORK, SUBNET (default), WORKERS and BEATS (1), WATCH_SECONDS for this script.
Exit codes: 0 done, 2 wrong usage, 4 gcloud is missing, not signed in or lacks a right, 5 gcloud failed otherwise,
6 the release was stopped and taken back, 7 another release has made its candidate since: this one stops where it is.
TEXT
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/lib/common.sh
. deploy/lib/common.sh
# shellcheck source=deploy/lib/secrets.sh
. deploy/lib/secrets.sh
# shellcheck source=deploy/lib/installation.sh
. deploy/lib/installation.sh

INSTALLATION='' PROJECT='' REGION='' DOMAIN='' IMAGE=''
OPTIONS=([--project]=PROJECT [--region]=REGION [--domain]=DOMAIN [--image]=IMAGE)
SERVICE=${SERVICE:-tokens}
readonly STEPS_OF_A_RELEASE="migrate candidate workers traffic finish"
WORDS="$STEPS_OF_A_RELEASE all"
# A release is bad where more than this share of its answers, and at least so many, are the server's fault.
readonly ERROR_PERCENT_MAX=1 ERRORS_MIN=3 ANSWERS_READ=2000

# deploy_job NAME SECRETS…: a job that runs `manage.py` with the arguments of each execution.
deploy_job() {
    local name=$1 current=''
    shift
    if is_there run jobs describe "$name" --region="$REGION"; then
        current=$(must run jobs describe "$name" --region="$REGION" \
            --format='value(spec.template.spec.template.spec.containers[0].image)') || exit
    fi
    if [[ $current == "$IMAGE" ]]; then
        say "as it is: the job $name"
        return
    fi
    mapfile -t network < <(network_flags)
    change "deploy the job $name" -- run jobs deploy "$name" --region="$REGION" --image="$IMAGE" \
        --command=python,manage.py --service-account="$(account jobs)" --env-vars-file="$ENVIRONMENT" \
        "$(secrets_flag "$@")" "${network[@]}" --max-retries=0 --task-timeout=30m
}

# run_job WORDS NAME ARGUMENTS: execute a job with arguments in gcloud's own notation, and wait for its end.
run_job() {
    change "$1" -- run jobs execute "$2" --region="$REGION" --args="$3" --wait
}

migrate() {
    # shellcheck disable=SC2086 # lists of names
    deploy_job "$OWNER" $SECRETS_OF_ALL $SECRETS_OF_OWNER
    # shellcheck disable=SC2086
    deploy_job "$MANAGE" $SECRETS_OF_ALL $SECRETS_OF_MANAGE
    run_job "migrate" "$OWNER" migrate,--no-input
    run_job "give the application's role its rights" "$OWNER" grant_database_rights
    run_job "give the staff's roles their rights" "$MANAGE" sync_roles
    run_job "put the first packages on sale, if there are none" "$MANAGE" seed_catalog,--if-empty
}

# remember_previous LINES: tag the revision that customers meet now, so that there is a way back.
remember_previous() {
    local serving
    serving=$(awk -F'\t' -v new="$REVISION" '$2 > 0 && $1 != new { print $2 "\t" $1 }' <<<"$1" |
        sort -rn | head -n 1 | cut -f 2)
    if [[ -z $serving || $(revision_tagged previous "$1") == "$serving" ]]; then
        say "as it is: the way back"
    else
        change "remember $serving as the way back" -- run services update-traffic "$WEB" --region="$REGION" \
            --update-tags="previous=$serving"
    fi
}

# deploy_site WORDS FLAGS…: a revision of the site. Its processor stays on between requests: a thread tells workers of
# what was committed after the answer is gone.
deploy_site() {
    mapfile -t network < <(network_flags)
    # shellcheck disable=SC2086 # lists of names
    change "$1" -- run deploy "$WEB" --region="$REGION" --image="$IMAGE" --tag=candidate \
        --revision-suffix="$VERSION" --service-account="$(account web)" --env-vars-file="$ENVIRONMENT" \
        "$(secrets_flag $SECRETS_OF_ALL $SECRETS_OF_WEB)" "${network[@]}" --port=8000 --cpu-boost --no-cpu-throttling \
        --allow-unauthenticated --min-instances="$([[ $INSTALLATION == prod ]] && echo 2 || echo 0)" \
        --concurrency=8 --startup-probe=httpGet.path=/health/live,httpGet.port=8000,failureThreshold=30,periodSeconds=2 \
        "${@:2}"
}

candidate() {
    local lines
    if ! is_there run services describe "$WEB" --region="$REGION"; then
        # The first revision cannot be deployed without traffic: gcloud refuses that for a new service.
        deploy_site "deploy the site for the first time"
    else
        lines=$(traffic) || exit
        remember_previous "$lines"
        if ! is_there run revisions describe "$REVISION" --region="$REGION"; then
            deploy_site "deploy $REVISION beside what customers meet" --no-traffic
        elif [[ $(revision_tagged candidate "$lines") != "$REVISION" ]]; then
            change "make $REVISION the candidate" -- run services update-traffic "$WEB" --region="$REGION" \
                --update-tags="candidate=$REVISION"
        else
            say "as it is: the candidate $REVISION"
        fi
    fi
    # Workers and beat are still the ones of before.
    smoke "https://candidate---$HOST" --without=workers,beat || {
        say "The candidate is not right. Customers never met it, unless it was the first; its log is the job's." >&2
        fail "$EXIT_TAKEN_BACK" "smoke failed on $REVISION."
    }
}

# smoke URL OPTIONS…: run `manage.py smoke` within the installation; say how it ended.
smoke() {
    local arguments
    arguments=$(printf '|%s' smoke "$@")
    if [[ -n $DRY_RUN ]]; then
        say "would: smoke $1"
        return 0
    fi
    if ask run jobs execute "$MANAGE" --region="$REGION" --args="^|^${arguments#|}" --wait >/dev/null; then
        say "done:  smoke $1"
        return 0
    fi
    # What is refused for want of a right is no verdict on the release.
    grep -qi 'execution' "$SCRATCH/refusal" || explain run jobs execute
    cat "$SCRATCH/refusal" >&2
    return 1
}

# must_be_newest: stop, and leave all as it is, where another release has made its candidate since this one did. Two at
# once would take each other's traffic and workers back; there is no lock that a build which died would leave behind.
must_be_newest() {
    local lines tagged
    [[ -z $DRY_RUN ]] || return 0 # nothing was made a candidate
    lines=$(traffic) || exit
    tagged=$(revision_tagged candidate "$lines")
    [[ $tagged == "$REVISION" ]] || fail "$EXIT_OVERTAKEN" "another release has begun: the candidate is" \
        "${tagged:-none} by now, and $REVISION no longer. This one stops, and takes nothing back."
}

# deploy_pool NAME COMMAND COUNT
deploy_pool() {
    local name=$1 current=''
    if is_there beta run worker-pools describe "$name" --region="$REGION"; then
        current=$(image_of_pool "$name") || exit
    fi
    if [[ $current == "$IMAGE" ]]; then
        say "as it is: $name"
        return
    fi
    mapfile -t network < <(network_flags)
    # shellcheck disable=SC2086 # a list of names
    change "deploy $name" -- beta run worker-pools deploy "$name" --region="$REGION" --image="$IMAGE" \
        --command=celery --args="$2" --scaling="$3" --service-account="$(account worker)" \
        --env-vars-file="$ENVIRONMENT" "$(secrets_flag $SECRETS_OF_ALL)" "${network[@]}" --cpu=1 --memory=1Gi
}

workers() {
    must_be_newest
    deploy_pool "$WORKER" -A,config,worker,--concurrency=2 "${WORKERS:-1}"
    # One beat is enough: what two of them start twice, runs once and finds nothing to do.
    deploy_pool "$BEAT" -A,config,beat "${BEATS:-1}"
}

traffic_in_steps() {
    local percent lines
    for percent in "${STEPS[@]}"; do
        must_be_newest
        lines=$(traffic) || exit
        if (($(percent_of "$REVISION" "$lines") >= percent)); then
            say "as it is: $percent % meet $REVISION"
            continue
        fi
        change "have $percent % meet $REVISION" -- run services update-traffic "$WEB" --region="$REGION" \
            --to-revisions="$REVISION=$percent"
        [[ -n $DRY_RUN ]] || sleep "$WATCH_SECONDS"
        answers_are_right || {
            must_be_newest # else it is the other one's traffic and workers that go back, too
            take_back
            fail "$EXIT_TAKEN_BACK" "$REVISION answered with errors at $percent % and was taken back."
        }
    done
}

# answers_are_right: whether the new revision's last answers are no worse than they may be.
answers_are_right() {
    local statuses answers errors
    statuses=$(must logging read "resource.type=\"cloud_run_revision\" AND resource.labels.revision_name=\"$REVISION\"
        AND httpRequest.status>0" --freshness="$((WATCH_SECONDS + 60))s" --limit="$ANSWERS_READ" \
        --format='value(httpRequest.status)') || exit
    answers=$(grep -c . <<<"$statuses" || true)
    errors=$(grep -c '^5' <<<"$statuses" || true)
    say "seen:  $errors of $answers answers were the server's fault"
    ((errors < ERRORS_MIN || errors * 100 <= answers * ERROR_PERCENT_MAX))
}

finish() {
    must_be_newest
    smoke "https://$HOST" || {
        must_be_newest # else it is the other one that was looked at
        take_back
        fail "$EXIT_TAKEN_BACK" "smoke failed on the whole of $REVISION, which was taken back."
    }
}

read_arguments "$@"
must_have INSTALLATION PROJECT REGION DOMAIN IMAGE WANTED
[[ $IMAGE == *:* ]] || misused "the image has no version."
# shellcheck disable=SC2206 # a list of words
[[ " ${WANTED[*]} " == *' all '* ]] && WANTED=($STEPS_OF_A_RELEASE)
name_installation
VERSION=${IMAGE##*:}
REVISION=$WEB-$VERSION
HOST=$(service_host) || exit
write_environment
for step in "${WANTED[@]}"; do
    say "== $step"
    [[ $step == traffic ]] && step=traffic_in_steps
    "$step"
done
