#!/bin/bash
# The tour of the sidecars, on ports of its own.
set -euo pipefail
. examples/tour_test.sh
run_tour mtls-sidecars 10091 10092 10101 10102 18001 9911 9912

expect '^ +r1 in force, 4 changes'
expect '^ +three orders$'
expect '^ +x-caller: spiffe://demo.example/demo/shop'
expect 'without a certificate: refused$'
expect 'with a certificate of /demo/stranger: refused$'
expect 'with a certificate of /demo/shop: three orders$'
expect 'in clear text: refused$'
expect 'the identity /demo/shop is not for node "orders-2"'
expect 'the new root signs; the old one is still trusted$'
expect 'without an answer of 200: 0$'
expect '^ +trust domain +demo.example$'
expect 'both are back, and shop still gets: three orders$'
expect '^ +(shop|orders)-1 +secret +applied '
# Serial numbers of both, before and after, all of them different.
serials=$(grep -E '^  shop shows [0-9a-f]+, orders shows [0-9a-f]+$' "$said" | tr -d ',' | awk '{ print $3; print $6 }' | sort -u | wc -l)
if [ "$serials" -ne 4 ]; then
  printf '%s serial numbers were seen instead of 4\n' "$serials"
  failures=$((failures + 1))
fi
# No key and no token is said.
if grep -qE 'PRIVATE KEY|weir1\.' "$said"; then
  printf 'a secret was said\n'
  failures=$((failures + 1))
fi
end_of_test
