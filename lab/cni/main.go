// host-routes is the lab's pod network. It does the same as flannel's host-gw backend, for nodes in one network.
//
// On every node, it writes the CNI configuration (bridge, host-local, portmap) for the node's pod CIDR, maintains a route to the
// pod CIDR of each other node, and masquerades packets from pods to other networks. It lists the nodes every three seconds.
package main

import (
	"log"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

const (
	interval   = 3 * time.Second
	configFile = "/etc/cni/net.d/10-host-routes.conflist"
)

func main() {
	log.SetFlags(0)
	self := os.Getenv("NODE_NAME")
	if self == "" {
		log.Fatal("NODE_NAME is not set")
	}
	server, err := inCluster()
	if err != nil {
		log.Fatal(err)
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM, syscall.SIGINT)

	var applied []node
	for {
		nodes, err := server.nodes()
		if err == nil {
			err = apply(self, nodes)
		}
		if err != nil {
			log.Print(err)
		} else if !slices.Equal(nodes, applied) {
			log.Printf("applied: %v", nodes)
			applied = nodes
		}
		select {
		case <-stop:
			return // routes and rules stay, so that pods keep their network while the program is replaced
		case <-time.After(interval):
		}
	}
}

func apply(self string, nodes []node) error {
	own, peers, err := split(self, nodes)
	if err != nil {
		return err
	}
	if err := routes(peers); err != nil {
		return err
	}
	if err := masquerade(own, peers); err != nil {
		return err
	}
	// the configuration last, because the node becomes Ready with it
	return writeConfig(configFile, own)
}
