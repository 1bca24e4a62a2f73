# shellcheck shell=bash
# Puts values into Secret Manager. Sourced after common.sh.
#
# A value is in this shell's memory, on gcloud's standard input, and nowhere else: not in an argument, an
# exported variable, a file or a line of output.

declare -A VALUES=() SHAPES=() LIKE=() READERS=()
declare -a NAMES=()

# declare_secret NAME SHAPE LIKE READERS: a secret, the regular expression of its value, words for that,
# and the service accounts that may read it (web, worker, jobs).
declare_secret() {
    NAMES+=("$1")
    SHAPES[$1]=$2 LIKE[$1]=$3 READERS[$1]=$4
}

# secret_id NAME: STRIPE_SECRET_KEY is kept as tokens-prod-stripe-secret-key.
secret_id() {
    local kebab=${1,,}
    printf '%s-%s-%s' "$SERVICE" "$INSTALLATION" "${kebab//_/-}"
}

# take_from_environment: what is exported goes to nobody that is started from here.
take_from_environment() {
    local name
    for name in "${NAMES[@]}"; do
        VALUES[$name]=${!name-}
        unset "$name"
    done
}

# take_from_file FILE: lines of NAME=value, as in an .env file; - is standard input.
take_from_file() {
    local file=$1 name value
    if [[ $file == - ]]; then
        file=/dev/stdin
    else
        [[ -r $file ]] || fail "$EXIT_USAGE" "$file cannot be read."
        [[ -z $(find -L "$file" -perm /077) ]] ||
            fail "$EXIT_VALUE" "$file can be read by others than you: chmod 600 $file"
    fi
    while IFS='=' read -r name value || [[ -n $name ]]; do
        [[ -n ${SHAPES[$name]-} ]] && VALUES[$name]=${value%$'\r'}
    done < <(grep -E '^[A-Z_]+=' "$file")
    return 0
}

# take_from_person NAME…: ask for what is missing, without showing it; an empty answer leaves it out.
take_from_person() {
    local name
    [[ -t 0 ]] || return 0
    for name in "$@"; do
        [[ -n ${VALUES[$name]} ]] && continue
        read -rsp "$name (${LIKE[$name]}; empty: leave as it is): " "VALUES[$name]"
        printf '\n' >&2
    done
}

# check_values: every value that is given has its shape; all that is wrong is told at once.
check_values() {
    local name wrong=0
    for name in "${NAMES[@]}"; do
        [[ -z ${VALUES[$name]} || ${VALUES[$name]} =~ ^(${SHAPES[$name]})$ ]] && continue
        printf '%s does not look like %s.\n' "$name" "${LIKE[$name]}" >&2
        wrong=1
    done
    ((wrong == 0)) || fail "$EXIT_VALUE" "nothing was changed."
}

# store NAME VALUE: the secret is there, its newest version has the value, its readers may read it.
store() {
    local name=$1 value=$2 id current
    id=$(secret_id "$name")
    if ! is_there secrets describe "$id"; then
        change "create the secret $id" -- secrets create "$id" --replication-policy=automatic \
            --labels="service=$SERVICE,installation=$INSTALLATION"
        [[ -z ${DRY_RUN-} ]] || return 0 # there is nothing to look at yet
    fi
    if [[ -n $value ]]; then
        current=$(newest "$id") || exit
        if [[ $current == "$value" ]]; then
            say "as it is: the value of $id"
        else
            change "add a version to $id" -- secrets versions add "$id" --data-file=- < <(printf '%s' "$value")
        fi
    fi
    grant_readers "$name" "$id"
}

# newest ID: the newest version's value, or nothing where there is no version.
newest() {
    local found
    found=$(must secrets versions list "$1" --filter=state:ENABLED --sort-by=~createTime --limit=1 \
        --format='value(name.basename())') || exit
    [[ -n $found ]] || return 0
    must secrets versions access "$found" --secret="$1"
}

grant_readers() {
    local id=$2 reader member members
    members=$(must secrets get-iam-policy "$id" --flatten='bindings[].members' \
        --filter=bindings.role:roles/secretmanager.secretAccessor --format='value(bindings.members)') || exit
    for reader in ${READERS[$1]}; do
        member="serviceAccount:$SERVICE-$INSTALLATION-$reader@$PROJECT.iam.gserviceaccount.com"
        if grep -qxF "$member" <<<"$members"; then
            say "as it is: $reader reads $id"
        else
            change "let $reader read $id" -- secrets add-iam-policy-binding "$id" --member="$member" \
                --role=roles/secretmanager.secretAccessor
        fi
    done
}

# begin_rotation NAME: the new value is stored; where several may be live (the webhook's), before the old one.
begin_rotation() {
    local name=$1 several=$2 id old new=${VALUES[$1]}
    id=$(secret_id "$name")
    [[ -n $new ]] || fail "$EXIT_VALUE" "$name has no new value."
    is_there secrets describe "$id" || fail "$EXIT_VALUE" "there is no $id to rotate: run this without --rotate."
    old=$(newest "$id") || exit
    [[ ${old%%,*} == "$new" ]] && new=$old # begun before: go on from there
    [[ -z $several || -z $old || $new == "$old" ]] || new="$new,${old%%,*}"
    store "$name" "$new"
    say "Deploy now, so that every process has both; then: ${0##*/} $INSTALLATION --finish $name"
}

# finish_rotation NAME: the newest value alone is live, and every older version is disabled.
finish_rotation() {
    local name=$1 id live version versions
    id=$(secret_id "$name")
    is_there secrets describe "$id" || fail "$EXIT_VALUE" "there is no $id."
    live=$(newest "$id") || exit
    store "$name" "${live%%,*}"
    versions=$(must secrets versions list "$id" --filter=state:ENABLED --sort-by=~createTime \
        --format='value(name.basename())') || exit
    # In a dry run the newest version may be one that would be added.
    while read -r version; do
        [[ -n $version ]] || continue
        change "disable version $version of $id" -- secrets versions disable "$version" --secret="$id"
    done < <(tail -n "+$([[ -n ${DRY_RUN-} && $live == *,* ]] && echo 1 || echo 2)" <<<"$versions")
}
