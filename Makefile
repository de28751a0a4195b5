# Folio: `make run` and open the printed link. Every step below does only what is still missing.

BINDGEN_VERSION := $(shell sed -n 's/^wasm-bindgen = "=\(.*\)"/\1/p' Cargo.toml)
BINDGEN := .tools/wasm-bindgen-$(BINDGEN_VERSION)
export FOLIO_SETUP_CACHE ?= $(HOME)/.cache/folio
WASM := target/wasm32-unknown-unknown
PUBLIC := $(wildcard style/*.css) $(shell find public -type f) frontend/build.sh
E2E := end2end/node_modules/.package-lock.json

help: ## List these targets
	@awk -F':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

run: setup release ## Build what is missing and serve Folio; open the link that it prints
	exec target/release/folio

dev: PACKAGES := node
dev: setup $(E2E) ## Serve a debug build; rebuild and reload the page whenever a file changes
	end2end/node_modules/.bin/nodemon --quiet --signal SIGTERM --delay 0.3 --ext rs,css,sql,md,toml \
	  --watch app --watch frontend --watch server --watch style --watch public --watch migrations --exec 'make serve-dev'

test: setup-test target/site/hash.txt ## Run every test: Rust, then Chromium
	@mkdir -p target/debug && cp target/site/hash.txt target/debug/
	@echo "==> Rust tests"
	$(if $(shell command -v cargo-nextest),cargo nextest run,cargo test) --workspace --exclude frontend
	@echo "==> Requests made up from the OpenAPI document, and the client of OpenAI's API"
	$(if $(shell command -v cargo-nextest),cargo nextest run --workspace --exclude frontend --run-ignored only schemathesis openai_package,cargo test --workspace --exclude frontend -- --ignored schemathesis openai_package)
	@echo "==> Browser tests"
	cd end2end && npx playwright test

check: setup-test ## Formatting, lints of the server's and the browser's side, types, the handbook
	cargo fmt --all --check
	cargo clippy --workspace --exclude frontend --all-targets -- -D warnings
	cargo clippy -p app -p frontend --features app/hydrate --target wasm32-unknown-unknown -- -D warnings
	cd end2end && npx tsc
	node docs/handbook/build.mjs --check

bench: setup-test release ## Measure speed and memory in real runs, and print them beside their bounds
	cd end2end && npx playwright test --config bench/playwright.config.ts
	@echo "==> Streams through Folio, and the same ones without it (some 3 minutes)"
	cargo run --release -p folio-testbed --bin streams
	@echo "==> The requests that people make most (some 2 minutes)"
	cargo run --release -p folio-testbed --bin requests

soak: setup-test release ## Kill Folio 300 times and cut 500 streams off, on each database and on two nodes, and say what was lost
	cargo run --release -p folio-testbed --bin soak -- --kills 300 --cuts 500 --site all

handbook: PACKAGES := node browser
handbook: docs/handbook/node_modules/.package-lock.json ## Build the handbook's PDF from its chapters
	node docs/handbook/build.mjs

# --- set-up ---

setup: preflight packages rust $(BINDGEN) models ## Install what `make run` needs, and nothing twice

# tests share the models in ./data and keep everything else in folders of their own
setup-test: export DATA_DIR := data
setup-test: PACKAGES := node browser postgresql redis
setup-test: setup $(E2E) docs/handbook/node_modules/.package-lock.json ## Install what `make test` needs besides
	@.setup/schemathesis.sh
	@.setup/openai.sh

preflight:
	@[ -n "$$CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS" ] || grep -qw avx2 /proc/cpuinfo || \
	  { echo "This processor has no AVX2, which the build expects. .cargo/config.toml says how to build without."; exit 1; }

packages:
	@.setup/packages.sh $(PACKAGES)

rust: packages
	@command -v cargo >/dev/null || { echo "Folio needs Rust with rustup; your system's package or rustup.rs has it."; exit 1; }
	@[ -d "$$(rustc --print target-libdir --target wasm32-unknown-unknown)" ] || \
	  { echo "==> Rust: adding the WebAssembly target"; rustup target add wasm32-unknown-unknown; }
	@cargo clippy --version >/dev/null && cargo fmt --version >/dev/null || rustup component add clippy rustfmt

$(BINDGEN): | rust
	@mkdir -p .tools/bin
	@cp $(FOLIO_SETUP_CACHE)/$(@F) .tools/bin/wasm-bindgen 2>/dev/null || { \
	  echo "==> wasm-bindgen $(BINDGEN_VERSION): compiling it, once, for some 3 minutes" && \
	  cargo install wasm-bindgen-cli --version $(BINDGEN_VERSION) --root .tools && \
	  mkdir -p $(FOLIO_SETUP_CACHE) && cp .tools/bin/wasm-bindgen $(FOLIO_SETUP_CACHE)/$(@F); }
	@touch $@

models: packages
	@.setup/models.sh

%/node_modules/.package-lock.json: %/package-lock.json | packages
	@echo "==> npm packages of $*"
	cd $* && npm ci --no-audit --no-fund
	@touch $@

# --- builds; cargo knows itself what changed ---

release: target/site/hash.txt | setup
	@echo "==> Server, release build (some 10 minutes the first time on 2 cores)"
	cargo build --release -p server
	@cp target/site/hash.txt target/release/

serve-dev: target/site-dev/hash.txt
	cargo build -p server
	@cp target/site-dev/hash.txt target/debug/
	FOLIO_DEV=1 LEPTOS_SITE_ROOT=target/site-dev exec target/debug/folio

target/site/hash.txt: $(WASM)/wasm-release/frontend.wasm $(PUBLIC)
	@frontend/build.sh $< $(@D)

target/site-dev/hash.txt: $(WASM)/debug/frontend.wasm $(PUBLIC)
	@frontend/build.sh $< $(@D)

$(WASM)/wasm-release/frontend.wasm: FORCE | setup
	@echo "==> Browser's side, release build"
	cargo build -p frontend --target wasm32-unknown-unknown --profile wasm-release

$(WASM)/debug/frontend.wasm: FORCE
	cargo build -p frontend --target wasm32-unknown-unknown

FORCE:
.NOTPARALLEL:
.PHONY: help run dev test check bench soak handbook setup setup-test preflight packages rust models release serve-dev FORCE
