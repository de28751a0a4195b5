#!/usr/bin/env bash
# Installs schemathesis, which makes up requests from the OpenAPI document, beside the other tools of the tests.
set -euo pipefail

VERSION=4.32.5
FOLDER=.tools/schemathesis

[[ "$("$FOLDER/bin/schemathesis" --version 2>/dev/null)" == *"$VERSION"* ]] && exit 0
echo "==> schemathesis $VERSION, from the Python package index"
rm -rf "$FOLDER"
python3 -m venv "$FOLDER"
"$FOLDER/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$VERSION"
