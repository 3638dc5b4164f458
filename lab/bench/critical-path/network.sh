# Variables: API, MANIFEST.
put /run/cni.yaml 0644 <<<"$MANIFEST"
until_true 120 kubectl --server "$API" apply -f /run/cni.yaml
