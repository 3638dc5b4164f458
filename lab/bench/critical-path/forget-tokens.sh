# What let the masters in is not left behind.
kubectl -n kube-system delete secret kubeadm-certs --ignore-not-found
kubeadm token list -o jsonpath='{.token}{"\n"}' | cut -c 1-6 | xargs -r kubeadm token delete
