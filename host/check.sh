# What a script's check() uses: it compares this host with what the script's create() writes, and changes nothing. It
# prints `differs SUBJECT: TEXT` for each difference, `note SUBJECT: TEXT` for what create() does not correct, and
# details of either in lines that begin with two blanks.

# differs SUBJECT TEXT [DETAILS]
differs() { report differs "$@"; }
note() { report note "$@"; }
report() {
  say "$1 $2: $3"
  [[ -z ${4-} ]] || head -n 60 <<<"$4" | cut -c 1-400 | sed 's/^/  /' >&3
}

# write_file PATH MODE CONTENT: in place of the prelude's. A function that writes files compares them in a check.
write_file() {
  local path=$1 mode=$2 content=$3 found
  if [[ ! -f $path ]]; then
    differs "$path" "is missing"
    return
  fi
  found=0$(stat -L -c '%a %U:%G' "$path")
  [[ $found == "$mode root:root" ]] || differs "$path" "has mode and owner $found, expected $mode root:root"
  printf '%s' "$content" | cmp -s - "$path" || differs "$path" "has other content" "$(content_difference "$path" "$content")"
}

# content_difference PATH EXPECTED: prints the lines that differ, `-` expected and `+` found, without secrets. The
# secrets of a file that somebody changed are not known, so known keys are masked as well.
content_difference() {
  local text
  text=$(diff --unified=0 <(hide_secrets <<<"$2") <(hide_secrets <"$1") | grep -vE '^(---|\+\+\+|@@)' || true)
  printf '%s\n' "${text:-only secrets or white space differ}"
}
hide_secrets() {
  mask_secrets "$(cat)" | sed -E 's/((auth_pass|password|secret|token|api_key|bearer)[^ :=]*[ :=]+).*/\1[secret]/I'
}

# expect SUBJECT EXPECTED FOUND
expect() { [[ $3 == "$2" ]] || differs "$1" "is ${3:-missing}, expected $2"; }

# expect_unit NAME: is the unit active, and will it start at boot? A name without a suffix is a service's.
expect_unit() {
  local unit=$1
  [[ $unit == *.* ]] || unit+=.service
  expect "$unit" active "$(systemctl is-active "$unit" 2>/dev/null || true)"
  expect_at_boot "$unit"
}
expect_at_boot() { expect "$1 at boot" enabled "$(systemctl is-enabled "$1" 2>/dev/null || true)"; }

# expect_package NAME [VERSION]
expect_package() {
  local state
  state=$(package_state "$1")
  if [[ $state != ?i* ]]; then
    differs "package $1" "is not installed"
  elif [[ -n ${2-} && ${state:3} != "$2" ]]; then
    differs "package $1" "has version ${state:3}, expected $2"
  fi
}

# expect_held NAME: is the installed package excluded from upgrades?
expect_held() { [[ $(package_state "$1") != ii* ]] || differs "package $1" "is not held"; }
