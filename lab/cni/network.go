package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/vishvananda/netlink"
)

const (
	// protocol marks our routes in the kernel's table, so that stale ones can be found.
	protocol = 76
	chain    = "KUBE-CONTROL-MASQUERADE"
)

// routes sets our routes to exactly the peers' pod CIDRs.
func routes(peers []node) error {
	wanted := map[string]bool{}
	for _, peer := range peers {
		wanted[peer.Pods.String()+" "+peer.Address.String()] = true
		route := &netlink.Route{Dst: ipNet(peer.Pods), Gw: peer.Address.AsSlice(), Protocol: protocol}
		if err := netlink.RouteReplace(route); err != nil {
			return fmt.Errorf("route to %s: %w", peer, err)
		}
	}
	ours, err := netlink.RouteListFiltered(netlink.FAMILY_V4, &netlink.Route{Protocol: protocol}, netlink.RT_FILTER_PROTOCOL)
	if err != nil {
		return err
	}
	for _, route := range ours {
		if route.Dst != nil && !wanted[route.Dst.String()+" "+route.Gw.String()] {
			if err := netlink.RouteDel(&route); err != nil {
				return fmt.Errorf("removing the route to %s: %w", route.Dst, err)
			}
		}
	}
	return nil
}

func ipNet(prefix netip.Prefix) *net.IPNet {
	return &net.IPNet{IP: prefix.Addr().AsSlice(), Mask: net.CIDRMask(prefix.Bits(), 32)}
}

// rules is our chain in the format of iptables-restore: it masquerades packets from pods, except those to pods.
func rules(own node, peers []node) string {
	var text strings.Builder
	fmt.Fprintf(&text, "*nat\n:%s - [0:0]\n", chain)
	for _, one := range append([]node{own}, peers...) {
		fmt.Fprintf(&text, "-A %s -d %s -j RETURN\n", chain, one.Pods)
	}
	fmt.Fprintf(&text, "-A %s -d 224.0.0.0/4 -j RETURN\n", chain)
	fmt.Fprintf(&text, "-A %s -s %s -j MASQUERADE\nCOMMIT\n", chain, own.Pods)
	return text.String()
}

var appliedRules string

func masquerade(own node, peers []node) error {
	jump := []string{"-w", "-t", "nat", "-C", "POSTROUTING", "-j", chain}
	jumps := run("", "iptables", jump...) == nil
	if text := rules(own, peers); !jumps || text != appliedRules {
		// the chain's header empties it, atomically with the new rules
		if err := run(text, "iptables-restore", "-w", "--noflush"); err != nil {
			return err
		}
		appliedRules = text
	}
	if jumps {
		return nil
	}
	jump[3] = "-A"
	return run("", "iptables", jump...)
}

func run(input, name string, args ...string) error {
	command := exec.Command(name, args...)
	command.Stdin = strings.NewReader(input)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, bytes.TrimSpace(output))
	}
	return nil
}

func cniConfig(own node) ([]byte, error) {
	type object = map[string]any
	return json.MarshalIndent(object{
		"cniVersion": "0.4.0",
		"name":       "host-routes",
		"plugins": []object{
			{
				"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": false, "hairpinMode": true,
				"ipam": object{
					"type":   "host-local",
					"ranges": [][]object{{{"subnet": own.Pods.String()}}},
					"routes": []object{{"dst": "0.0.0.0/0"}},
				},
			},
			{"type": "portmap", "capabilities": object{"portMappings": true}},
		},
	}, "", "  ")
}

// writeConfig replaces the file atomically if it differs, because containerd watches the folder.
func writeConfig(path string, own node) error {
	content, err := cniConfig(own)
	if err != nil {
		return err
	}
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, content) {
		return nil
	}
	beside := filepath.Join(filepath.Dir(path), ".host-routes.new")
	if err := os.WriteFile(beside, content, 0o644); err != nil {
		return err
	}
	return os.Rename(beside, path)
}
