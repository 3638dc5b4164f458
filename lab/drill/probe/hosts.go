package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mdlayher/arp"
	"github.com/mdlayher/ethernet"
	"github.com/mdlayher/packet"
)

// hosts observes the hosts through the kernel that they share with this machine, not through the network.
type hosts struct {
	config Config
	// pids are the process ids of the load balancers' first processes. They change with each start.
	pids atomic.Pointer[map[string]int]
}

// holders emits which load balancers hold the virtual IP.
func (h *hosts) holders(ctx context.Context) {
	local := []byte("-- " + h.config.VirtualIP.String() + "\n")
	seen := changes{}
	callEvery(ctx, 5*time.Millisecond, func() {
		for name, pid := range *h.pids.Load() {
			state := "no"
			if routes, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/fib_trie", pid)); err == nil && bytes.Contains(routes, local) {
				state = "yes"
			}
			seen.emit(event{Kind: "holder", Subject: name, State: state})
		}
	})
}

// servers emits the status of each API server in each HAProxy. If HAProxy does not answer, the status of its known servers is `?`.
func (h *hosts) servers(ctx context.Context) {
	states := map[string]map[string]string{}
	seen := changes{}
	callEvery(ctx, 100*time.Millisecond, func() {
		for name, pid := range *h.pids.Load() {
			if now := h.states(fmt.Sprintf("/proc/%d/root%s", pid, h.config.StatsSocket)); len(now) > 0 {
				states[name] = now
			} else {
				for server := range states[name] {
					states[name][server] = "?"
				}
			}
			for server, state := range states[name] {
				seen.emit(event{Kind: "server", Subject: name, What: server, State: state})
			}
		}
	})
}

// states reads the servers' states from a stats socket; empty if HAProxy does not answer.
func (h *hosts) states(socket string) map[string]string {
	connection, err := net.DialTimeout("unix", socket, 50*time.Millisecond)
	if err != nil {
		return nil
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(50 * time.Millisecond))
	// if this fails, the read below fails too
	_, _ = fmt.Fprintln(connection, "show stat")
	states := map[string]string{}
	lines := bufio.NewScanner(connection)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), ",")
		if len(fields) > 32 && fields[0] == h.config.Backend && fields[32] == "2" {
			states[fields[1]] = fields[17]
		}
	}
	return states
}

// A MAC address that no host has, so that the answers change no ARP cache.
var unusedMAC = net.HardwareAddr{0x02, 0x6b, 0x63, 0x64, 0x72, 0x6c}

// answers sends ARP requests for the virtual IP, and emits the hosts that answer whenever they change.
func (h *hosts) answers(ctx context.Context) {
	client, err := arpClient(h.config.Bridge)
	// a probe without a sender address (RFC 5227), so that the request changes no ARP cache
	question, invalid := arp.NewPacket(
		arp.OperationRequest, unusedMAC, netip.IPv4Unspecified(), make(net.HardwareAddr, 6), h.config.VirtualIP)
	if err := errors.Join(err, invalid); err != nil {
		emit(event{Kind: "arp", Error: err.Error()})
		return
	}
	defer client.Close()
	seen := changes{}
	callEvery(ctx, 50*time.Millisecond, func() {
		asked := time.Now()
		if client.WriteTo(question, ethernet.Broadcast) == nil {
			state := answersUntil(client, asked.Add(25*time.Millisecond))
			seen.emit(event{Kind: "arp", At: stamp(asked), State: state})
		}
	})
}

// arpClient receives all ARP packets on an interface, also those to the unused address.
func arpClient(name string) (*arp.Client, error) {
	network, err := net.InterfaceByName(name)
	if err != nil {
		return nil, err
	}
	connection, err := packet.Listen(network, packet.Raw, int(ethernet.EtherTypeARP), nil)
	if err != nil {
		return nil, err
	}
	if err := connection.SetPromiscuous(true); err != nil {
		return nil, err
	}
	return arp.New(network, connection)
}

// answersUntil collects the MAC addresses that answer, sorted.
func answersUntil(client *arp.Client, end time.Time) string {
	_ = client.SetReadDeadline(end)
	from := map[string]bool{}
	for {
		answer, frame, err := client.Read()
		if err != nil {
			return strings.Join(slices.Sorted(maps.Keys(from)), " ")
		}
		if answer.Operation == arp.OperationReply && bytes.Equal(frame.Destination, unusedMAC) {
			from[answer.SenderHardwareAddr.String()] = true
		}
	}
}
