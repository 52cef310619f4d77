# The two commands: make run, make test. The rest is for those who build, measure and package.
PREFIX ?= /usr/local
DESTDIR ?=
ifeq ($(origin CC),default)
CC = ccache gcc
CXX = ccache g++
endif
export CC CXX

.DEFAULT_GOAL := build
.PHONY: run build test test-long test-threads test-peers bench lint format install web packages packages-test clean

run: build                ## install what is missing, build, serve http://localhost:2283
	IMMICH_MEDIA_LOCATION="$${IMMICH_MEDIA_LOCATION:-$(CURDIR)/data}" build/tintype serve

build: packages web       ## build/tintype, with the web app inside
	@[ -f build/build.ninja ] || meson setup build --buildtype=release -Db_lto=false >build.log 2>&1 \
	  || { cat build.log; rm -f build.log; exit 1; }
	@rm -f build.log
	ninja -C build

test: packages-test web   ## everything, with sanitizers, on both databases
	tests/run

test-long: packages-test web ## every story of the web app, soak, full fuzzing, a million assets
	tests/run --long

test-threads: packages-test web ## data races, by ThreadSanitizer
	tests/threads/run

test-peers: build         ## clients of other makers, from PyPI; skipped where it is not reached
	tests/peers-python/run

bench: build              ## bench/results.md: every figure beside its peer
	@tools/install-packages bench
	bench/run

lint: packages-test web   ## format, static analysis, types; warnings are errors
	tools/lint

format:
	git ls-files 'src/*.[ch]' | xargs clang-format -i

install: build            ## DESTDIR and PREFIX are honoured
	meson install -C build --no-rebuild $(if $(DESTDIR),--destdir $(DESTDIR))

packages:
	@tools/install-packages build

packages-test:
	@tools/install-packages test

web: packages web/dist/index.html

web/node_modules/.installed: web/package-lock.json | packages
	npm --prefix web ci --no-audit --no-fund
	@touch $@

web/dist/index.html: web/node_modules/.installed $(shell find web/src web/public web/index.html web/vite.config.ts src/features -name '*' -type f 2>/dev/null | grep -v '/generated/' | grep -E '^web/|\.api$$')
	npm --prefix web run build

clean:
	rm -rf build build-test web/dist
