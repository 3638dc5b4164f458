# Downloads the packages that hosts may install ($PACKAGES, with all they depend on), as Debian's mirror has them today.
# Runs in the hosts' base image: what it holds is left out. /machine holds this machine's package sources.
cp /machine/*.list /machine/*.sources /etc/apt/sources.list.d/ 2>/dev/null || true
apt-get -q -o Acquire::Retries=3 update
mkdir -p /out/pool/partial
# word splitting is meant
apt-get -q -y -o Acquire::Retries=3 -o Dir::Cache::archives=/out/pool --no-install-recommends --download-only install $PACKAGES
apt-get -q -y -o Dir::Cache::archives=/out/pool --no-install-recommends install $INDEX_TOOLS
rm -rf /out/pool/partial /out/pool/lock
