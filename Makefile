# vodlift: every target sets up what it needs first, says so in one line a step, and shows a step's output only if it fails.
# What does the work: xtask/ (Rust: the wasm), pkg/build.ts (the npm package), tests/run.ts (all checks).

.DEFAULT_GOAL := help
.PHONY: build demo dev test soak bench size lint fmt fuzz sbom clean help setup
# Two targets at once would install into the same folders.
.NOTPARALLEL:

export WRANGLER_SEND_METRICS := false
export npm_config_update_notifier := false

# rust-toolchain.toml pins the compiler; empty where that one is used.
other_rust := $(shell supply-chain/rust.sh)
ifneq ($(other_rust),)
export RUSTUP_TOOLCHAIN := $(other_rust)
endif

# $(call script,file,arguments): run it under npm's `node` (24), with what npm installed first on PATH.
define script
@test -f $(1) || { echo 'error: $(1) does not exist in this checkout' >&2; exit 1; }
@PATH="$(CURDIR)/node_modules/.bin:$$PATH" && exec node $(1) $(2)
endef

# $(call step,text,command): say it, do it quietly, show everything if it fails.
define step
@printf '· %s … ' '$(1)'; log=$$(mktemp); start=$$(date +%s); \
if ( $(2) ) >"$$log" 2>&1; then echo "$$(($$(date +%s) - start)) s"; rm -f "$$log"; \
else echo failed; cat "$$log"; rm -f "$$log"; echo 'error: this step failed: $(1)' >&2; exit 1; fi
endef

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## /{ printf "make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

build: setup ## set up what is missing, build the wasm and the package; then node_modules/.bin/vodlift runs
	@cargo run --quiet --package xtask -- wasm
	@cargo run --quiet --package schema
	$(call script,pkg/build.ts)

demo: build ## run the main job offline: emulator + Worker in workerd + ingest of a video URL
	$(call script,demo/demo.ts)

dev: build ## emulator + Worker + dashboard on free local ports, until Ctrl-C; `make dev DEV=--allow-private` reads loopback, too
	$(call script,demo/dev.ts,$(DEV))

test: build ## run every test; `make test ONLY="rust host"` runs some
	$(call script,tests/run.ts,$(ONLY))

soak: build ## a million simulated uploads (`SEEDS=0..1000000`), then kill -9 large ones 40 times, resume each (15 min; `SOAK="--kills 3 --size 1GiB --seed 7"`)
	SEEDS=$(or $(SEEDS),0..1000000) cargo test --profile swarm --test swarm many_seeds_hold -- --ignored --nocapture
	$(call script,tests/soak/kill.ts,$(SOAK))

fuzz: setup ## look for inputs that break the core; `make fuzz TARGET=playlist SECONDS=600` (all, 60 s each)
	@fuzz/run.sh $(or $(SECONDS),60) $(TARGET)

bench: build ## measure beside the peers, write bench/results
	$(call script,bench/run.ts)

size: build ## say where the bytes of the wasm are; `make size OF=playlist` lists the functions with that in their names
	@cargo run --quiet --package xtask -- size $(OF)

lint: build ## formatters and linters only
	$(call script,tests/run.ts,lint --keep-going)

fmt: setup ## format the Rust and the TypeScript
	@cargo fmt --all
	@node_modules/.bin/biome check --write .

sbom: setup ## write the bill of materials of all that is locked, as CycloneDX, into target/sbom
	$(call script,supply-chain/sbom.ts)

clean: ## remove everything that was built or installed in this folder
	rm -rf target fuzz/target fuzz/found fuzz/artifacts node_modules pkg/dist pkg/node_modules worker/node_modules worker/.wrangler worker/dist pkg/LICENSE-* pkg/README.md examples/rust-worker/build tests/rust-worker/harness/build
	rm -f pkg/src/wasm/core.js pkg/src/wasm/core.wasm pkg/src/wasm/core.base64.js

# npm packages are installed anew when the lockfile is not the one that was installed last: an install on top of another may lose
# a program (of two packages that bring `tsc`, removing one removes it). xtask is compiled by cargo, which knows by itself whether
# there is anything to do.
setup:
	@command -v cargo >/dev/null || { echo 'error: Rust is missing: install it with rustup (https://rustup.rs), then try again' >&2; exit 1; }
	@command -v npm >/dev/null || { echo 'error: Node.js is missing: install version 20.19 or later with npm, then try again' >&2; exit 1; }
	@node -e 'const [a, b] = process.versions.node.split(".").map(Number); if (a < 20 || (a === 20 && b < 19)) { console.error(`error: Node.js ${process.version} is too old: install version 20.19 or later, then try again`); process.exit(1) }'
	@cmp -s package-lock.json node_modules/.installed || $(MAKE) --no-print-directory node_modules
	@cargo metadata --format-version 1 --offline >/dev/null 2>&1 || $(MAKE) --no-print-directory crates
	@test -x "$${CARGO_TARGET_DIR:-target}/debug/xtask" || $(MAKE) --no-print-directory xtask

.PHONY: node_modules crates xtask
node_modules:
	$(call step,Installing npm packages,npm ci && node_modules/.bin/node --version && cp package-lock.json node_modules/.installed)

crates:
	$(call step,Downloading the Rust crates,cargo fetch $(if $(CI),--locked))

xtask:
	$(call step,Compiling the build tool (once; about a minute),cargo build --package xtask $(if $(CI),--locked))
