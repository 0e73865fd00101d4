# Roots of Debian with nothing else on them, made by debootstrap in memory. Sourced by the scripts that test in one, after packages.sh.

# enter_namespaces "$0" "$@": the script goes on in mount and process namespaces of its own, which end with it, however that ends.
# $work is a folder, and $root in it is where make_debian_root makes one; both are removed at the end. Where no root can be made the
# script ends: in CI it has failed, elsewhere it is skipped.
enter_namespaces() {
  [ -z "${in_namespaces:-}" ] || return 0
  local child= status
  if [ "$(id -u)" -ne 0 ]; then
    no_debian_root "root, to make a root of Debian and to enter it"
  elif ! need_packages debian-archive-keyring debootstrap util-linux >/dev/null 2>&1; then
    no_debian_root "debootstrap, which can't be installed"
  elif ! unshare --mount --pid --fork true 2>/dev/null; then
    no_debian_root "namespaces of its own (unshare --mount --pid), which are not permitted here"
  fi
  work=$(mktemp -d)
  clean_up() {
    trap - EXIT
    [ -z "$child" ] || { kill -KILL "$child" && wait "$child"; } 2>/dev/null || true
    rm -rf --one-file-system "$work"
  }
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  export work root=$work/root in_namespaces=yes
  mkdir "$root"
  # Without its first process nothing of a process namespace is left, and without processes nothing of a mount namespace.
  setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child "$@" &
  child=$!
  wait "$child" && status=0 || status=$?
  child=
  exit "$status"
}

# no_debian_root "what is missing"
no_debian_root() {
  if [ "${CI:-}" = true ]; then
    echo "no root of Debian can be made, and this test must not be skipped in CI: it needs $1" >&2
    exit 1
  fi
  echo "skipped: it needs $1"
  exit 0
}

# Where this machine's packages of Debian come from; nothing: it does not say, and debootstrap has its own.
debian_mirror() {
  apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Origin: Debian' 2>/dev/null | grep -v security | head -1 || true
}

# make_debian_root SUITE: in $root.
make_debian_root() {
  local mirror
  mirror=$(debian_mirror)
  mount -t tmpfs tmpfs "$root"
  debootstrap --variant=minbase "$1" "$root" ${mirror:+"$mirror"} >"$work/debootstrap.log" 2>&1 ||
    no_debian_root "the packages of Debian $1 from ${mirror:-the mirror of debootstrap}: $(tail -1 "$work/debootstrap.log")"
  mount -t proc proc "$root/proc"
  mount -t tmpfs tmpfs "$root/dev/shm"
  mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
}
