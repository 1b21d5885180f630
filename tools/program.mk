# SPDX-License-Identifier: GPL-2.0
#
# How anything in tools/ is built, tested and installed. The Makefile of a folder includes this,
# after
#
#	program  := what it is installed as, if it is a program
#	sources  := its C files, without .c, in reading order; a program has main among them
#	packages := the libraries that it needs, by their names of pkg-config
#	left_out := unit tests of what cannot be built here
#	instead_of := units of other packages that start only where this daemon does not serve
#	exposure := what systemd-analyze security may say of its unit, times ten; 20 if it is not given
#
# What lies beside that is taken as found: NAME.1 and NAME.8 are manual pages, NAME.service.in and
# NAME.socket are units of systemd, and each unit/NAME.c is a unit test. A program is linked with the objects of its
# folder and with lib; so is a test, but for main.o.

tools		:= $(patsubst %/,%,$(dir $(abspath $(lastword $(MAKEFILE_LIST)))))
name		:= $(notdir $(CURDIR))

O		?= $(tools)/build
override O	:= $(abspath $(O))
CC		?= gcc
CFLAGS		?= -O2 -g
PREFIX		?= /usr
PKG_CONFIG	?= pkg-config

# The driver's version is ours.
VERSION		:= $(shell sed -n 's/^MODULE_VERSION("\(.*\)");/\1/p' $(tools)/../drivers/hv_ic/main.c)

# Unit tests are everything once more with sanitizers, below $(O)/unit.
ifdef SANITIZE
packages	+= cmocka
sanitize	:= -O1 -fsanitize=address,undefined -fno-sanitize-recover=all
endif

override CFLAGS	+= -std=gnu11 -D_GNU_SOURCE -DHVIC_VERSION='"$(VERSION)"' -MMD -MP -Wall -Wextra \
		   -I. -I$(tools)/lib -I$(tools)/../include/uapi $(sanitize) \
		   $(if $(packages),$(shell $(PKG_CONFIG) --cflags $(packages) 2>/dev/null))
LIBS		 = $(if $(packages),$(shell $(PKG_CONFIG) --libs $(packages)))

