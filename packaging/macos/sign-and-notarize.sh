#!/bin/sh
# Signs the bundles of `cargo xtask bundle`, has Apple notarize them, and makes the archive that users download. It needs a
# Mac with Xcode's command line tools, a certificate "Developer ID Application" in the keychain, and a profile that
# `xcrun notarytool store-credentials` has stored.
set -eu

if [ $# -ne 3 ]; then
    echo "usage: sign-and-notarize.sh BUNDLES IDENTITY PROFILE" >&2
    echo "  BUNDLES   the folder with Flow.clap, Flow.vst3, Flow.component and Flow.app" >&2
    echo "  IDENTITY  the certificate, such as 'Developer ID Application: NAME (TEAM)'" >&2
    echo "  PROFILE   the stored credentials of notarytool" >&2
    exit 2
fi
bundles=$1
identity=$2
profile=$3

# The standalone app reads an audio input, for which macOS asks with this text.
/usr/libexec/PlistBuddy -c 'Delete :NSMicrophoneUsageDescription' "$bundles/Flow.app/Contents/Info.plist" 2>/dev/null || true
/usr/libexec/PlistBuddy -c 'Add :NSMicrophoneUsageDescription string Flow masters the audio input.' \
    "$bundles/Flow.app/Contents/Info.plist"
codesign --force --timestamp --options runtime --sign "$identity" \
    --entitlements "$(dirname "$0")/entitlements.plist" "$bundles/Flow.app"
for name in Flow.clap Flow.vst3 Flow.component command-line/flow; do
    codesign --force --timestamp --options runtime --sign "$identity" "$bundles/$name"
done
for name in Flow.clap Flow.vst3 Flow.component Flow.app command-line/flow; do
    codesign --verify --strict "$bundles/$name"
done

upload=$(mktemp -d)
trap 'rm -rf "$upload"' EXIT
ditto -c -k "$bundles" "$upload/Flow.zip"
xcrun notarytool submit "$upload/Flow.zip" --keychain-profile "$profile" --wait
# A program that is no bundle cannot hold the ticket; macOS asks Apple's server for it.
for name in Flow.clap Flow.vst3 Flow.component Flow.app; do
    xcrun stapler staple "$bundles/$name"
done
