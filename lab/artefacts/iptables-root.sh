# Copies the iptables programs (nftables variant) and the libraries that they load into /out/root.tar: the lower layer of the
# images whose program calls iptables.
set -eu
root=/tmp/root
libraries=/usr/lib/x86_64-linux-gnu
mkdir -p $root/usr/sbin $root$libraries $root/lib64
cp -a /usr/sbin/xtables-nft-multi $root/usr/sbin/
for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
  ln -s xtables-nft-multi "$root/usr/sbin/$name"
done
cp -a $libraries/xtables $root$libraries/
ldd /usr/sbin/xtables-nft-multi $libraries/xtables/*.so | grep -oE '/[^ ]+\.so[^ :]*' | grep -v /xtables/ | sort -u |
  while read -r library; do
    case $library in
    /lib64/*) cp -L "$library" $root/lib64/ ;;
    *) cp -L "$library" $root$libraries/ ;;
    esac
  done
ln -s usr/lib $root/lib
tar --create --file=/out/root.tar --directory=$root --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner lib lib64 usr
