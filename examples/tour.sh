# shellcheck shell=bash
# What the tours of the examples share; read by their `run`. Sets `scratch`, a folder that goes with everything that was
# started: programs whose pid is added to `pids`.
scratch="$(mktemp -d)"
pids=()
finish() {
  trap - EXIT INT TERM
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$scratch"
}
trap finish EXIT
trap 'exit 130' INT TERM

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
show() { printf '  $ %s\n' "$*"; "$@" 2>&1 | sed 's/^/    /'; }
fail() {
  printf '%s\n' "$*" >&2
  tail -n 20 "$scratch"/*.log >&2
  exit 1
}

# Waits until an address answers, 10 s at most.
await() {
  for _ in $(seq 100); do
    if curl -sf -o /dev/null --max-time 1 "$1"; then return 0; fi
    sleep 0.1
  done
  fail "$1 does not answer"
}

need_ports() {
  for port in "$@"; do
    if (exec 3<> "/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      printf 'port %s of 127.0.0.1 is in use; this example needs the ports %s\n' "$port" "$*" >&2
      exit 1
    fi
  done
}
