#!/bin/sh
# Installs Flow for you, or with --system for all users. uninstall.sh removes exactly the files that this script has written.
#
# For packagers: with DESTDIR the files go below that folder, whatever is in it, and no list of them is kept. PREFIX replaces
# /usr/local.
set -eu
LC_ALL=C
export LC_ALL
CDPATH=''

say() {
    printf '%s\n' "$*"
}

fail() {
    say "install.sh: $*" >&2
    exit 1
}

usage() {
    say "usage: install.sh [--system]" >&2
    exit 2
}

source=$(cd -- "$(dirname -- "$0")" && pwd)
destination=${DESTDIR-}
[ $# -le 1 ] || usage
case "${1-}" in
    --system)
        # Other users read the folders.
        umask 022
        prefix=${PREFIX-/usr/local}
        if [ -z "$destination" ] && [ "$(id -u)" -ne 0 ]; then
            fail "--system writes to /usr; run it with sudo"
        fi
        clap=/usr/lib/clap
        vst3=/usr/lib/vst3
        presets=/usr/share/vst3/presets
        bin=$prefix/bin
        share=$prefix/share
        users="all users"
        ;;
    "")
        if [ -z "$destination" ] && [ "$(id -u)" -eq 0 ] && [ -n "${SUDO_USER-${DOAS_USER-}}" ]; then
            fail "this would install Flow for root alone; run it without sudo for yourself, or with --system for all users"
        fi
        clap=$HOME/.clap
        vst3=$HOME/.vst3
        presets=$HOME/.vst3/presets
        bin=$HOME/.local/bin
        # The specification of these folders ignores relative paths.
        case "${XDG_DATA_HOME-}" in
            /*) share=$XDG_DATA_HOME ;;
            *) share=$HOME/.local/share ;;
        esac
        users=$(id -un)
        ;;
    *) usage ;;
esac
# The C library that the programs need: see xtask/src/package/c_library.rs.
if [ -z "$destination" ]; then
    needed=2.35
    glibc=$(getconf GNU_LIBC_VERSION 2>/dev/null) || glibc=
    glibc=${glibc#glibc }
    oldest=$(printf '%s\n' "$needed" "$glibc" | sort -V | head -n 1)
    [ "$oldest" = "$needed" ] ||
        fail "Flow needs glibc $needed or newer, and this system has ${glibc:-none}; nothing was installed"
fi
[ -z "$destination" ] || mkdir -p "$destination"

own=$share/flow-audio
zsh=$share/zsh/site-functions
# Debian's zsh looks there for completions of packages.
[ "$share" != /usr/share ] || zsh=$share/zsh/vendor-completions

# The list of the installed files. Its lines are `folder PATH`, `file PATH`, and `preset PATH|CHECKSUM` with the checksum of the
# installed file, which tells whether the user has changed it.
list=$own/installed.txt

work=$(mktemp -d)
part=
trap 'rm -rf "$work" "$part"' EXIT
trap 'exit 1' HUP INT TERM
: >"$work/old"
if [ -z "$destination" ] && [ -e "$list" ]; then
    cp "$list" "$work/old"
fi

# plan KIND MODE FILE PATH: a file of this archive that is to be installed. The kind is that of the list.
plan() {
    say "$1|$2|$3|$4" >>"$work/plan"
}

# plan_all KIND MODE FOLDER PATH: all files of a folder and of those in it.
plan_all() {
    (cd -- "$source/$3" && find . -type f) >"$work/files"
    while IFS= read -r file; do
        plan "$1" "$2" "$3/${file#./}" "$4/${file#./}"
    done <"$work/files"
}

# The uninstaller comes first, so that it can remove an installation that was interrupted.
[ -n "$destination" ] || plan file 755 uninstall.sh "$own/uninstall.sh"
plan file 755 Flow.clap "$clap/Flow.clap"
plan_all file 755 Flow.vst3 "$vst3/Flow.vst3"
plan_all preset 644 vst3-presets "$presets"
plan file 755 Flow "$bin/flow-standalone"
plan file 755 command-line/flow "$bin/flow"
plan_all file 644 command-line/man/man1 "$share/man/man1"
plan file 644 command-line/completions/flow.bash "$share/bash-completion/completions/flow"
plan file 644 command-line/completions/flow.fish "$share/fish/vendor_completions.d/flow.fish"
plan file 644 command-line/completions/_flow "$zsh/_flow"
plan file 644 flow-audio.desktop "$share/applications/flow-audio.desktop"
for file in LICENSE THIRD-PARTY.txt CHANGELOG.md; do
    plan file 644 "$file" "$share/doc/flow-audio/$file"
done
while IFS='|' read -r kind mode file path; do
    [ -f "$source/$file" ] || fail "$file is missing in this archive; nothing was installed"
    say "$path" >>"$work/paths"
done <"$work/plan"

# Files of a Debian package are for dpkg alone to replace and remove.
if [ -z "$destination" ] && command -v dpkg-query >/dev/null; then
    sed -n 's/^file //p; s/^preset \(.*\)|.*/\1/p' "$work/old" >"$work/listed"
    cat "$work/paths" >>"$work/listed"
    set --
    while IFS= read -r path; do
        set -- "$@" "$path"
    done <"$work/listed"
    package=$(dpkg-query --search "$@" 2>/dev/null | head -n 1)
    [ -z "$package" ] || fail "a Debian package has these files ($package and others): update it with apt, or remove it first;" \
        "nothing was installed"
