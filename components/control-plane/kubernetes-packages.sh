# Installs Kubernetes' packages of one version and holds them. These functions run on a node as root.
# Variables: VERSION (v1.37.2), REPOSITORY_URL, REPOSITORY_KEY or REPOSITORY_KEY_URL, REPOSITORY_KEY_FINGERPRINT (empty:
# any key is accepted).

install_kubernetes() {
  find_kubernetes
  install_packages "kubeadm=$package_version" "kubelet=$package_version" "kubectl=$package_version"
  apt_mark hold kubeadm kubelet kubectl
}

# find_kubernetes: writes the package source, and sets package_version to the packages' version in it.
find_kubernetes() {
  write_repository
  package_version=$(version_in_repository)
  if [[ -z $package_version ]] || changed "$source_list" || changed "$keyring"; then
    update_lists
    package_version=$(version_in_repository)
  fi
  [[ -n $package_version ]] || fail "$REPOSITORY_URL has no kubeadm ${VERSION#v}; it has: $(available)"
}

keyring=/etc/apt/keyrings/kubernetes.asc
source_list=/etc/apt/sources.list.d/kubernetes.list

package_source() { echo "deb [signed-by=$keyring] $REPOSITORY_URL /"; }

write_repository() {
  local source refusal
  source=$(package_source)
  [[ $REPOSITORY_URL$REPOSITORY_KEY_URL != *https:* ]] || install_packages ca-certificates
  [[ -z $REPOSITORY_KEY_FINGERPRINT ]] || command -v gpg >/dev/null || install_packages gpg
  [[ ! -e $source_list ]] || cp -a "$source_list" "$kc_dir/former.list"
  if [[ -n $REPOSITORY_KEY ]]; then
    printf '%s' "$REPOSITORY_KEY" >"$kc_dir/key"
    require_expected_key kubernetes.repository.key
    write_file "$keyring" 0644 "$REPOSITORY_KEY"
  elif [[ ! -s $keyring || ! -e $source_list || $(<"$source_list") != "$source" || -z $(version_in_repository) ]] || ! is_expected_key "$keyring"; then
    fetch_key
  fi
  write_file "$source_list" 0644 "$source"$'\n'
  if ! refusal=$(apt-get indextargets 2>&1 >/dev/null); then
    revert_source
    fail "apt cannot read the package sources of this host with the one for $REPOSITORY_URL: ${refusal//$'\n'/ } ($source_list was reverted). Correct the other files in /etc/apt/sources.list.d, then run this again"
  fi
}

fetch_key() {
  # every host has apt's own downloader
  /usr/lib/apt/apt-helper -o Acquire::Retries=3 download-file "$REPOSITORY_KEY_URL" "$kc_dir/key" ||
    fail "cannot fetch the repository's key from $REPOSITORY_KEY_URL"
  grep -q 'BEGIN PGP PUBLIC KEY BLOCK' "$kc_dir/key" || fail "$REPOSITORY_KEY_URL is not an ASCII-armoured PGP key"
  require_expected_key "$REPOSITORY_KEY_URL"
  write_file "$keyring" 0644 "$(<"$kc_dir/key")"$'\n'
}

# require_expected_key SOURCE: checks the key in $kc_dir/key.
require_expected_key() {
  is_expected_key "$kc_dir/key" ||
    fail "the key from $1 was not installed: its fingerprint is $(fingerprints "$kc_dir/key"), expected $REPOSITORY_KEY_FINGERPRINT. If its owner has announced a new key, set kubernetes.repository.keyFingerprint"
}

# is_expected_key FILE: does the file hold the key with the expected fingerprint and no other? apt trusts every key in
# the file.
is_expected_key() {
  [[ -z $REPOSITORY_KEY_FINGERPRINT || $(fingerprints "$1") == "$REPOSITORY_KEY_FINGERPRINT" ]]
}
# fingerprints FILE: prints the fingerprints of its primary keys.
fingerprints() {
  gpg --homedir "$kc_dir" --batch --show-keys --with-colons "$1" |
    awk -F : '$1 == "pub" { primary = 1 } $1 == "fpr" && primary { printf "%s%s", separator, $10; primary = 0; separator = " and " }'
}

# revert_source: a package source that apt cannot use would break apt on this host. The file's former content is
# restored, unless it was ours too.
revert_source() {
  rm -f "$source_list"
  if [[ -e $kc_dir/former.list ]] && ! grep -qF "signed-by=$keyring" "$kc_dir/former.list"; then
    mv -f "$kc_dir/former.list" "$source_list"
  fi
}

# update_lists: updates only this repository's lists, so that an unrelated broken mirror cannot fail this step.
update_lists() {
  if ! apt_update -o APT::Update::Error-Mode=any -o Dir::Etc::sourcelist=sources.list.d/kubernetes.list \
    -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0; then
    revert_source
    fail "apt cannot read $REPOSITORY_URL (its messages are above); $source_list was reverted"
  fi
}

version_in_repository() {
  apt-cache madison kubeadm 2>/dev/null | awk -F '|' -v wanted="${VERSION#v}-" '
    { gsub(/ /, "", $2) } index($2, wanted) == 1 { print $2; exit }'
}
available() { apt-cache madison kubeadm | awk -F '|' '{ gsub(/ /, "", $2); printf "%s ", $2 }'; }
