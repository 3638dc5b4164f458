//go:build tools

// The test that the lab builds from this module, and what its _test.go files import besides: go.mod and go.sum then hold all that
// `go test -c` needs, which may change neither.
package tools

import (
	_ "github.com/spf13/pflag"
	_ "go.yaml.in/yaml/v2"
	_ "k8s.io/kubernetes/test/e2e/framework/config"
	_ "k8s.io/kubernetes/test/e2e/framework/debug/init"
	_ "k8s.io/kubernetes/test/e2e/framework/metrics/init"
	_ "k8s.io/kubernetes/test/e2e/framework/node/init"
	_ "k8s.io/kubernetes/test/e2e_kubeadm"
	_ "k8s.io/kubernetes/test/utils/ktesting/format"
)
