# Copies the iptables programs (nft flavour) with just the libraries they load into /out: the lower layer of the images
# whose program calls iptables.
set -eu
libraries=/usr/lib/x86_64-linux-gnu
mkdir -p /out/usr/sbin /out$libraries /out/lib64
cp -a /usr/sbin/xtables-nft-multi /out/usr/sbin/
for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
  ln -s xtables-nft-multi "/out/usr/sbin/$name"
done
cp -a $libraries/xtables /out$libraries/
ldd /usr/sbin/xtables-nft-multi $libraries/xtables/*.so | grep -oE '/[^ ]+\.so[^ :]*' | grep -v /xtables/ | sort -u |
  while read -r library; do
    case $library in
    /lib64/*) cp -L "$library" /out/lib64/ ;;
    *) cp -L "$library" /out$libraries/ ;;
    esac
  done
ln -s usr/lib /out/lib
