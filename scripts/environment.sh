# SPDX-License-Identifier: GPL-2.0-only
# Sourced by scripts/dfsrace and scripts/test.
#
#   use_environment CLONE ENVIRONMENT EXTRA
#
# sets $python to the Python of ENVIRONMENT, in which the project at CLONE is installed editable with EXTRA ("" or
# "[test]"). The environment is made on first use and again when pyproject.toml or the clone's place has changed. It
# is built aside, under a lock, and renamed into place, so that nobody ever runs half of one. The usual case, when
# it is there, costs one checksum. Any failure: a message on stderr, exit 2.

say() { printf '%s\n' "$*" >&2; }

refuse() {
    say "${0##*/}: $*"
    exit 2
}

use_environment() {
    clone=$1 environment=$2 extra=$3
    case $environment in /*) ;; *) environment=$PWD/$environment ;; esac
    while [ "$environment" != "${environment%/}" ]; do environment=${environment%/}; done
    python=$environment/bin/python
    environment_is_current || (make_environment_under_lock) || exit $?
}

fingerprint() {
    if command -v sha256sum >/dev/null; then
        sha256sum <"$clone/pyproject.toml"
    else
        cksum <"$clone/pyproject.toml"
    fi
}

environment_is_current() {
    [ -x "$python" ] && [ -r "$environment/dfsrace.stamp" ] || return 1
    { IFS= read -r stamped_hash && IFS= read -r stamped_clone; } <"$environment/dfsrace.stamp" || return 1
    [ "$stamped_clone" = "$clone" ] && [ "$stamped_hash" = "$(fingerprint)" ]
}

# Runs in a subshell of its own: its traps and its lock end with it.
make_environment_under_lock() {
    aside=$environment.new.$$
    lock=$environment.lock
    [ -r "$clone/pyproject.toml" ] || refuse "$clone is no clone of dfsrace: it has no pyproject.toml"
    # A folder that we did not make is nobody's to delete.
    if [ -e "$environment" ] && [ ! -e "$environment/dfsrace.stamp" ] && ! rmdir "$environment" 2>/dev/null; then
        refuse "$environment was not made by this script: set DFSRACE_VENV to another folder, or remove that one"
    fi
    parent=${environment%/*}/
    mkdir -p "$parent" 2>/dev/null && (: >>"$lock") 2>/dev/null ||
        refuse "cannot write $parent: set DFSRACE_VENV to a folder that can be made"
    trap 'give_up 130' INT
    trap 'give_up 143' TERM
    trap 'give_up 129' HUP
    take_lock
    # Another process may have made it meanwhile.
    if ! environment_is_current; then
        make_environment
    fi
    leave_lock
}

give_up() {
    trap '' INT TERM HUP
    rm -rf "$aside" "$aside.log"
    leave_lock
    exit "$1"
}

take_lock() {
    if command -v flock >/dev/null; then
        exec 9>>"$lock"
        flock -n 9 && return
        say "waiting for another process that makes the environment $environment"
        flock 9 || refuse "cannot lock $lock"
        return
    fi
    waited=
    until mkdir "$lock.d" 2>/dev/null; do
        holder=$(cat "$lock.d/pid" 2>/dev/null)
        if [ -n "$holder" ] && ! kill -0 "$holder" 2>/dev/null; then
            refuse "$lock.d was left behind by process $holder, which is gone: remove it and try again"
        fi
        [ -n "$waited" ] || say "waiting for another process that makes the environment (it holds $lock.d)"
        waited=yes
        sleep 1
    done
    lock_folder=$lock.d
    echo $$ >"$lock_folder/pid"
}

leave_lock() {
    [ -z "${lock_folder-}" ] || rm -rf "$lock_folder"
}

make_environment() {
    find_python
    # What builds left that were killed outright; the lock says that nobody is at work on them.
    rm -rf "$environment".new.* "$environment".old.*
    why="first use"
    [ ! -e "$environment" ] || why="pyproject.toml or the clone's place has changed"
    say "making the environment ($why) …"
    if ! build_aside >"$aside.log" 2>&1; then
        say "${0##*/}: the environment $environment could not be made:"
        cat "$aside.log" >&2
        give_up 2
    fi
    rm -f "$aside.log"
    if [ -e "$environment" ]; then
        mv "$environment" "$environment.old.$$" || give_up 2
    fi
    mv "$aside" "$environment" || give_up 2
    rm -rf "$environment.old.$$"
}

# Each step stands on the one before; -I keeps the caller's PYTHONPATH and user site out of it.
build_aside() {
    made_from=$(fingerprint)
    "$base" -I -m venv "$aside" &&
        (cd "$clone" && unset PIP_USER PIP_TARGET PIP_PREFIX &&
            "$aside/bin/python" -I -m pip install --quiet --no-input --disable-pip-version-check -e ".$extra") &&
        "$aside/bin/python" -I -c "$name_final_place" "$aside" "$environment" &&
        printf '%s\n%s\n' "$made_from" "$clone" >"$aside/dfsrace.stamp"
}

# A venv's console scripts and activation scripts hold its place: write the one that it will have.
name_final_place='
import os, pathlib, sys
old, new = (os.fsencode(place) for place in sys.argv[1:])
for file in [pathlib.Path(sys.argv[1], "pyvenv.cfg"), *pathlib.Path(sys.argv[1], "bin").iterdir()]:
    if file.is_file() and not file.is_symlink():
        text = file.read_bytes()
        if old in text and b"\0" not in text:
            file.write_bytes(text.replace(old, new))
'

# Sets $base to a Python that can make the environment: $PYTHON if given, else the first fit one on PATH.
find_python() {
    if [ -n "${PYTHON-}" ]; then
        set -- "$PYTHON"
    else
        set -- python3 python3.14 python3.13 python3.12 python3.11
    fi
    lacking=
    for base do
        lacks=$("$base" -I -c "$probe" 2>/dev/null)
        case $? in
        0) return ;;
        4) lacking=${lacking:-$lacks} ;;
        esac
    done
    if [ -n "$lacking" ]; then
        say "${0##*/}: Python $lacking is here, but not its venv and ensurepip modules."
        say "On Debian and Ubuntu the package python$lacking-venv brings them: apt-get install python$lacking-venv"
    elif [ -n "${PYTHON-}" ]; then
        say "${0##*/}: PYTHON=$PYTHON is no Python 3.11 or newer that runs."
    else
        say "${0##*/}: no Python 3.11 or newer was found. Install one, or name it: PYTHON=/path/to/python3 $0"
    fi
    give_up 2
}

probe='
import sys
if sys.version_info < (3, 11):
    sys.exit(3)
try:
    import ensurepip, venv
except ImportError:
    print("%d.%d" % sys.version_info[:2])
    sys.exit(4)
'
