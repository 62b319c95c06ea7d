#!/bin/sh
# Removes the files that install.sh has written, and the folders that it has created if nothing else is in them.
set -eu

list=$(cd "$(dirname "$0")" && pwd)/installed.txt
if [ ! -e "$list" ]; then
    echo "uninstall.sh: $list is missing: run the uninstall.sh that install.sh has installed" >&2
    exit 1
fi
own=$(mktemp)
trap 'rm -f "$own"' EXIT
cp "$list" "$own"

grep '^file ' "$own" | while IFS= read -r line; do
    rm -f "${line#file }"
done
rm -f "$list"
# The innermost folders come first.
grep '^folder ' "$own" | sort -ru | while IFS= read -r line; do
    rmdir "${line#folder }" 2>/dev/null || true
done
echo "Flow is removed. Your own presets and settings stay."
