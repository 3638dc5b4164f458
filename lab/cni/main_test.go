package main

import (
	"encoding/json"
	"net/netip"
	"strings"
	"testing"
)

const list = `{"items": [
  {"metadata": {"name": "b"}, "spec": {"podCIDR": "10.244.1.0/24"}, "status": {"addresses": [
    {"type": "Hostname", "address": "b"}, {"type": "InternalIP", "address": "192.0.2.2"}]}},
  {"metadata": {"name": "c"}, "spec": {}, "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.3"}]}},
  {"metadata": {"name": "a"}, "spec": {"podCIDR": "10.244.0.0/24"}, "status": {"addresses": [
    {"type": "InternalIP", "address": "192.0.2.1"}]}}]}`

func TestNodesWithoutAPodCIDRAreLeftOut(t *testing.T) {
	nodes, err := decodeNodes(strings.NewReader(list))
	if err != nil {
		t.Fatal(err)
	}
	if len(nodes) != 2 || nodes[0].Name != "a" || nodes[1].Address != netip.MustParseAddr("192.0.2.2") {
		t.Fatalf("got %v", nodes)
	}
	own, peers, err := split("b", nodes)
	if err != nil || own.Name != "b" || len(peers) != 1 {
		t.Fatalf("got %v, %v, %v", own, peers, err)
	}
	if _, _, err := split("c", nodes); err == nil {
		t.Fatal("a node without a pod CIDR was taken")
	}
}

func TestTrafficBetweenPodsIsNotMasqueraded(t *testing.T) {
	nodes, _ := decodeNodes(strings.NewReader(list))
	text := rules(nodes[0], nodes[1:])
	masquerade := strings.Index(text, "-s 10.244.0.0/24 -j MASQUERADE")
	for _, pods := range []string{"10.244.0.0/24", "10.244.1.0/24"} {
		if at := strings.Index(text, "-d "+pods+" -j RETURN"); at < 0 || at > masquerade {
			t.Errorf("traffic to %s is masqueraded:\n%s", pods, text)
		}
	}
	if strings.Count(text, "MASQUERADE\n") != 1 {
		t.Errorf("not exactly one MASQUERADE rule:\n%s", text)
	}
}

func TestConfigurationHasTheNodesPodCIDR(t *testing.T) {
	nodes, _ := decodeNodes(strings.NewReader(list))
	content, err := cniConfig(nodes[1])
	if err != nil || !json.Valid(content) || !strings.Contains(string(content), `"subnet": "10.244.1.0/24"`) {
		t.Fatalf("got %s, %v", content, err)
	}
}
