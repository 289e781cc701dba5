# Installation, the source archive, Debian packages. The Makefile includes this.

deps:  ## install what is needed to build and test (Debian, needs root)
	@sudo=; [ "$$(id -u)" = 0 ] || sudo=sudo; \
	 missing=; for p in $(DEPS_BUILD) $(DEPS_CHECK) $(DEPS_PAPER) $(DEPS_DEB); do \
	   dpkg-query -W -f '$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || missing="$$missing $$p"; done; \
	 if [ -n "$$missing" ]; then $$sudo apt-get update -qq && \
	   DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $$missing; fi

# Other programs say #include <stair.h> and ask pkg-config for stair. What they link
# with exports the functions of that header alone: everything that these need is in
# one object, in which all other names are local.
PUBLIC := $L/public/libstair.a
$(PUBLIC): $(LIB) lib/api/stair.h pipelines/package.mk
	@mkdir -p $(@D)
	$(if $Q,@echo "  AR      $@")
	$Q$(CC) -r -nostdlib -o $L/public/stair.o $(patsubst %.c,$B/%.o,$(wildcard lib/api/*.c)) $(LIB)
	@$(OBJCOPY) $$(grep -oE 'stair_[a-z_]+\(' lib/api/stair.h | sed 's/.$$//; s/^/--keep-global-symbol=/') $L/public/stair.o
	@rm -f $@
	@$(AR) rcsD $@ $L/public/stair.o

install: all $(PUBLIC)  ## install tools, pages, pipelines, library and completions under PREFIX
	install -d $(DESTDIR)$(bindir) $(foreach s,1 3 5 7,$(DESTDIR)$(mandir)/man$s) $(DESTDIR)$(datadir)
	install -m 755 $(TOOLS:%=bin/%) $(DESTDIR)$(bindir)
	for f in man/man*/*.[1357]; do install -m 644 $$f $(DESTDIR)$(mandir)/$${f#man/}; done
	install -d $(DESTDIR)$(datadir)/page
	for f in $(filter-out %/top.mk %/package.mk,$(wildcard pipelines/*.* pipelines/page/*)); do \
	  case $$f in *.sh) mode=755 ;; *) mode=644 ;; esac; install -m $$mode $$f $(DESTDIR)$(datadir)/$${f#pipelines/}; done
	install -d $(DESTDIR)$(datadir)/examples $(DESTDIR)$(includedir)
	install -m 644 $(wildcard man/examples/*) $(DESTDIR)$(datadir)/examples
	install -d $(DESTDIR)$(libdir)/pkgconfig $(DESTDIR)$(bashdir) $(DESTDIR)$(zshdir) $(DESTDIR)$(fishdir)
	install -m 644 $(PUBLIC) $(DESTDIR)$(libdir)
	install -m 644 lib/api/stair.h $(DESTDIR)$(includedir)
	printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$(libdir)' 'includedir=$(includedir)' '' 'Name: stair' \
	  'Description: recommendations from the files of the stair programs' 'Version: $(VERSION)' 'Requires: zlib' \
	  'Libs: -L$${libdir} -lstair -lm -ldl -pthread' 'Cflags: -I$${includedir}' \
	  >$(DESTDIR)$(libdir)/pkgconfig/stair.pc
	for t in $(TOOLS); do \
	  { cat tools/completion/stair.bash; echo "complete -F _stair $$t"; } >$(DESTDIR)$(bashdir)/$$t; \
	  sed "s/@TOOL@/$$t/" tools/completion/stair.fish >$(DESTDIR)$(fishdir)/$$t.fish; done
	install -m 644 tools/completion/stair.zsh $(DESTDIR)$(zshdir)/_stair

# Under the same names as the others, so that a pipeline's BIN can be this folder.
install-mpi:  ## build with MPI and install the programs under PREFIX/lib/stair-mpi
	@$(MAKE) --no-print-directory MPI=1 all
	install -d $(DESTDIR)$(mpidir)
	install -m 755 $(TOOLS:%=bin/mpi/%) $(DESTDIR)$(mpidir)

uninstall:  ## remove what install put there
	cd $(DESTDIR)$(bindir) && rm -f $(TOOLS)
	for s in 1 3 5 7; do for f in man/man$$s/*.$$s; do rm -f $(DESTDIR)$(mandir)/man$$s/$${f##*/}; done; done
	rm -f $(DESTDIR)$(libdir)/libstair.a $(DESTDIR)$(libdir)/pkgconfig/stair.pc $(DESTDIR)$(zshdir)/_stair \
	  $(TOOLS:%=$(DESTDIR)$(bashdir)/%) $(TOOLS:%=$(DESTDIR)$(fishdir)/%.fish)
	rm -f $(DESTDIR)$(includedir)/stair.h
	rm -rf $(DESTDIR)$(datadir) $(DESTDIR)$(mpidir)

# In a checkout the files that git knows, in an unpacked archive all files but
# those that were built.
dist:  ## pack the sources into stair-VERSION.tar.gz
	@mkdir -p build
	@{ git ls-files 2>/dev/null || find . -type f -not -path './build/*' -not -path './bin/*' -not -path './runs/*' \
	   -not -name '*.tar.gz' | sed 's|^\./||'; } | LC_ALL=C sort | \
	 tar --create --files-from=- --mtime=@0 --owner=0 --group=0 --numeric-owner --mode=go=rX,u+rw \
	   --transform='s|^|stair-$(VERSION)/|' | gzip -9n >build/stair-$(VERSION).tar.gz
	@echo build/stair-$(VERSION).tar.gz

# Packages are built in build/deb from the packed sources and pipelines/debian.
# The build does not run the tests: `make check` does.
deb: dist  ## build Debian packages and have lintian read them
	rm -rf build/deb
	mkdir -p build/deb
	cp build/stair-$(VERSION).tar.gz build/deb/stair_$(VERSION).orig.tar.gz
	tar -C build/deb -xf build/stair-$(VERSION).tar.gz
	cp -R pipelines/debian build/deb/stair-$(VERSION)/debian
	cd build/deb/stair-$(VERSION) && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL \
	  DEB_BUILD_OPTIONS="$${DEB_BUILD_OPTIONS:-nocheck}" dpkg-buildpackage -us -uc
	cd build/deb && lintian --allow-root --fail-on error,warning *.changes

.PHONY: deps install install-mpi uninstall dist deb
