#!/bin/sh
# Removes the files that install.sh has written, and the folders that it has created if nothing else is in them.
set -eu
LC_ALL=C
export LC_ALL
CDPATH=''

say() {
    printf '%s\n' "$*"
}

# is_unchanged FILE CHECKSUM: whether the file is there and has this checksum.
is_unchanged() {
    [ -f "$1" ] && [ "$(cksum <"$1" | cut -d ' ' -f 1,2)" = "$2" ]
}

own=$(cd -- "$(dirname -- "$0")" && pwd)
list=$own/installed.txt
if [ ! -e "$list" ]; then
    say "uninstall.sh: $list is missing: run the uninstall.sh that install.sh has installed" >&2
    exit 1
fi
if [ ! -w "$own" ]; then
    say "uninstall.sh: you may not write to $own; run it with sudo" >&2
    exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cp "$list" "$work/list"

# A Debian package may have replaced files since. They are for dpkg alone to remove.
: >"$work/dpkg"
if command -v dpkg-query >/dev/null; then
    sed -n 's/^file //p; s/^preset \(.*\)|.*/\1/p' "$work/list" >"$work/paths"
    set --
    while IFS= read -r path; do
        set -- "$@" "$path"
    done <"$work/paths"
    dpkg-query --search "$@" 2>/dev/null | sed 's/^[^/]*: //' >"$work/dpkg"
fi

# A preset that the user has changed has another checksum than in the list, and stays.
while IFS= read -r line; do
    case $line in
        "file "*) path=${line#file } ;;
        "preset "*)
            path=${line#preset }
            path=${path%|*}
            rm -f "$path.flow-part"
            is_unchanged "$path" "${line##*|}" || continue
            ;;
        *) continue ;;
    esac
    if [ "$path" != "$own/uninstall.sh" ] && ! grep -qxF "$path" "$work/dpkg"; then
        rm -f "$path" "$path.flow-part"
    fi
done <"$work/list"

# This script and its list are the last files, so that it can be repeated if it is interrupted.
rm -f "$own/uninstall.sh" "$own/uninstall.sh.flow-part" "$list.flow-part" "$list"
# The innermost folders come first.
grep '^folder ' "$work/list" | sort -ru | while IFS= read -r line; do
    rmdir "${line#folder }" 2>/dev/null || true
done
say "Flow is removed. Your own presets and settings stay."
