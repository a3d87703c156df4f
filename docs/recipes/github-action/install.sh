#!/usr/bin/env bash
# Puts chargectl of a release into the PATH of the job, after its archive was found to have the checksum SHA256.
set -euo pipefail
releases=${CHARGECTL_RELEASES:-https://github.com/chargectl/chargectl/releases/download}

case $RUNNER_OS in
  Linux) os=linux form=tar.gz ;;
  macOS) os=darwin form=tar.gz ;;
  Windows) os=windows form=zip ;;
  *) echo "::error::there is no chargectl for $RUNNER_OS" && exit 1 ;;
esac
case $RUNNER_ARCH in
  X64) arch=amd64 ;;
  ARM64) arch=arm64 ;;
  *) echo "::error::there is no chargectl for $RUNNER_ARCH" && exit 1 ;;
esac
archive=chargectl_${VERSION}_${os}_$arch.$form
folder=$RUNNER_TEMP/chargectl-$VERSION
mkdir -p "$folder"
curl --fail --silent --show-error --location --retry 5 --output "$folder/$archive" "$releases/v$VERSION/$archive"
if command -v sha256sum >/dev/null; then
  sum=$(sha256sum <"$folder/$archive")
else
  sum=$(shasum -a 256 <"$folder/$archive")
fi
if [[ ${sum%% *} != "$SHA256" ]]; then
  echo "::error::$archive has the checksum ${sum%% *}, not $SHA256"
  exit 1
fi
if [[ $form == zip ]]; then
  unzip -q -o "$folder/$archive" -d "$folder"
else
  tar -xzf "$folder/$archive" -C "$folder"
fi
echo "$folder" >>"$GITHUB_PATH"
