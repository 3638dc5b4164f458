# Runs after index-repository.sh for a repository whose content changes: the key must stay the same, because hosts know it.
# Signs the repository in /out again with /key/private.asc. Without that file, the key of index-repository.sh becomes this key
# and is written to /out/private.asc.
if [ -s /key/private.asc ]; then
  export GNUPGHOME=/tmp/kept
  mkdir -m 700 $GNUPGHOME
  gpg --batch --quiet --import /key/private.asc
  gpg --batch --quiet --armor --export >Release.key
  gpg --batch --quiet --yes --armor --detach-sign --output "$release/Release.gpg" "$release/Release"
  gpg --batch --quiet --yes --clearsign --output "$release/InRelease" "$release/Release"
  chmod -R a+rX /out
else
  (umask 077 && gpg --batch --quiet --armor --export-secret-keys >/out/private.asc)
fi
