#!/bin/sh
# fuzz/run.sh SECONDS [TARGET…]: looks for new inputs with libFuzzer, so many seconds a target; all targets unless some are named.
# Without a nightly compiler or cargo-fuzz it runs a hundred times the mutations of `make test` on the pinned compiler instead.
cd "$(dirname "$0")/.." || exit
seconds=${1:-60}
[ $# -gt 0 ] && shift
[ $# -eq 0 ] && set -- $(ls fuzz/corpus)
for target in "$@"; do
    [ -d "fuzz/corpus/$target" ] && continue
    echo "error: \`$target\` is no target: there are $(ls fuzz/corpus | xargs)" >&2
    exit 1
done
# The Makefile's choice must not win over +nightly's own cargo.
unset RUSTUP_TOOLCHAIN

if ! cargo +nightly --version >/dev/null 2>&1 || ! cargo fuzz --version >/dev/null 2>&1; then
    echo "· There is no nightly compiler or no cargo-fuzz (\`cargo install cargo-fuzz\`): mutations of the corpora, without coverage"
    for target in "$@"; do
        FUZZ_TARGET=$target FUZZ_SEED=$(date +%s) FUZZ_EXECUTIONS=1000000 \
            cargo test --release --quiet --package fuzz-targets --test bounded -- --nocapture every_target || exit
    done
    exit 0
fi

for target in "$@"; do
    echo "· $target, $seconds s"
    mkdir -p "fuzz/found/$target"
    # New inputs go into the first folder; what breaks goes to fuzz/artifacts.
    cargo +nightly fuzz run "$target" "fuzz/found/$target" "fuzz/corpus/$target" -- \
        -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=64 \
        -print_final_stats=1 || exit
done
