#!/bin/sh
# Installs Flow for you, or with --system for all users. uninstall.sh removes exactly the files that this script has written.
#
# For packagers: with DESTDIR the files go below that folder, and no list of them is kept. PREFIX replaces /usr/local.
set -eu

usage() {
    echo "usage: install.sh [--system]"
    exit 2
}

source=$(cd "$(dirname "$0")" && pwd)
destination=${DESTDIR-}
case "${1-}" in
    --system)
        prefix=${PREFIX-/usr/local}
        if [ -z "$destination" ] && [ "$(id -u)" -ne 0 ]; then
            echo "install.sh: --system writes to /usr; run it with sudo" >&2
            exit 1
        fi
        clap=/usr/lib/clap
        vst3=/usr/lib/vst3
        presets=/usr/share/vst3/presets
        bin=$prefix/bin
        share=$prefix/share
        ;;
    "")
        clap=$HOME/.clap
        vst3=$HOME/.vst3
        presets=$HOME/.vst3/presets
        bin=$HOME/.local/bin
        share=${XDG_DATA_HOME:-$HOME/.local/share}
        ;;
    *) usage ;;
esac
[ $# -le 1 ] || usage
[ -z "$destination" ] || mkdir -p "$destination"

own=$share/flow-audio
zsh=$share/zsh/site-functions
# Debian's zsh looks there for completions of packages.
[ "$share" != /usr/share ] || zsh=$share/zsh/vendor-completions
list=$own/installed.txt
new_list=$(mktemp)
trap 'rm -f "$new_list"' EXIT

# Another program may have the name of the command line. Flow's own files are in the list of the last installation.
for file in "$bin/flow" "$bin/flow-standalone"; do
    if [ -e "$destination$file" ] && ! grep -qxF "file $file" "$list" 2>/dev/null; then
        echo "install.sh: $file belongs to another program; nothing was installed" >&2
        exit 1
    fi
done

# Creates a folder and those above it, and lists those that are new, the outermost first.
folder() {
    if [ ! -d "$destination$1" ]; then
        folder "$(dirname "$1")"
        mkdir "$destination$1"
        echo "folder $1" >>"$new_list"
    fi
}

# place FILE MODE PATH: copies a file of this archive. The old one is removed first, because a host may have it loaded.
place() {
    folder "$(dirname "$3")"
    rm -f "$destination$3"
    cp "$source/$1" "$destination$3"
    chmod "$2" "$destination$3"
    echo "file $3" >>"$new_list"
}

# place_all FOLDER PATH: copies all files of a folder and of those in it.
place_all() {
    (cd "$source/$1" && find . -type f | sort) >"$new_list.files"
    while IFS= read -r file; do
        file=${file#./}
        place "$1/$file" "${3-644}" "$2/$file"
    done <"$new_list.files"
    rm -f "$new_list.files"
}

place Flow.clap 755 "$clap/Flow.clap"
place_all Flow.vst3 "$vst3/Flow.vst3" 755
place_all vst3-presets "$presets"
place Flow 755 "$bin/flow-standalone"
place command-line/flow 755 "$bin/flow"
place_all command-line/man/man1 "$share/man/man1"
place command-line/completions/flow.bash 644 "$share/bash-completion/completions/flow"
place command-line/completions/flow.fish 644 "$share/fish/vendor_completions.d/flow.fish"
place command-line/completions/_flow 644 "$zsh/_flow"
place flow-audio.desktop 644 "$share/applications/flow-audio.desktop"
for file in LICENSE THIRD-PARTY.txt CHANGELOG.md; do
    place "$file" 644 "$share/doc/flow-audio/$file"
done
[ -z "$destination" ] || exit 0
place uninstall.sh 755 "$own/uninstall.sh"

# Files of an earlier version that this one does not have go. Its folders are still to be removed one day.
folder "$own"
if [ -e "$list" ]; then
    grep '^file ' "$list" | grep -vxFf "$new_list" | while IFS= read -r line; do
        rm -f "${line#file }"
    done
    grep '^folder ' "$list" >>"$new_list" || true
fi
cp "$new_list" "$list"
echo "Flow is installed. $own/uninstall.sh removes it."
case ":$PATH:" in
    *":$bin:"*) ;;
    *) echo "The programs flow and flow-standalone are in $bin, which is not in your PATH." ;;
esac
