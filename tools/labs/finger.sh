# shellcheck shell=sh
# `./dev lab finger`: the libfprint driver on the library's own virtual image device. Debian's libfprint has it, so no
# reader and no rights are needed. Synthetic prints go through a Unix socket into the library and come out of the
# driver: list, capture, two captures that match, cancel, deadline, finger lifted early, retries, faults, a lost claim,
# reopening, the conformance suite, unplugging. A line for each check, then one JSON line on stdout.
#
# Sourced by ./dev, which gives: root, build_packages, set_up, say, die. The first build takes some minutes more than
# the ordinary one (GLib's bindings and some dependencies once more: ten minutes on two busy cores); the checks 20 s.

# shellcheck disable=SC2154 # build_packages comes from ./dev
set_up "$build_packages libfprint-2-dev libglib2.0-dev"
say "dev: building devices with the feature fprint"
cargo build --locked -p devices -p sim --features devices/fprint --tests >&2
say "dev: libfprint $(pkg-config --modversion libfprint-2)"
status=0
cargo test --locked -q -p devices -p sim --features devices/fprint --test libfprint || status=$?
if [ "$status" -ne 0 ]; then die "some checks of lab finger failed"; fi
