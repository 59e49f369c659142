#!/bin/sh
# Prints the rustup toolchain to use in place of the pinned one, and nothing where the pinned one is here or can be got.
# A machine without rustup has one Rust, and that is used.
cd "$(dirname "$0")/.." || exit
command -v rustup >/dev/null || exit 0
RUSTUP_AUTO_INSTALL=0 cargo --version >/dev/null 2>&1 && exit 0

pinned=$(sed -n 's/^channel = "\(.*\)"$/\1/p' rust-toolchain.toml)
# The same version under another name, as "stable" may be.
for name in $(rustup toolchain list | sed 's/ .*//'); do
    case $(RUSTUP_AUTO_INSTALL=0 rustc "+$name" --version 2>/dev/null) in
        "rustc $pinned "*) echo "$name"; exit 0 ;;
    esac
done

echo "· Installing Rust $pinned" >&2
rustup toolchain install --profile minimal --component rustfmt --component clippy "$pinned" >/dev/null 2>&1 &
install=$!
# Where its server cannot be reached the download hangs.
( sleep 180; kill "$install" ) >/dev/null 2>&1 &
limit=$!
if wait "$install"; then kill "$limit"; exit 0; fi
kill "$limit" 2>/dev/null
other=$(rustup default 2>/dev/null | sed 's/ .*//')
echo "warning: Rust $pinned cannot be had here; $other is used instead, untested" >&2
echo "$other"
