module kube-control/lab/build/pause

go 1.24
