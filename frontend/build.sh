#!/usr/bin/env bash
# Makes the site that the server serves: `frontend/build.sh WASM SITE` binds the compiled WebAssembly to
# JavaScript, joins the styles, copies the public files, names all of them by their content, so that browsers may
# keep them for ever, and compresses them. SITE/hash.txt holds the names; Leptos wants a copy beside the server.
set -euo pipefail
cd "$(dirname "$0")/.."
wasm=$1 site=$2 new=$2.new
pkg=$new/pkg

rm -rf "$new"
mkdir -p "$pkg"
# wasm-opt is left out on purpose: it makes this file 16 % smaller, but 6 % larger once compressed
.tools/bin/wasm-bindgen --target web --no-typescript --remove-name-section --remove-producers-section --out-name folio --out-dir "$pkg" "$wasm"
mv "$pkg/folio_bg.wasm" "$pkg/folio.wasm"
cat style/*.css >"$pkg/folio.css"
cp -r public/. "$new/"

for kind in js wasm css; do
  hash=$(sha256sum "$pkg/folio.$kind" | cut -c1-16)
  mv "$pkg/folio.$kind" "$pkg/folio.$hash.$kind"
  echo "$kind: $hash" >>"$new/hash.txt"
done

# a development build is not worth compressing
if [[ $wasm == *release* ]]; then
  find "$new" -type f -size +512c \( -name '*.js' -o -name '*.wasm' -o -name '*.css' -o -name '*.svg' -o -name '*.txt' \) \
    ! -name hash.txt -exec gzip -9 --keep {} + -exec brotli -q 11 --keep {} +
fi

rm -rf "$site"
mv "$new" "$site"
echo "==> Site: $(find "$site/pkg" -name '*.wasm' -printf '%s') bytes of WebAssembly$(find "$site/pkg" -name '*.wasm.br' -printf ', %s compressed')"
