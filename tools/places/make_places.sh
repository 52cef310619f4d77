#!/bin/sh
# make_places.sh SOURCE_FOLDER WORK_FOLDER OUT -- fetch the packages of package.json, make places.bin
#
# For the build: the packages go to WORK_FOLDER, nothing is written beside the sources.
set -eu
source=$1 work=$2 out=$3
mkdir -p "$work"
if ! cmp -s "$source/package-lock.json" "$work/package-lock.json" || [ ! -e "$work/.installed" ]; then
    rm -f "$work/.installed"
    cp "$source/package.json" "$source/package-lock.json" "$work/"
    npm ci --prefix "$work" --ignore-scripts --no-audit --no-fund --loglevel=error
    touch "$work/.installed"
fi
exec node "$source/make_places.mjs" "$work/node_modules" "$out"
