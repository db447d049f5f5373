#!/bin/bash
# The tour of the quickstart, on ports of its own.
set -euo pipefail
. examples/tour_test.sh
run_tour quickstart 10000 10081 10082 9901 18000

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
end_of_test
