module kube-control/drill/probe

go 1.25