out		:= $(O)/$(name)
manuals		:= $(wildcard *.[1-8] man/*.[1-8])
services	:= $(patsubst %.in,$(out)/%,$(wildcard *.service.in))
stand_back	:= $(if $(instead_of),$(out)/stand-back.conf)
tests		:= $(filter-out unit bus $(left_out),$(patsubst unit/%.c,%,$(wildcard unit/*.c)))

# All objects but the program's main(), and what other folders share.
archive		:= $(if $(sources),$(out)/$(name).a)
library		:= $(O)/lib/lib.a
# What tests share; a played bus is for those that have libsystemd.
unit_helper	:= $(O)/lib/unit/unit.o $(if $(filter libsystemd,$(packages)),$(O)/lib/unit/bus.o)

all: $(archive) $(program:%=$(out)/%) $(services) $(stand_back)

# --- Build. ---------------------------------------------------------------------------------

$(out)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) -c $< -o $@

# The list of sources may be another one than last time.
$(out)/$(name).a: $(patsubst %,$(out)/%.o,$(filter-out main,$(sources))) Makefile
	$(RM) $@
	$(AR) rcs $@ $(filter %.o,$^)

$(program:%=$(out)/%): $(out)/main.o $(archive) $(library)
	$(CC) $(CFLAGS) $(LDFLAGS) $^ $(LIBS) -o $@

# PREFIX may be another one than last time.
$(out)/%.service: %.service.in FORCE
	@mkdir -p $(@D)
	sed 's|@PREFIX@|$(PREFIX)|' $< >$@

# The service is called as the daemon is, without the d.
$(stand_back): $(tools)/data/systemd/stand-back.conf.in Makefile
	@mkdir -p $(@D)
	sed 's|@PROGRAM@|$(program)|; s|@SERVICE@|$(name:%d=%)|' $< >$@

# The library knows best when it is up to date.
ifneq ($(name),lib)
$(library) $(unit_helper): FORCE
	@$(MAKE) -C $(tools)/lib O=$(O) $@
endif

# --- Unit tests. ------------------------------------------------------------------------------

unit: all
	@$(MAKE) O=$(O)/unit SANITIZE=yes run-tests

run-tests: $(tests:%=$(out)/unit/%.test)
	@status=0; for test in $^; do \
		echo "# $${test#$(O)/}"; \
		CMOCKA_MESSAGE_OUTPUT=TAP $$test || status=1; \
	done; \
	exit $$status

$(out)/unit/%.test: $(out)/unit/%.o $(unit_helper) $(archive) $(library)
	$(CC) $(CFLAGS) $^ $(LIBS) -pthread -o $@

$(out)/unit/%.o: override CFLAGS += -I$(tools)/lib/unit \
	-DHVIC_SPEC='"$(tools)/../Documentation/netlink/specs/hv_ic.yaml"'

# --- Manual pages and units of systemd. ---------------------------------------------------------

# Copies, since systemd wants to find the program, which need not be installed here.
verified	:= $(patsubst $(out)/%,$(out)/verify/%,$(services)) \
		   $(patsubst %,$(out)/verify/%,$(wildcard *.socket))

$(out)/verify/%.service: $(out)/%.service
	@mkdir -p $(@D)
	sed 's|^ExecStart=$(PREFIX)/sbin/$(program)$$|ExecStart=/bin/true|' $< >$@

$(out)/verify/%.socket: %.socket
	@mkdir -p $(@D)
	cp $< $@

lint: $(services) $(verified)
	$(if $(manuals),mandoc -Tlint -W warning $(manuals))
	@for page in $(manuals); do \
		warnings=$$(LC_ALL=C.UTF-8 man --warnings -Tutf8 -Z -l $$page 2>&1 >/dev/null); \
		[ -z "$$warnings" ] || { echo "$$warnings"; exit 1; }; \
	done
	@for service in $(services); do \
		report=$$(systemd-analyze security --offline=true --threshold=$(or $(exposure),20) $$service) || \
			{ echo "$$report"; exit 1; }; \
	done
	@for unit in $(verified); do \
		report=$$(systemd-analyze verify --man=no --recursive-errors=no $$unit 2>&1) || \
			{ echo "$$report"; exit 1; }; \
	done

# --- Installation. ------------------------------------------------------------------------------

prefix		:= $(DESTDIR)$(PREFIX)
section		 = $(patsubst .%,%,$(suffix $(1)))

# MODE:FILE:PLACE of each file; a program with a page in section 8 is for the administrator.
installed	+= $(foreach file,$(program),755:$(out)/$(file):$(prefix)/$(if $(wildcard *.8),sbin,bin)/$(file))
installed	+= $(foreach page,$(manuals),644:$(page):$(prefix)/share/man/man$(call section,$(page))/$(notdir $(page)))
installed	+= $(foreach service,$(services),644:$(service):$(prefix)/lib/systemd/system/$(notdir $(service)))
installed	+= $(foreach socket,$(wildcard *.socket),644:$(socket):$(prefix)/lib/systemd/system/$(socket))
installed	+= $(foreach unit,$(instead_of),644:$(stand_back):$(prefix)/lib/systemd/system/$(unit).service.d/50-hv-ic.conf)

define newline


endef

install: all
	$(foreach file,$(installed),install -D -m $(subst :, ,$(file))$(newline))

# Folders of ours, in .../hv_ic, go when they are empty: from a file's upwards.
own_folder	 = $(if $(findstring /hv_ic/,$(1)),$(patsubst %/,%,$(dir $(1))))

uninstall:
	$(foreach file,$(installed),$(RM) $(lastword $(subst :, ,$(file)))$(newline))
	$(foreach folder,$(sort $(foreach file,$(installed),$(call own_folder,$(lastword $(subst :, ,$(file)))))), \
		[ ! -d $(folder) ] || rmdir -p --ignore-fail-on-non-empty $(folder)$(newline))

FORCE:

.PHONY: all unit run-tests lint install uninstall FORCE
.PRECIOUS: $(out)/%.o $(out)/unit/%.o

-include $(wildcard $(out)/*.d $(out)/unit/*.d)