fi

# checksum FILE: its checksum and length.
checksum() {
    cksum <"$1" | cut -d ' ' -f 1,2
}

# is_unchanged FILE CHECKSUM: whether the file is there and has this checksum.
is_unchanged() {
    [ -f "$1" ] && [ "$(checksum "$1")" = "$2" ]
}

# is_free KIND FILE PATH: whether the path is free, or has a file of the last installation or of this archive.
is_free() {
    if [ ! -e "$3" ] && [ ! -L "$3" ]; then
        return 0
    elif [ ! -f "$3" ]; then
        return 1
    elif [ ! -L "$3" ] && cmp -s "$source/$2" "$3"; then
        return 0
    elif [ "$1" = preset ]; then
        grep -qxF "preset $3|$(checksum "$3")" "$work/old"
    else
        grep -qxF "file $3" "$work/old"
    fi
}

# Presets that the user has made or changed stay. All other files that this script has not written stop it.
foreign=
kept=
# An interrupted installation may have made the folder without a list.
say "folder $own" >"$work/new"
if [ -z "$destination" ] && [ -L "$vst3/Flow.vst3" ]; then
    foreign=", $vst3/Flow.vst3"
fi
while IFS='|' read -r kind mode file path; do
    if [ -n "$destination" ] || is_free "$kind" "$file" "$path"; then
        say "$kind|$mode|$file|$path" >>"$work/todo"
        if [ "$kind" = preset ]; then
            say "preset $path|$(checksum "$source/$file")" >>"$work/new"
        else
            say "file $path" >>"$work/new"
        fi
    elif [ "$kind" = preset ]; then
        kept="$kept, $path"
        grep -F "preset $path|" "$work/old" >>"$work/new" || true
    else
        foreign="$foreign, $path"
    fi
done <"$work/plan"
[ -z "$foreign" ] || fail "install.sh has not written these files, so remove or rename them first: ${foreign#, };" \
    "nothing was installed"

# missing_folders PATH: this folder and those above it that do not exist.
missing_folders() {
    if [ ! -d "$destination$1" ]; then
        missing_folders "$(dirname -- "$1")"
        say "folder $1"
    fi
}
while IFS='|' read -r kind mode file path; do
    missing_folders "$(dirname -- "$path")"
done <"$work/todo" >>"$work/new"

# write_list FILE: makes this file the list.
write_list() {
    part=$list.flow-part
    cp "$1" "$part"
    chmod 644 "$part"
    mv -f "$part" "$list"
}

# The list has every file before it is there, so that an interrupted installation can be repeated or removed.
if [ -z "$destination" ]; then
    mkdir -p "$own"
    sort -u "$work/old" "$work/new" >"$work/both"
    write_list "$work/both"
fi

# A new file replaces the old one at once: a host may have that loaded, and a copy may be interrupted.
while IFS='|' read -r kind mode file path; do
    mkdir -p "$(dirname -- "$destination$path")"
    part=$destination$path.flow-part
    cp "$source/$file" "$part"
    chmod "$mode" "$part"
    mv -f "$part" "$destination$path"
done <"$work/todo"
[ -z "$destination" ] || exit 0

# Files of an earlier version that this one does not have go. Its folders are still to be removed one day.
while IFS= read -r line; do
    case $line in
        "file "*) path=${line#file } ;;
        "preset "*)
            path=${line#preset }
            path=${path%|*}
            is_unchanged "$path" "${line##*|}" || continue
            ;;
        *)
            say "$line" >>"$work/new"
            continue
            ;;
    esac
    grep -qxF "$path" "$work/paths" || rm -f "$path"
done <"$work/old"
sort -u "$work/new" >"$work/final"
write_list "$work/final"

say "Flow is installed for $users. $own/uninstall.sh removes it."
[ -z "$kept" ] || say "These presets are yours and stay as they are: ${kept#, }"
case ":$PATH:" in
    *":$bin:"*) ;;
    *) say "The programs flow and flow-standalone are in $bin, which is not in your PATH." ;;
esac
