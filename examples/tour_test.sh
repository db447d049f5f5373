# shellcheck shell=bash
# What the tests of the tours share: runs an example's `run` once as its user would, on ports of its own, and holds what it
# says against what it should.
failures=0

# run_tour EXAMPLE PORT...: the example's files with free ports in the place of these; `said` is what it said. The first
# free port is `base`.
run_tour() {
  local example="$1" tree="$TEST_TMPDIR/tree" changes="" port number=0
  shift
  mkdir -p "$tree/examples"
  cp -rL examples/tour.sh "examples/$example" "$tree/examples/"
  export WEIR_BIN="$PWD/source/exe"
  unset WEIR_CONTROL WEIR_CONTROL_CA_BUNDLE WEIR_CONTROL_TOKEN_FILE
  for _ in $(seq 50); do
    base=$((20000 + RANDOM % 12000))
    local taken=false
    for port in $(seq "$base" $((base + $# - 1))); do
      if (exec 3<> "/dev/tcp/127.0.0.1/$port") 2>/dev/null; then taken=true; fi
    done
    $taken || break
  done
  for port in "$@"; do
    changes+="s/\\b$port\\b/$((base + number))/g;"
    [ "$port" = 18000 ] && export WEIR_CONTROL="127.0.0.1:$((base + number))"
    number=$((number + 1))
  done
  find "$tree/examples/$example" -name '*.yaml' -o -name run | xargs sed -i -E "$changes"
  said="$TEST_TMPDIR/said.txt"
  "$tree/examples/$example/run" --once > "$said" 2>&1 || { cat "$said"; exit 1; }
}

expect() {
  if ! grep -qE "$1" "$said"; then
    printf 'not said: %s\n' "$1"
    failures=$((failures + 1))
  fi
}

end_of_test() {
  [ "$failures" -eq 0 ] || { cat "$said"; exit 1; }
  printf 'the tour says what it should\n'
}
