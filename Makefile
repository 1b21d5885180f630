# SPDX-License-Identifier: GPL-2.0
#
# Verbs for people; the kernel's build system reads Kbuild. `make help` lists what there is.

SHELL		:= /bin/bash
.SHELLFLAGS	:= -o pipefail -c

TESTING		:= tools/testing
PACKAGING	:= tools/packaging

# The headers to build against: the running kernel's, else the newest that are installed.
RUNNING		:= $(patsubst %/Makefile,%,$(wildcard /lib/modules/$(shell uname -r)/build/Makefile))
INSTALLED	:= $(patsubst %/Makefile,%,$(lastword $(shell ls /lib/modules/*/build/Makefile 2>/dev/null | sort -V)))
KDIR		?= $(or $(RUNNING),$(INSTALLED))

# What to install where there are none: each distribution has a package for the kernel that runs.
define no_headers
no kernel headers here; install them, with gcc, or name a built kernel by make KDIR=...:
  Debian, Ubuntu:  apt install gcc linux-headers-$(1)
  Fedora, RHEL:    dnf install gcc kernel-devel-$(1)
  openSUSE:        zypper install gcc kernel-$(lastword $(subst -, ,$(1)))-devel
endef
modules: export NO_HEADERS = $(call no_headers,$(shell uname -r))

# The kernel's name for itself, which is that of its folder in /lib/modules.
RELEASE		= $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h)

# The kernel to test on (5.10, 6.1, 6.12, 7.2, debug), the driver to test (hv_ic, hv_utils), the names of
# the cases (all of them), and the guest (small, or debian12, debian13, debian12-packages and
# debian13-packages).
KERNEL		?= $(if $(findstring debian13,$(GUEST)),6.12,6.1)
PEER		?= hv_ic
T		?=
GUEST		?= small

# How long make soak goes on with what it picks at random, and from where it begins.
MINUTES		?= 60
SEED		?=

# The rows to measure, by how their names begin (all of them), and where else the figures go.
ROW		?=
O		?=

.PHONY: modules
modules: ## build the module for KDIR=..., by default for the running kernel (V=1, W=1, LLVM=1 as usual)
	@[ -n "$(KDIR)" ] || { echo "$$NO_HEADERS"; exit 1; }
	@[ -e "$(KDIR)/Makefile" ] || { echo '$(KDIR) is not a kernel to build against: see KDIR=...'; exit 1; }
	@[ "$(KDIR)" != "$(INSTALLED)" ] || [ -n "$(RUNNING)" ] || echo 'no headers for the running kernel: building against $(KDIR)'
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

.PHONY: tools
tools: ## build the programs for the guest, their manual pages and rules
	$(MAKE) -C tools

.PHONY: compile_commands.json
compile_commands.json: modules ## how each C file is compiled, for editors and clangd
	@$(TESTING)/compile_commands $(KDIR) >$@.new && mv $@.new $@

.PHONY: deps
deps: ## install what the verbs need (Debian 12)
	@$(TESTING)/deps

.PHONY: check
check: ## style, types, layers, warnings: anything that can be said without running the code
	@$(TESTING)/check/check

.PHONY: unit
unit: ## unit tests in user space, with sanitizers: the parsers, the programs, the test host
	@for part in '$(TESTING)/kunit run' '$(TESTING)/hvhost unit' 'tools unit'; do \
		$(MAKE) -s $(if $(findstring -j,$(MAKEFLAGS)),,-j$$(nproc)) -C $$part || echo "not ok - $$part"; \
	done | $(TESTING)/tap

.PHONY: coverage
coverage: ## lines of the parsers that the unit tests reach
	@$(MAKE) -s -C $(TESTING)/kunit coverage

.PHONY: fuzz
fuzz: ## the parsers on what nobody would send, each for SECONDS=30 or MINUTES=, or T=name... of them
	@$(MAKE) -s -C $(TESTING)/fuzz run $(if $(T),T='$(T)') $(if $(filter command%,$(origin MINUTES)),MINUTES=$(MINUTES)) | \
		$(TESTING)/tap

.PHONY: kunit
kunit: ## KUnit suites in the debug kernel (KASAN, lockdep, kmemleak, UBSAN), in QEMU; also for ARCH=arm64
	@$(TESTING)/vm/kunit $(filter arm64,$(ARCH)) | $(TESTING)/tap

.PHONY: e2e
e2e: ## whole-system tests on the test host: KERNEL=5.10|6.1|6.12|7.2|debug, PEER=hv_ic|hv_utils, T=name..., GUEST=small|debian12|debian13|debian12-packages|debian13-packages
	@GUEST=$(GUEST) $(TESTING)/e2e/run $(KERNEL) $(PEER) $(T) | $(TESTING)/tap

.PHONY: bench
bench: deps ## hv_ic and its daemons beside hv_utils and Debian's, in figures: KERNEL=, ROW=name, O=folder
	@$(TESTING)/bench/run $(KERNEL) '$(ROW)' '$(O)'

.PHONY: dkms-test
dkms-test: ## add, build and install by dkms in a scratch tree, and load the result in a guest
	@$(TESTING)/dkms/test | $(TESTING)/tap

.PHONY: deb-test
deb-test: ## the packages: build, lint, install, upgrade, remove and purge them in a copy of this system; a release
	@{ $(TESTING)/packages/test; $(TESTING)/packages/release; } | $(TESTING)/tap

.PHONY: test
test: deps ## most of the above in about an hour, with a summary; make soak has what takes longer
	@$(TESTING)/test

.PHONY: soak
soak: deps ## the whole suite and random orders and messages on the debug kernel: MINUTES=60, SEED=
	@MINUTES='$(MINUTES)' SEED='$(SEED)' $(TESTING)/soak

.PHONY: demo
demo: deps ## a guest and every service at its work (PEER=hv_utils: the old driver; DAEMONS=debian: the old daemons)
	@$(TESTING)/demo/demo $(or $(PEER),hv_ic) $(DAEMONS)

.PHONY: shell
shell: ## a guest (KERNEL=, PEER=, GUEST=) and a prompt on its host
	@$(TESTING)/shell $(KERNEL) $(PEER) $(GUEST)

# Each make that is called would take it from its own folder.
STAGE		= $(and $(DESTDIR),$(abspath $(DESTDIR)))

# The kernel's own makefiles leave this to where there is a System.map, as Debian's headers have none. A
# folder that does not hold the kernel is no system that could load the module.
depmod		= [ ! -e $(STAGE)/lib/modules/$(RELEASE)/modules.order ] || \
		  depmod $(if $(STAGE),-b $(STAGE)) $(RELEASE)

.PHONY: install
install: modules tools ## install the module for KDIR, and the programs (DESTDIR=, PREFIX=/usr)
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_PATH=$(STAGE) modules_install
	$(depmod)
	$(MAKE) -C tools install DESTDIR=$(STAGE)

.PHONY: uninstall
uninstall: ## remove what make install has installed (same KDIR, DESTDIR and PREFIX)
	rm -f $(STAGE)/lib/modules/$(RELEASE)/{updates,extra}/{drivers/hv_ic/hv_ic,kunit/hv_ic_kunit}.ko{,.gz,.xz,.zst}
	cd $(STAGE)/lib/modules/$(RELEASE) && \
		rmdir -p --ignore-fail-on-non-empty {updates,extra}/{drivers/hv_ic,kunit} 2>/dev/null || true
	$(depmod)
	$(MAKE) -C tools uninstall DESTDIR=$(STAGE)

.PHONY: dkms-install
dkms-install: ## install the module by dkms, for these and later kernels (KVER="...", by default each with headers)
	@$(PACKAGING)/dkms install $(KVER)

.PHONY: dkms-remove
dkms-remove: ## remove the module that make dkms-install has installed, from all kernels
	@$(PACKAGING)/dkms remove

.PHONY: deb
deb: ## build the Debian packages, in O=tools/packaging/build
	@$(PACKAGING)/deb

.PHONY: rpm
rpm: ## build the packages for Fedora and its relatives from the spec, likewise
	@$(PACKAGING)/rpm/build

.PHONY: dist
dist: ## pack what is committed, with its SHA-256, likewise
	@$(PACKAGING)/dist

.PHONY: tag
tag: ## tag the last commit as the release of its version
	@$(PACKAGING)/tag

.PHONY: clean
clean: ## remove what was built in the tree (what tests keep is in ~/.cache/hv_ic)
	@$(RM) -r compile_commands.json $(PACKAGING)/build
	@[ -z "$(KDIR)" ] || $(MAKE) -s -C $(KDIR) M=$(CURDIR) clean
	@$(MAKE) -s -C tools clean
	@$(MAKE) -s -C $(TESTING)/kunit clean
	@$(MAKE) -s -C $(TESTING)/fuzz clean
	@$(MAKE) -s -C $(TESTING)/hvhost clean
	@$(MAKE) -s -C $(TESTING)/e2e clean
	@$(MAKE) -s -C $(TESTING)/bench clean

.PHONY: help
help: ## this list
	@sed -nE 's/^([a-z0-9_.-]+):[^#]*## (.*)/  \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 26
