# Indexes and signs the package repository in /out. $SUITE: the suite below dists/, or empty for a flat repository such as
# that of Kubernetes. The private key is created here and not kept; Release.key is the public key.
cd /out
if [ -n "$SUITE" ]; then
  index=dists/$SUITE/main/binary-amd64 release=dists/$SUITE
  mkdir -p "$index"
  apt-ftparchive packages pool >"$index/Packages"
else
  index=. release=.
  apt-ftparchive packages . | sed 's#^Filename: \./#Filename: #' >Packages
fi
gzip -9kn "$index/Packages"
apt-ftparchive -o APT::FTPArchive::Release::Origin="$ORIGIN" -o APT::FTPArchive::Release::Label="$ORIGIN" \
  -o APT::FTPArchive::Release::Suite="$SUITE" -o APT::FTPArchive::Release::Codename="$SUITE" \
  -o APT::FTPArchive::Release::Components=main -o APT::FTPArchive::Release::Architectures=amd64 release "$release" >/tmp/Release
mv /tmp/Release "$release/Release"
export GNUPGHOME=/tmp/keys
mkdir -m 700 $GNUPGHOME
gpg --batch --quiet --passphrase '' --quick-generate-key "kube-control lab, $ORIGIN" rsa3072 sign never
gpg --batch --quiet --armor --export >Release.key
gpg --batch --quiet --armor --detach-sign --output "$release/Release.gpg" "$release/Release"
gpg --batch --quiet --clearsign --output "$release/InRelease" "$release/Release"
chmod -R a+rX /out
