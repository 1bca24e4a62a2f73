#!/usr/bin/env bash
# Makes deploy/monitoring/ true in the project: metrics from logs, alert policies, dashboard, uptime check. Repeatable.
set -euo pipefail

usage() {
    cat <<'TEXT'
usage: deploy/apply_monitoring.sh --project ID --host HOST [--channels CHANNEL,CHANNEL] [--dry-run]

  --host HOST     where customers find the site; its /health/ready and certificate are watched
  --channels …    who is told: full names of notification channels (gcloud alpha monitoring channels list)
  --dry-run       say what would be done, and change nothing

What is as it should be is left alone; policies of ours that are no longer in deploy/monitoring/ are deleted.
Exit codes: 0 done, 2 wrong usage, 4 gcloud is missing, not signed in or lacks a right, 5 gcloud failed otherwise.
TEXT
}

cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=deploy/lib/common.sh
. deploy/lib/common.sh

PROJECT='' HOST='' CHANNELS=''
OPTIONS=([--project]=PROJECT [--host]=HOST [--channels]=CHANNELS)
readonly OURS=token-economy
read_arguments "$@"
must_have PROJECT HOST

# prepare FILE: set PREPARED to a copy that carries the mark of its content, and MARK to it.
prepare() {
    MARK=$({ cat "$1" && printf '%s' "$CHANNELS"; } | sha256sum | cut -c1-16)
    PREPARED=$SCRATCH/${1##*/}
    sed "s/CONTENT/$MARK/" "$1" >"$PREPARED"
}

apply_metric() {
    local name=${1##*/}
    name=${name%.yaml}
    prepare "$1"
    if ! is_there logging metrics describe "$name"; then
        change "create the metric $name" -- logging metrics create "$name" --config-from-file="$PREPARED"
        return
    fi
    if [[ $(must logging metrics describe "$name" --format='value(description)') == *"[$MARK]" ]]; then
        say "as it is: the metric $name"
    else
        change "update the metric $name" -- logging metrics update "$name" --config-from-file="$PREPARED"
    fi
}

# listed TITLE LINES: the name and mark of the line with this title, of lines "name<TAB>title<TAB>mark".
listed() {
    awk -F'\t' -v title="$1" '$2 == title { print $1 "\t" $3; exit }' <<<"$2"
}

title_of() {
    sed -n 's/^displayName: "\(.*\)"$/\1/p' "$1"
}

apply_policy() {
    local title name mark
    title=$(title_of "$1")
    prepare "$1"
    IFS=$'\t' read -r name mark < <(listed "$title" "$2") || true
    if [[ -z ${name-} ]]; then
        change "create the policy $title" -- alpha monitoring policies create \
            --policy-from-file="$PREPARED" ${CHANNELS:+"--notification-channels=$CHANNELS"}
    elif [[ $mark == "$MARK" ]]; then
        say "as it is: the policy $title"
    else
        change "update the policy $title" -- alpha monitoring policies update "$name" \
            --policy-from-file="$PREPARED" ${CHANNELS:+"--set-notification-channels=$CHANNELS"}
    fi
}

delete_policies_without_file() {
    local name title
    while IFS=$'\t' read -r name title _; do
        [[ -n $name ]] || continue
        grep -qxF "displayName: \"$title\"" deploy/monitoring/policies/*.yaml ||
            change "delete the policy $title" -- alpha monitoring policies delete "$name"
    done <<<"$1"
}

apply_dashboard() {
    local file=deploy/monitoring/dashboard.yaml lines name mark
    lines=$(must monitoring dashboards list --filter="labels.managed_by=$OURS" \
        --format='value(name,displayName,labels.content)') || exit
    prepare "$file"
    IFS=$'\t' read -r name mark < <(listed "$(title_of "$file")" "$lines") || true
    if [[ -z ${name-} ]]; then
        change "create the dashboard" -- monitoring dashboards create --config-from-file="$PREPARED"
    elif [[ $mark == "$MARK" ]]; then
        say "as it is: the dashboard"
    else
        change "update the dashboard" -- monitoring dashboards update "$name" --config-from-file="$PREPARED"
    fi
}

apply_uptime_check() {
    local found
    found=$(must monitoring uptime list-configs --filter="userLabels.managed_by=$OURS" \
        --format='value(monitoredResource.labels.host)') || exit
    if grep -qxF "$HOST" <<<"$found"; then
        say "as it is: the uptime check of $HOST"
    else
        change "create the uptime check of $HOST" -- monitoring uptime create "Tokens $HOST" \
            --resource-type=uptime-url --resource-labels="host=$HOST,project_id=$PROJECT" \
            --protocol=https --path=/health/ready --validate-ssl=true --user-labels="managed_by=$OURS"
    fi
}

for file in deploy/monitoring/metrics/*.yaml; do
    apply_metric "$file"
done
apply_uptime_check
policies=$(must alpha monitoring policies list --filter="userLabels.managed_by=$OURS" \
    --format='value(name,displayName,userLabels.content)') || exit
for file in deploy/monitoring/policies/*.yaml; do
    apply_policy "$file" "$policies"
done
delete_policies_without_file "$policies"
apply_dashboard
