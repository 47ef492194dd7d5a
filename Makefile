# Zona: what can be done with the tree. `make help` lists it.
#
# Needs Go, Node.js with npm, and GNU make. `make test` also needs gcc, PostgreSQL, Chromium and LibreOffice Calc:
# .ci/run installs them on Debian, and whatever is missing is named.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

GO ?= go
TOOLS := bin/tools
UI := internal/web/internal/ui
MANIFEST := $(UI)/dist/manifest.json

# Everything that a style sheet or script is made from; the names of classes stand in templates and Go files.
ASSET_SOURCES := $(shell find internal/web scripts/assets.mjs scripts/dark.mjs package-lock.json -type f \
	\( -name '*.templ' -o -name '*.css' -o -name '*.js' -o -name '*.mjs' -o -name '*.go' -o -name '*.svg' -o -name '*.json' \) \
	-not -path '*/dist/*' 2>/dev/null)

## help: list the targets
.PHONY: help
help:
	@sed -n 's/^## //p' $(MAKEFILE_LIST) | awk -F': ' '{printf "  %-14s %s\n", $$1, $$2}'

## run: build everything and start a demo institution on SQLite under var/
.PHONY: run
run: assets build
	@mkdir -p var
	exec bin/zona demo

## assets: install what npm provides and build style sheets and scripts
.PHONY: assets
assets: $(MANIFEST)

node_modules/.package-lock.json: package.json package-lock.json
	npm ci --ignore-scripts --no-audit --no-fund
	@touch $@

$(MANIFEST): node_modules/.package-lock.json $(ASSET_SOURCES)
	node scripts/assets.mjs --print

## build: build bin/zona and bin/zona-verify
.PHONY: build
build:
	CGO_ENABLED=0 $(GO) build -o bin/zona ./cmd/zona
	CGO_ENABLED=0 $(GO) build -o bin/zona-verify ./cmd/zona-verify

## generate: write the Go code of the page templates
.PHONY: generate
generate: $(TOOLS)/templ
	$(TOOLS)/templ generate

## fmt: format Go, page templates and the module file
.PHONY: fmt
fmt: $(TOOLS)/golangci-lint $(TOOLS)/templ
	$(TOOLS)/golangci-lint fmt ./...
	$(TOOLS)/templ fmt internal/web

## lint: run the linters
.PHONY: lint
lint: $(TOOLS)/golangci-lint
	$(TOOLS)/golangci-lint run ./...

## check: the inner loop (build, vet, quick tests, linters)
.PHONY: check
check: generated build
	$(GO) vet ./...
	$(GO) test -short ./...
	@$(MAKE) lint

# generated fails when the committed Go code of the templates is not what they give.
.PHONY: generated
generated: $(TOOLS)/templ
	@scripts/generated.sh

## test: everything that must hold on every commit
.PHONY: test
test:
	@scripts/test.sh

## test-nightly: what takes longer and is run before a release
.PHONY: test-nightly
test-nightly:
	@ZONA_NIGHTLY=1 scripts/test.sh

## test-browser: the browser tests alone (E2E=FILE for one of them)
.PHONY: test-browser
test-browser: assets build
	scripts/with-postgres.sh node --test --test-reporter=spec $(or $(E2E),e2e/*.test.mjs)

## fuzz: look for inputs that break a reader (FUZZTIME=10s for each target)
.PHONY: fuzz
fuzz:
	@scripts/fuzz.sh

## bench: measure, and print the table of docs/performance.md
.PHONY: bench
bench: assets build
	@scripts/with-postgres.sh node scripts/bench.mjs $(BENCH)

## screenshots: draw the pictures of the README from a demo institution
.PHONY: screenshots
screenshots: assets build
	node e2e/screenshots.mjs docs/screenshots

## tools: build the linters and generators at the versions of tools/go.mod
.PHONY: tools
tools: $(TOOLS)/golangci-lint $(TOOLS)/gofumpt $(TOOLS)/govulncheck $(TOOLS)/templ

$(TOOLS)/golangci-lint: PKG := github.com/golangci/golangci-lint/v2/cmd/golangci-lint
$(TOOLS)/gofumpt: PKG := mvdan.cc/gofumpt
$(TOOLS)/govulncheck: PKG := golang.org/x/vuln/cmd/govulncheck
$(TOOLS)/templ: PKG := github.com/a-h/templ/cmd/templ
$(TOOLS)/golangci-lint $(TOOLS)/gofumpt $(TOOLS)/govulncheck $(TOOLS)/templ: tools/go.mod tools/go.sum
	@mkdir -p $(TOOLS)
	cd tools && $(GO) build -o $(abspath $@) $(PKG)

## clean: remove what was built, but no data
.PHONY: clean
clean:
	rm -rf bin node_modules
	find $(UI)/dist -type f ! -name .gitkeep -delete
