# shellcheck shell=bash
# What the scripts of deploy/ share. Sourced, never run: the caller has `set -euo pipefail`.
#
# Exit codes: 0 done, 2 wrong usage, 3 a value is refused, 4 gcloud is missing, not signed in or lacks a right,
# 5 gcloud failed otherwise, 6 the release was stopped and taken back, 7 another release has overtaken this one.

# shellcheck disable=SC2034 # for the scripts that source this
readonly EXIT_USAGE=2 EXIT_VALUE=3 EXIT_RIGHTS=4 EXIT_GCLOUD=5 EXIT_TAKEN_BACK=6 EXIT_OVERTAKEN=7

# Traced lines would hold values.
set +x
export LC_ALL=C

SCRATCH=$(mktemp -d)
trap 'rm -rf "$SCRATCH"' EXIT

say() { printf '%s\n' "$*"; }

# fail CODE WORDS…
fail() {
    local code=$1
    shift
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit "$code"
}

# misused WORDS…: how it is used, and the end of the script. An argument is not repeated: it may be a key, given where
# none belongs.
misused() {
    usage >&2
    fail "$EXIT_USAGE" "$@"
}

# What a script takes beside --dry-run and --help: the variable that each of its options sets; words, which come into
# WANTED as they are given; and dev or prod, where it has the variable INSTALLATION.
declare -A OPTIONS=()
WORDS='' WANTED=() DRY_RUN=''

# read_arguments ARGUMENTS…: sets those variables. `usage` is the script's own.
read_arguments() {
    while (($#)); do
        if [[ -n ${OPTIONS[${1:-none}]-} ]]; then
            (($# > 1)) || fail "$EXIT_USAGE" "$1 needs a value."
            printf -v "${OPTIONS[$1]}" '%s' "$2"
            shift
        elif [[ $1 == --dry-run ]]; then
            DRY_RUN=1
        elif [[ $1 == --help || $1 == -h ]]; then
            usage && exit 0
        elif [[ -v INSTALLATION && $1 =~ ^(dev|prod)$ ]]; then
            INSTALLATION=$1
        elif [[ -n $1 && " $WORDS " == *" $1 "* ]]; then
            WANTED+=("$1")
        else
            misused "an argument is not known. Values are never arguments."
        fi
        shift
    done
}

# must_have NAME…: what has to be said is said, and gcloud is there.
must_have() {
    local name
    for name in "$@"; do
        [[ -n ${!name-} ]] || misused "something is missing."
    done
    command -v gcloud >/dev/null 2>&1 ||
        fail "$EXIT_RIGHTS" "gcloud is not on the path. https://cloud.google.com/sdk/docs/install"
}

# ask ARGUMENTS…: gcloud without questions, in the project. What it answers is its own; what went wrong is kept.
ask() {
    gcloud "$@" --project="$PROJECT" --quiet 2>"$SCRATCH/refusal"
}

# is_there ARGUMENTS…: whether gcloud finds it. Anything but a plain "not there" ends the script.
is_there() {
    ask "$@" >/dev/null && return 0
    grep -qiE 'NOT_FOUND|cannot find|could not be found|was not found' "$SCRATCH/refusal" && return 1
    explain "$@"
}

# must ARGUMENTS…: gcloud, or the end of the script with the reason.
must() {
    ask "$@" || explain "$@"
}

# explain ARGUMENTS…: say why gcloud refused, and stop.
explain() {
    local command="gcloud $1 ${2-} ${3-}" reason
    reason=$(<"$SCRATCH/refusal")
    if [[ $reason == *PERMISSION_DENIED* || $reason == *'does not have permission'* ]]; then
        fail "$EXIT_RIGHTS" "a right is missing for \"$command\" in the project $PROJECT." \
            "gcloud says: $reason"
    elif [[ $reason == *'gcloud auth login'* ]]; then
        fail "$EXIT_RIGHTS" "gcloud is not signed in: gcloud auth login"
    fi
    fail "$EXIT_GCLOUD" "\"$command\" failed; repeat this when it is mended. gcloud says: $reason"
}

# change WORDS -- ARGUMENTS…: one thing to be done and its gcloud command; only told where DRY_RUN is set.
change() {
    local words=$1
    shift 2
    if [[ -n ${DRY_RUN-} ]]; then
        say "would: $words"
    else
        must "$@" >/dev/null
        say "done:  $words"
    fi
}
