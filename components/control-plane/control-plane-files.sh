# The files that the API servers read (control-plane-files.ts), on a master. scripts.ts adds control_plane_file_paths
# and write_control_plane_files.

control_plane_files_folder() { echo /etc/kubernetes/kube-control; }

# read_control_plane_files: prints this master's files, a line "NAME BASE64" each. A master that joins gets them: kubeadm
# starts it with the running cluster's configuration, whose files may be of an earlier content.
read_control_plane_files() {
  local path
  for path in "$(control_plane_files_folder)"/*.yaml; do
    [[ ! -f $path ]] || say "${path##*/} $(base64 -w 0 <"$path")"
  done
}

# write_files_of_peer: writes what read_control_plane_files printed on another master. Variable: PEER_FILES.
write_files_of_peer() {
  local name text content
  while read -r name text; do
    [[ $name =~ ^[a-z-]+-[0-9a-f]{8}\.yaml$ ]] || continue
    # the dot keeps a line feed at the end
    content=$(base64 -d <<<"$text" && echo .)
    write_file "$(control_plane_files_folder)/$name" 0600 "${content%.}"
  done <<<"$PEER_FILES"
}

# remove_stale_control_plane_files: removes files that no manifest of this master names any more. Call it when the
# master and kubeadm's ConfigMap have the present configuration.
remove_stale_control_plane_files() {
  local path
  for path in "$(control_plane_files_folder)"/*.yaml; do
    [[ -f $path ]] || continue
    if ! control_plane_file_paths | grep -qxF "$path" &&
      ! grep -qF "$path" /etc/kubernetes/manifests/kube-apiserver.yaml; then
      rm -f "$path"
      say "removed $path"
    fi
  done
}
