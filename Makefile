# Every target is described by the `##` comment on its line; `make` alone prints them.
.DEFAULT_GOAL := help
.PHONY: help setup packages demo test lint bench report dist clean
MAKEFLAGS += --no-print-directory

# Where rustup puts cargo, in case this shell was started before it was installed.
export PATH := $(PATH):$(HOME)/.cargo/bin

help: ## Say what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-18s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

setup: ## Install what is missing on this machine; fetch models, runtime and photos
	@scripts/setup

packages: setup ## Make the Python, C and Java packages below target/packages/ (development build)
	cargo xtask package

demo: setup ## Build the command and run it on real photos
	cargo build --release -p facebridge-cli
	@scripts/demo

test: packages ## Run every test in every language
	cargo test --workspace
	scripts/test-python
	scripts/test-c
	scripts/test-java

lint: setup ## Check formatting, lints, dependencies and documentation
	cargo fmt --check
	cargo clippy --workspace --all-targets -- -D warnings
	@if command -v cargo-deny >/dev/null; then set -x; cargo deny check; \
	else echo 'lint: cargo-deny is not installed, so deny.toml was not checked (cargo install cargo-deny --locked)'; fi
	RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps --lib

bench: setup ## Measure the engine's speed: the same as make report NAME=engine-speed
	cargo xtask report engine-speed

report: setup ## Measure one report: make report NAME=engine-speed
	@test -n '$(NAME)' || { echo 'say which: make report NAME=engine-speed' >&2; exit 2; }
	cargo xtask report '$(NAME)'

dist: setup ## Make and check in target/dist/ what users get: archive of the command, wheels, jar, C packages
	cargo xtask dist

clean: ## Delete what was built (fetched assets stay; delete assets/ to fetch them anew)
	cargo clean
	rm -rf out
