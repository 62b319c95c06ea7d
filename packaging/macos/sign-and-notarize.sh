#!/bin/sh
# Signs the package of `cargo xtask package macos`, has Apple notarize it, and makes the archive that users download. It needs a
# Mac with Xcode's command line tools, a certificate "Developer ID Application" in the keychain, and a profile that
# `xcrun notarytool store-credentials` has stored.
set -eu

if [ $# -ne 3 ]; then
    echo "usage: sign-and-notarize.sh FOLDER IDENTITY PROFILE" >&2
    echo "  FOLDER    the unpacked package; FOLDER.zip is written beside it" >&2
    echo "  IDENTITY  the certificate, such as 'Developer ID Application: NAME (TEAM)'" >&2
    echo "  PROFILE   the stored credentials of notarytool" >&2
    exit 2
fi
folder=${1%/}
identity=$2
profile=$3
archive=$folder.zip

# A transfer may have lost the permission to run programs.
for name in Flow.app Flow.clap Flow.vst3 Flow.component; do
    chmod 755 "$folder/$name/Contents/MacOS/Flow"
done
chmod 755 "$folder/command-line/flow"

codesign --force --timestamp --options runtime --sign "$identity" \
    --entitlements "$(dirname "$0")/entitlements.plist" "$folder/Flow.app"
for name in Flow.clap Flow.vst3 Flow.component command-line/flow; do
    codesign --force --timestamp --options runtime --sign "$identity" "$folder/$name"
done
for name in Flow.clap Flow.vst3 Flow.component Flow.app command-line/flow; do
    codesign --verify --strict "$folder/$name"
done

upload=$(mktemp -d)
trap 'rm -rf "$upload"' EXIT
ditto -c -k "$folder" "$upload/Flow.zip"
xcrun notarytool submit "$upload/Flow.zip" --keychain-profile "$profile" --wait
# A program that is no bundle cannot hold the ticket; macOS asks Apple's server for it.
for name in Flow.clap Flow.vst3 Flow.component Flow.app; do
    xcrun stapler staple "$folder/$name"
done

# The archive has the tickets, so that it is made after them.
rm -f "$archive"
ditto -c -k --keepParent "$folder" "$archive"
echo "$archive is signed and notarized."
