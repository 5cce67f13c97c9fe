#!/bin/sh
# Installs facebridge for C and C++: ./install.sh [PREFIX], by default /usr/local. DESTDIR is honoured.
set -eu

here=$(cd -- "$(dirname -- "$0")" && pwd)
prefix=${1:-/usr/local}
case $prefix in
    /*) ;;
    *) echo "install.sh: say the full path of the prefix, not $prefix" >&2; exit 2 ;;
esac
target=${DESTDIR:-}$prefix

cd -- "$here"
find include lib share -type d -exec sh -c '
    target=$1; shift
    for folder do mkdir -p -- "$target/$folder"; done' sh "$target" {} +
find include lib share -type f -exec sh -c '
    target=$1; shift
    for file do install -m 644 -- "$file" "$target/$file"; done' sh "$target" {} +
find include lib share -type l -exec sh -c '
    target=$1; shift
    for link do rm -f -- "$target/$link"; cp -P -- "$link" "$target/$link"; done' sh "$target" {} +

echo "facebridge is installed in $prefix"
if [ -z "${DESTDIR:-}" ] && [ "$(id -u)" = 0 ] && command -v ldconfig >/dev/null 2>&1; then
    ldconfig
fi
