# The only knobs of the build. Override on the command line: make CC=clang

VERSION = 0.1.0
CC = cc
AR = ar
OBJCOPY = objcopy
# run on each program; STRIP=true leaves the symbols in
STRIP = strip
PREFIX = /usr/local
DESTDIR =
bindir = $(PREFIX)/bin
mandir = $(PREFIX)/share/man
datadir = $(PREFIX)/share/stair
libdir = $(PREFIX)/lib
mpidir = $(PREFIX)/lib/stair-mpi
includedir = $(PREFIX)/include
bashdir = $(PREFIX)/share/bash-completion/completions
zshdir = $(PREFIX)/share/zsh/site-functions
fishdir = $(PREFIX)/share/fish/vendor_completions.d

# Optimisation; -ffp-contract=off and the absence of -ffast-math are part of
# the determinism contract (stair-numerics(7)) and are set in the Makefile.
OPT = -O2 -g

# WERROR=1 (CI) turns warnings into errors; SAN=1 builds with AddressSanitizer
# and UBSan under build/san; CUDA=1 adds the CUDA engine; MPI=1 builds programs
# for mpirun into bin/mpi.
WERROR =
SAN =
CUDA =
MPI =

# For MPI=1: the compiler of any MPI 3.
MPICC = mpicc

# For CUDA=1: where it is installed, and for which compute capabilities code is
# built (80 is 8.0; the last one also serves later ones).
CUDA_HOME = /usr/local/cuda
NVCC = $(CUDA_HOME)/bin/nvcc
CUDA_ARCH = 80 86 89 90 100 120

# `make fuzz` runs each target this long.
FUZZ_SECONDS = 60

# Debian packages: to build, and those the tests use when they are there.
DEPS_BUILD = gcc make zlib1g-dev libopenblas0
DEPS_CHECK = python3-numpy python3-scipy mandoc libopenmpi-dev openmpi-bin
# `make deb` builds packages with these.
DEPS_DEB = debhelper dpkg-dev lintian
# and what draws the figures of `make paper`.
DEPS_PAPER = gnuplot-nox
