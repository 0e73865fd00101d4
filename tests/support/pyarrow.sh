# Installs pyarrow, on which the writer parquet is built where the system has no Arrow, and other people's readers for the tests, at
# pinned versions, into a Python environment below ${XDG_CACHE_HOME:-~/.cache}/jetcapture-tests. Sourced by tests/run.sh, which hands
# $pyarrow_python to CMake as JETCAPTURE_PYTHON. Where it can't be installed its tests are skipped.

pyarrow_packages=(pyarrow==20.0.0 duckdb==1.3.2 python-snappy==0.7.3 cramjam==2.14.0 polars==1.31.0)

pyarrow_python=${XDG_CACHE_HOME:-$HOME/.cache}/jetcapture-tests/pyarrow-20.0.0/bin/python3

install_pyarrow() {
  local folder=${pyarrow_python%/bin/python3} reason
  [ "$(cat "$folder/complete" 2>/dev/null)" = "${pyarrow_packages[*]}" ] && return 0
  echo "Installing ${pyarrow_packages[*]}"
  mkdir -p "$folder"
  if ! reason=$(python3 -m venv "$folder" 2>&1); then
    reason="python3 -m venv does not work (python3-venv): $(tail -1 <<<"$reason")"
  elif ! reason=$("$pyarrow_python" -m pip install --quiet --disable-pip-version-check "${pyarrow_packages[@]}" 2>&1); then
    reason="pip can't install ${pyarrow_packages[*]}: $(tail -1 <<<"$reason")"
  else
    echo "${pyarrow_packages[*]}" >"$folder/complete"
    return 0
  fi
  echo "The writer parquet is not built on pyarrow and its tests are skipped: $reason" >&2
}
