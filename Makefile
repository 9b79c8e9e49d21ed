# The commands of this repository; `make help` explains them.
# Variables: F function, E event, EMAIL, STACK; STATE and PORT_BASE (another stack beside the first); SOFT_HOLD_S, HARD_HOLD_S; EMULATOR;
# CASES, SEED, STACK_JSON of `make fuzz`.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
# One process drives the compiler; recipes are not meant to run beside each other.
.NOTPARALLEL:

# With the triple said aloud cargo and cargo-lambda share target/<triple>; without it everything is built twice.
export CARGO_BUILD_TARGET ?= $(shell rustc -vV 2>/dev/null | sed -n 's/^host: //p')
export STATE PORT_BASE SOFT_HOLD_S HARD_HOLD_S EMULATOR RUST_LOG

TARGET := $(or $(CARGO_TARGET_DIR),target)/$(CARGO_BUILD_TARGET)/debug

STOCK_TARGET := $(or $(CARGO_TARGET_DIR),target)/stock

STACK_PY := python3 infra/local/stack.py
TOOLS := .local/tools/bin
CARGO_DENY_VERSION := 0.20.2
CARGO_DENY := .local/cargo/bin/cargo-deny
TEST_STATE := .local/test
TEST_PORT_BASE := 4666
FUZZ_STATE := .local/fuzz
FUZZ_PORT_BASE := 4966

.PHONY: help dev up down seed logs invoke watch admin redrive check fmt features clippy doc deny lint-template openapi openapi-write test audit \
	bench-functions soak flash fuzz tools tools-lock

help: ## these lines
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

dev: ## build, start, deploy and seed the marketplace on this machine, then follow its logs until Ctrl-C
	@$(STACK_PY) dev

up: ## the same in the background; SOFT_HOLD_S= and HARD_HOLD_S= shorten the holds
	@$(STACK_PY) up

down: ## end what `make up` or `make dev` started
	@$(STACK_PY) down

seed: ## make the demo market (nothing twice)
	@$(STACK_PY) seed

logs: ## follow the logs of one function (F=cart), or of all
	@$(STACK_PY) logs $(F)

invoke: ## send a function a payload from events/ (F=cart E=add-item); F=reservation-expiry sweeps now
	@$(STACK_PY) invoke $(F) $(E)

watch: ## run one function from source inside the running stack, built again as you edit (F=cart)
	@$(STACK_PY) watch $(F)

admin: ## make the first admin by invitation (EMAIL=); STACK=souk does it on AWS with your credentials
	@$(STACK_PY) admin $(if $(EMAIL),$(EMAIL),$(error say EMAIL=)) $(if $(STACK),--stack $(STACK))

redrive: ## bring dead letters back when their cause is mended (Q=notifier, order-lifecycle, thumbnailer, import, undelivered-events, outbox-relay, stripe-webhook; STACK= on AWS)
	@$(STACK_PY) redrive $(if $(Q),$(Q),$(error say Q=)) $(if $(STACK),--stack $(STACK))

# ---- checks

check: fmt features clippy doc deny lint-template openapi ## everything that can be checked without running it

fmt:
	cargo fmt --all --check

# Where a test asks for a feature that the build does not, all that depends on it is compiled once for each: half the workspace, for one word.
features:
	@unified() { cargo tree --workspace --locked --prefix none --format '{p} {f}' --edges "$$1" | sed 's/ (\*)$$//' | sort -u; }; \
	unlike=$$(comm -23 <(unified normal,build) <(unified normal,build,dev)); \
	test -z "$$unlike" || { printf 'tests ask more of these, tests/Cargo.toml has to as well:\n%s\n' "$$unlike"; exit 1; }

clippy:
	cargo clippy --workspace --all-targets --locked -- -D warnings

doc:
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked --document-private-items

deny: $(CARGO_DENY)
	$(CARGO_DENY) --locked check bans licenses sources

lint-template: tools
	$(TOOLS)/cfn-lint template.yaml

# Built with the whole workspace, as `make test` does, so that features unify alike and nothing is compiled twice.
openapi:
	cargo build --workspace --locked
	$(TARGET)/openapi --check

openapi-write: ## write docs/openapi.json anew from the code
	cargo run --locked -p souk-tests --bin openapi

test: ## build everything, bring up a stack of its own, run every test against it, take it down
	@STATE=$(TEST_STATE) PORT_BASE=$(TEST_PORT_BASE) $(STACK_PY) test -- cargo test --workspace --locked --no-fail-fast $(TEST_ARGS)

soak: ## simulate many markets under faults and check the rules over each (SEEDS=100 START=1)
	@cargo run --profile soak --locked -p souk-tests --bin soak -- $(or $(SEEDS),100) $(or $(START),1)

flash: ## sell one variant to everybody at once, on partitions that bear 1,000 write units a second (STRIPES=16 UNITS=16000 SECONDS=3)
	@cargo run --profile soak --locked -p souk-tests --bin soak -- flash $(or $(STRIPES),16) $(or $(UNITS),16000) $(or $(SECONDS),3)

fuzz: ## make up calls from docs/openapi.json, with ids that are there, and check their answers against it (CASES=20000 SEED=1 STACK_JSON=)
	@STATE=$(FUZZ_STATE) PORT_BASE=$(FUZZ_PORT_BASE) $(STACK_PY) fuzz --cases $(or $(CASES),20000) --seed $(or $(SEED),1) \
		$(if $(STACK_JSON),--stack-json $(STACK_JSON))

audit: $(CARGO_DENY) ## known vulnerabilities; needs the advisory list, which is fetched
	$(CARGO_DENY) check advisories

# The functions as they are deployed: built without the tests, whose features would come along. The stock functions take the SDK as it comes,
# entropy from the processor's jitter included.
bench-functions: ## size, cold start, warm call and memory of the functions, beside stock ones (needs valgrind)
	@cargo build --release --locked --workspace --exclude souk-tests --exclude souk-lab --exclude stripe-fake
	@AWS_LC_SYS_NO_JITTER_ENTROPY=0 cargo build --release --locked \
		--manifest-path tests/bench/stock/Cargo.toml --target-dir $(STOCK_TARGET)
	@cargo run --locked -p souk-tests --bin bench-functions -- \
		$(TARGET:debug=release) $(STOCK_TARGET)/$(CARGO_BUILD_TARGET)/release

# ---- tools

tools: ## make the tool environment under .local/tools
	@$(STACK_PY) tools

UV_COMPILE := uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-annotate --no-header

tools-lock: ## renew infra/local/requirements.txt and fuzz-requirements.txt from their .in files (needs uv)
	$(UV_COMPILE) --python-version 3.10 infra/local/requirements.in --output-file infra/local/requirements.txt
	$(UV_COMPILE) --python-version 3.11 infra/local/fuzz-requirements.in --output-file infra/local/fuzz-requirements.txt

# What runs for some seconds is not worth being optimised for minutes.
$(CARGO_DENY):
	env -u CARGO_BUILD_TARGET CARGO_PROFILE_DEV_DEBUG=0 cargo install --debug --locked --root .local/cargo cargo-deny@$(CARGO_DENY_VERSION)
