# The drop-in of kubelet's unit. It removes proxy variables of systemd's environment, with which kubelet would send its
# requests to the control plane through the proxy. containerd, which pulls the images, keeps them.

kubelet_drop_in() { echo /etc/systemd/system/kubelet.service.d/kube-control.conf; }

write_kubelet_drop_in() {
  local path
  path=$(kubelet_drop_in)
  write_file "$path" 0644 '# Written by kube-control.
[Service]
UnsetEnvironment=HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy
'
  ! changed "$path" || systemctl daemon-reload
}

remove_kubelet_drop_in() {
  local path
  path=$(kubelet_drop_in)
  [[ -e $path ]] || return 0
  rm -f "$path"
  rmdir "$(dirname "$path")" 2>/dev/null || true
  systemctl daemon-reload
}
