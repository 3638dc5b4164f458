# Downloads $PACKAGES, which hosts may install, and their dependencies from Debian's mirror. Runs in the hosts' base image and
# does not download what that image contains. /machine contains the package sources of this machine.
cp /machine/*.list /machine/*.sources /etc/apt/sources.list.d/ 2>/dev/null || true
apt-get -q -o Acquire::Retries=3 update
mkdir -p /out/pool/partial
# word splitting is meant
apt-get -q -y -o Acquire::Retries=3 -o Dir::Cache::archives=/out/pool --no-install-recommends --download-only install $PACKAGES
apt-get -q -y -o Dir::Cache::archives=/out/pool --no-install-recommends install $INDEX_TOOLS
rm -rf /out/pool/partial /out/pool/lock
