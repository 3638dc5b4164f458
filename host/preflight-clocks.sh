# Asks every host for its time, side by side. A line a host: NAME MILLISECONDS UNCERTAINTY, ahead of the clock here.

create() {
  local name
  for name in $(awk '{ print $1 }' <<<"$KC_HOSTS"); do
    measure "$name" >"$kc_dir/clock.$name" &
  done
  wait
  for name in $(awk '{ print $1 }' <<<"$KC_HOSTS"); do
    [[ -s $kc_dir/clock.$name ]] || fail "$name did not tell its time"
    result "$(<"$kc_dir/clock.$name")"
  done
}

measure() {
  local before there after
  before=$(date +%s%3N)
  there=$(on "$1" 30 <<<'date +%s%3N')
  after=$(date +%s%3N)
  echo "$1 $((there - (before + after) / 2)) $(((after - before + 1) / 2))"
}
