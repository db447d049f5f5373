#!/bin/bash
# Runs the tour once as its user would, on ports of its own, and holds what it says against what it should.
set -euo pipefail
tree="$TEST_TMPDIR/tree"
mkdir -p "$tree/examples"
cp -rL examples/quickstart "$tree/examples/"
export WEIR_BIN="$PWD/source/exe"
unset WEIR_CONTROL

# Five free ports in the place of those in the files.
base=0
for _ in $(seq 50); do
  base=$((20000 + RANDOM % 12000))
  taken=false
  for port in $(seq "$base" $((base + 4))); do
    if (exec 3<> "/dev/tcp/127.0.0.1/$port") 2>/dev/null; then taken=true; fi
  done
  $taken || break
done
sed -i -E "s/\b10000\b/$base/g; s/\b10081\b/$((base + 1))/g; s/\b10082\b/$((base + 2))/g; s/\b9901\b/$((base + 3))/g; s/\b18000\b/$((base + 4))/g" \
  "$tree"/examples/quickstart/run "$tree"/examples/quickstart/*.yaml "$tree"/examples/quickstart/resources/*.yaml
export WEIR_CONTROL="127.0.0.1:$((base + 4))"

said="$TEST_TMPDIR/said.txt"
"$tree/examples/quickstart/run" --once > "$said" 2>&1 || { cat "$said"; exit 1; }

failures=0
expect() {
  if ! grep -qE "$1" "$said"; then
    printf 'not said: %s\n' "$1"
    failures=$((failures + 1))
  fi
}
expect '^ +r1 in force, 6 changes'
expect 'without an answer of 200: 0$'
expect '^ +r2 in force, 1 change$'
expect '"grene".*did you mean "?green"?'
expect '^ +refused; revision r2 stays in force'
expect '^ +quickstart +listener +applied .* weir [0-9.]+'
# Four times a thousand requests were counted, by who answered.
for colour in blue green; do
  times=$(grep -cE "^ +[0-9]+ $colour$" "$said") || true
  if [ "$times" -ne 4 ]; then
    printf '%s answered in %s counts instead of 4\n' "$colour" "$times"
    failures=$((failures + 1))
  fi
done
total=$(awk '/^ +[0-9]+ (blue|green)$/ { sum += $1 } END { print sum }' "$said")
if [ "$total" -ne 4000 ]; then
  printf '%s of 4000 requests were answered\n' "$total"
  failures=$((failures + 1))
fi
[ "$failures" -eq 0 ] || { cat "$said"; exit 1; }
printf 'the tour of the quickstart says what it should\n'
