module kube-control/lab/echo

go 1.24
