#!/bin/sh
# Compiles the workspace's own crates with the counters that libFuzzer reads (SanitizerCoverage). Cargo runs it in place
# of rustc for members of the workspace only, so dependencies are those of the ordinary build. Used by `./dev fuzz`.
for argument in "$@"; do
    # A build script runs without libFuzzer, which has the counters' functions.
    if [ "$argument" = build_script_build ]; then exec "$@"; fi
done
exec "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares
