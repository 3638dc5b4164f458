# Copies the images $IMAGES (REPOSITORY:TAG …) for linux/amd64 from the registry at $REGISTRY to /out/REPOSITORY, and checks
# their digests: manifest.json, and each blob by the hexadecimal digits of its digest.
registry=${REGISTRY#*://}
tls=$([ "$REGISTRY" = "https://$registry" ] && echo true || echo false)
# word splitting is meant
for image in $IMAGES; do
  echo "downloading $registry/$image"
  # converted to the only format that the lab's registry serves; a layer in it cannot be compressed with zstd
  skopeo --insecure-policy --override-os linux --override-arch amd64 --command-timeout 15m \
    copy --quiet --retry-times 2 --src-tls-verify="$tls" --format v2s2 --dest-compress --dest-compress-format gzip \
    "docker://$registry/$image" "dir:/out/${image%:*}"
done
