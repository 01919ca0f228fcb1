# Every task starts here, and every target installs what it needs. demo, test and CI share one build folder outside the
# clone, so a second clone compiles only what has changed.
CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/release-capsule
BUILD ?= $(CACHE)/build
export CAPSULE_TOOLS ?= $(CACHE)/tools
export PATH := $(CAPSULE_TOOLS)/bin:$(PATH)
export CAPSULE_TEST_PYTHON ?= $(CAPSULE_TOOLS)/python/bin/python
# Every module imports what Package.swift declares for it, and nothing else.
SWIFT_FLAGS = --scratch-path $(BUILD) --explicit-target-dependency-import-check error
# The runtime of C++ is linked statically, too, where the compiler has it in that form: loading it takes an eighth of a start.
STATIC_CXX = $(BUILD)-release/c++
RELEASE_FLAGS = --scratch-path $(BUILD)-release -c release --static-swift-stdlib -Xlinker -s \
	-Xswiftc -Xclang-linker -Xswiftc -L$(STATIC_CXX)
# Git settings of the machine must not reach the tests' own repositories. Many tests start real programs and have
# deadlines; with only four tests at a time, the deadlines are long enough on a small machine.
TEST_ENV = env -u GIT_DIR -u GIT_WORK_TREE -u GIT_INDEX_FILE SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH=4

.DEFAULT_GOAL := help
.PHONY: help demo build test check format docs library api sanitize fuzz faults bench image image-test clean

help: ## Show the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

demo: ## Promote the example release through three stages, without a server
	@scripts/bootstrap build
	@echo "building capsule (the first time takes a minute or two)" >&2
	@swift build $(SWIFT_FLAGS) --product capsule -q
	@CAPSULE="$$(swift build $(SWIFT_FLAGS) --show-bin-path -q)/capsule" scripts/demo

build: ## Compile an optimised ./capsule
	@scripts/bootstrap build
	@mkdir -p $(STATIC_CXX) && ln -sf "$$(clang -print-file-name=libstdc++.a)" $(STATIC_CXX)/
	swift build $(RELEASE_FLAGS) --product capsule
	cp "$$(swift build $(RELEASE_FLAGS) --show-bin-path)/capsule" capsule

test: ## Run every test
	@scripts/bootstrap test
	swift build $(SWIFT_FLAGS) --build-tests
	$(TEST_ENV) scripts/run-tests swift test $(SWIFT_FLAGS) --skip-build --disable-xctest

check: ## Check the formatting, the repository's own rules and the drawing of the modules
	@scripts/bootstrap build
	swift format lint --strict --recursive Sources Tests Fuzz Examples Package.swift
	scripts/check
	scripts/graph --check

format: ## Format the code
	swift format --in-place --recursive Sources Tests Fuzz Examples Package.swift

docs: ## Build the documentation of the library products into ./documentation
	@scripts/bootstrap build
	@echo "compiling the modules (the first time takes a minute or two)" >&2
	@swift build $(SWIFT_FLAGS) --product capsule -q
	scripts/docs $(BUILD) documentation

library: ## Build Examples/library against the products, as any other package would, and run it
	@scripts/bootstrap build
	@swift build $(SWIFT_FLAGS) --product capsule -q
	@LIBRARY_BUILD=$(BUILD)-library CAPSULE="$$(swift build $(SWIFT_FLAGS) --show-bin-path -q)/capsule" scripts/library-example

api: ## Compare the public symbols of the library products with those of the last tag
	scripts/api $(BUILD)-api

sanitize: ## Check memory accesses of the code that calls C or parses untrusted input
	@scripts/bootstrap sanitize
	SANITIZE_BUILD=$(BUILD)-sanitize MEMCHECK_BUILD=$(BUILD)-memcheck scripts/sanitize

fuzz: ## Search for input that breaks a parser, for FUZZ_SECONDS (600) in total
	@scripts/bootstrap build
	FUZZ_BUILD=$(BUILD)-fuzz scripts/fuzz

faults: ## Kill and fail commands at every step, FAULTS_TRIALS (40) times each, and count what is lost; ROWS chooses some
	@scripts/bootstrap faults
	@swift build $(SWIFT_FLAGS) --product capsule -q
	@CAPSULE="$$(swift build $(SWIFT_FLAGS) --show-bin-path -q)/capsule" scripts/faults $(ROWS)

bench: build ## Compare with oras, skopeo, tar, a shell script and, with EARLIER=FILE, an earlier capsule
	@scripts/bootstrap bench
	Benchmarks/run $(BENCH)

image: build ## Build a container image of the service into ./image, an OCI layout, and test it
	rm -rf image image-again
	scripts/image capsule image "$$(./capsule --version)"
	scripts/image capsule image-again "$$(./capsule --version)" >/dev/null
	cmp image/index.json image-again/index.json && rm -rf image-again
	$(if $(filter 0,$(shell id -u)),,sudo -E) scripts/image-test image "$$(./capsule --version)"

image-test: ## Build the image of the debug program twice, with ssh, compare and test it, and remove it
	@scripts/bootstrap build
	@swift build $(SWIFT_FLAGS) --product capsule -q
	rm -rf $(CACHE)/image $(CACHE)/image-again
	libraries="$$(swift -print-target-info | sed -n '/runtimeLibraryPaths/,/]/s/ *"\(\/.*\)".*/\1/p' | head -1)"; \
	for name in image image-again; do \
	    scripts/image "$$(swift build $(SWIFT_FLAGS) --show-bin-path -q)/capsule" $(CACHE)/$$name test --ssh --libraries "$$libraries"; \
	done
	cmp $(CACHE)/image/index.json $(CACHE)/image-again/index.json
	$(if $(filter 0,$(shell id -u)),,sudo -E) scripts/image-test $(CACHE)/image test
	rm -rf $(CACHE)/image $(CACHE)/image-again

clean: ## Remove the build folders
	rm -rf $(BUILD) $(BUILD)-release $(BUILD)-sanitize $(BUILD)-memcheck $(BUILD)-fuzz $(BUILD)-library $(BUILD)-api \
	    .build capsule documentation image image-again
