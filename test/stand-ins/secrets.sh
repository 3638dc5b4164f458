# The part of the fake cluster (tool.sh) that stores Secrets. An API server loads its file with keys when it is asked for
# its metrics a second time, and writes with the first provider of the loaded file.
# Files: cluster/secrets/NAMESPACE/NAME (the value in etcd), loaded/HOST (the keys that an API server has loaded),
# stuck (a host whose API server loads nothing more), broken (what no cluster survives: a value that an API server
# cannot decrypt).
keys_file=etc/kubernetes/pki/encryption-at-rest.yaml

# first_of TEXT: prints the provider that encrypts. knows TEXT PROVIDER
first_of() {
  local line
  while read -r line; do
    case $line in
      '- name: '*) printf '%s' "${line#- name: }" && return ;;
      '- identity: {}') printf identity && return ;;
    esac
  done <<<"$1"
}
knows() { if [[ $2 == identity ]]; then [[ $1 == *identity:* ]]; else [[ $1 == *"name: $2"$'\n'* ]]; fi; }

look() {
  local file host value provider
  local -A loaded=() needed=()
  for file in "$WORLD"/loaded/*; do
    loaded[${file##*/}]=$(<"$file")
    provider=$(first_of "${loaded[${file##*/}]}")
    needed[$provider]="what ${file##*/} writes"
  done
  for file in "$cluster"/secrets/*/*; do
    read -r value <"$file"
    provider=identity
    [[ $value != k8s:enc:secretbox:v1:* ]] || { provider=${value#k8s:enc:secretbox:v1:} && provider=${provider%%:*}; }
    needed[$provider]=$file
  done
  for host in "${!loaded[@]}"; do
    for provider in "${!needed[@]}"; do
      knows "${loaded[$host]}" "$provider" || echo "$host cannot read ${needed[$provider]}" >>"$WORLD/broken"
    done
  done
}

look
case $call in
  *'get --raw /metrics')
    host=$(awk -v a="${server#https://}" '{ sub(/:.*/, "", a) } $2 == a { print $1 }' "$WORLD/addresses")
    printf 'apiserver_encryption_config_controller_last_config_info{apiserver_id_hash="sha256:00",hash="sha256:%s"} 1\n' \
      "$(sha256sum <"$WORLD/loaded/$host" | cut -d ' ' -f 1)"
    [[ $(cat "$WORLD/stuck" 2>/dev/null) == "$host" ]] || cp "$WORLD/hosts/$host/$keys_file" "$WORLD/loaded/$host"
    ;;
  *'etcdctl get '*)
    start=${call#*etcdctl get } start=${start%% *}
    count=0 more=false
    for name in "$cluster"/secrets/*/*; do
      name=${name#"$cluster/secrets/"}
      [[ ! /registry/secrets/$name < $start ]] || continue
      if ((++count > 100)); then
        more=true
        break
      fi
      printf '"Key" : "/registry/secrets/%s"\n"CreateRevision" : 1\n"Value" : "%s"\n' "$name" "$(<"$cluster/secrets/$name")"
    done
    printf '"More" : %s\n"Count" : %s\n' "$more" "$count"
    ;;
  *' get secrets '*)
    for name in "${words[@]:4}"; do
      [[ ! -e $cluster/secrets/${words[1]}/$name ]] || echo "${words[1]}/$name"
    done
    ;;
  *'kubectl replace '*)
    provider=$(first_of "$(<"$WORLD/loaded/$AT")")
    while read -r name; do
      [[ $provider == identity ]] && text="k8s plain $name" || text="k8s:enc:secretbox:v1:$provider:$name"
      printf '%s\n' "$text" >"$cluster/secrets/$name"
      echo "secret/${name#*/} replaced"
    done
    ;;
esac
look
