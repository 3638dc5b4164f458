# Uploads the copies of the masters' archives to a bucket with S3's API: those that the bucket lacks, the newest first. It never
# deletes or replaces an object. kube-control-backup-upload.service runs run.sh and this as one program.
# Arguments: URL REGION [newest]
#   URL     of the bucket, with the prefix and a slash at its end: an archive's name follows
#   newest  uploads only the newest archive

url=$1 region=$2 extent=${3-all}

unit=kube-control-backup-upload lock=.upload.lock result_file=upload.json
# curl's configuration with the access key, for root only
credentials=/var/lib/kube-control/backup-s3.conf
# the owner of the copies. curl runs as this user, and gets the configuration on standard input.
user=kube-control-backup
# its time is that of the newest archive in the bucket, for the agent's check of the age
newest=$folder/uploaded/newest
# bytes: what S3 accepts in one request
longest=$((5 * 1024 * 1024 * 1024))
# SHA-256 of no content
nothing=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855

# fields of the result
archives=0 stored=0
# The first problem of a single archive. The others are uploaded all the same.
problem=''

result_fields() { printf '"archives":%s,"stored":%s,' "$archives" "$stored"; }
remove_temporary() { :; }

main() {
  local path paths=()
  start_run

  mapfile -t paths < <(copies)
  archives=${#paths[@]}
  ((archives)) || say "there are no copies of archives yet"
  for path in "${paths[@]}"; do
    store "$path"
    [[ $extent == all ]] || break
  done
  [[ -z $problem ]] || fail "$problem"
}

# copies: prints the paths of the copies, the newest first. The time of a copy is that of its data.
copies() {
  find "$folder" -mindepth 2 -maxdepth 2 -type f -regextype posix-extended \
    -regex '.*/([^/]+)/\1-[0-9]{8}T[0-9]{6}Z\.tar\.age' -printf '%T@ %p\n' | sort -k 1,1nr | cut -d ' ' -f 2-
}

# store PATH: makes sure that the bucket has the archive.
store() {
  local path=$1 name=${1##*/} size
  # a newer copy may have displaced it meanwhile
  size=$(stat -c %s "$path" 2>/dev/null) || return 0
  if ! as_owner test -r "$path"; then
    note "$user cannot read $path: run pulumi up, which corrects the owner"
    return
  fi
  look_at "$name"
  case $status in
    200)
      if [[ $length == "$size" ]]; then
        confirm "$path"
      else
        note "the bucket has another object $name, of ${length:-unknown} bytes instead of $size. Nothing was replaced: remove it, or set another backup.s3.prefix"
      fi
      return
      ;;
    # it does not exist; 403 says so if the key may not list the bucket
    403 | 404) require_access "$name" ;;
    *) refused "$name was not looked up" ;;
  esac
  if ((size > longest)); then
    note "$name has $size bytes, and S3 accepts $longest in one request: it is not uploaded. Reduce etcd's data, and copy this archive elsewhere"
    return
  fi
  send "$path" "$name"
  [[ $status == 200 ]] || refused "$name was not uploaded"
  look_at "$name"
  [[ $status == 200 ]] || refused "$name was uploaded, but cannot be looked up"
  [[ $length == "$size" ]] || fail "$name was uploaded, but the bucket has ${length:-unknown} bytes of it instead of $size: remove the object, and the next run uploads it again"
  confirm "$path"
  say "uploaded $name ($((size / 1024)) KiB)"
}

# confirm PATH: the bucket has the archive. The first one is the newest.
confirm() {
  ((stored)) || touch -r "$1" "$newest" || true
  stored=$((stored + 1))
}

# note TEXT...: a problem of one archive, which fails the run at its end.
note() {
  printf 'error: %s\n' "$*" >&2
  [[ -n $problem ]] || problem=$*
}

look_at() { request "$1" --max-time 60 --head --header "x-amz-content-sha256: $nothing"; }

# require_access NAME: asks for a missing object, because the response to HEAD has no reason. A server may refuse an upload by closing
# the connection, and then curl cannot read the reason either.
require_access() {
  request "$1" --max-time 60 --range 0-0 --header "x-amz-content-sha256: $nothing"
  case $(error_code) in
    # a key that may not list the bucket gets AccessDenied
    '' | NoSuchKey | AccessDenied) ;;
    *) refused "$1 was not looked up" ;;
  esac
}

# send PATH NAME: S3 compares both checksums with what it received. It refuses an upload without Content-MD5 to a bucket whose
# objects are locked.
send() {
  local sha256 md5
  sha256=$(sha256sum <"$1")
  md5=$(printf '%b' "$(md5sum <"$1" | sed 's/ .*//; s/../\\x&/g')" | base64)
  request "$2" --speed-limit 1000 --speed-time 120 --upload-file "$1" \
    --header "x-amz-content-sha256: ${sha256%% *}" --header "Content-MD5: $md5"
}

# request NAME OPTION...: sends a signed request about an object. Sets `status` (of HTTP), `length` (Content-Length of the response)
# and `body`. If the server does not respond, the run fails.
request() {
  local name=$1 answer
  shift
  answer=$(as_owner curl --disable --config - --silent --show-error --proto =https \
    --connect-timeout 20 --aws-sigv4 "aws:amz:$region:s3" --write-out '\n%{http_code} %header{content-length}' "$@" "$url$name" \
    <"$credentials" 2>"$scratch/said") || fail "no response from $url about $name: $(head -n 1 "$scratch/said"). The next run repeats it"
  body=${answer%$'\n'*}
  read -r status length <<<"${answer##*$'\n'}"
}

as_owner() { setpriv --reuid "$user" --regid "$user" --clear-groups "$@"; }

# refused TEXT: ends the run with the server's reason, and with what to do.
refused() {
  local code reason='' todo="The next run repeats it"
  code=$(error_code)
  [[ $body =~ '<Message>'([^<]*)'</Message>' ]] && reason=": ${BASH_REMATCH[1]%.}"
  case $status in
    30? | 400) todo="Check backup.s3.endpoint and backup.s3.region" ;;
    401 | 403) todo="Check backup.s3.accessKeyId, the secret s3SecretAccessKey, and that the key has s3:PutObject and s3:GetObject" ;;
    404) todo="Check backup.s3.endpoint, backup.s3.bucket and backup.s3.accessKeyId" ;;
  esac
  fail "$1: HTTP $status${code:+ $code}$reason. $todo ($url)"
}
# error_code: prints S3's code of an error in the response; nothing if there is none.
error_code() { [[ ! $body =~ '<Code>'([^<]*)'</Code>' ]] || echo "${BASH_REMATCH[1]}"; }

main
