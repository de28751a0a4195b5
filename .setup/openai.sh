#!/usr/bin/env bash
# Installs the official client of OpenAI's API, which a test uses as its users do, beside the other tools of the tests.
set -euo pipefail

VERSION=3.57.0
FOLDER=.tools/openai

[[ "$("$FOLDER/bin/python" -c 'import openai; print(openai.__version__)' 2>/dev/null)" == "$VERSION" ]] && exit 0
echo "==> openai $VERSION, from the Python package index"
rm -rf "$FOLDER"
python3 -m venv "$FOLDER"
"$FOLDER/bin/pip" install --quiet --disable-pip-version-check "openai==$VERSION"
