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

// hosts are looked at from outside, past the network: through the kernel that they share with this machine.
type hosts struct {
	config Config
	// pids are the process ids of the load balancers' first processes, which change with each start.
	pids atomic.Pointer[map[string]int]
}

// holders tells on which load balancers the virtual IP is an address.
func (h *hosts) holders(ctx context.Context) {
	local := []byte("-- " + h.config.VirtualIP.String() + "\n")
	seen := changes{}
	every(ctx, 5*time.Millisecond, func() {
		for name, pid := range *h.pids.Load() {
			state := "no"
			if routes, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/fib_trie", pid)); err == nil && bytes.Contains(routes, local) {
				state = "yes"
			}
			seen.tell(event{Kind: "holder", Subject: name, State: state})
		}
	})
}

// servers tells what each HAProxy thinks of each API server; where it does not answer, `?` of those that it has named before.
func (h *hosts) servers(ctx context.Context) {
	states := map[string]map[string]string{}
	seen := changes{}
	every(ctx, 100*time.Millisecond, func() {
		for name, pid := range *h.pids.Load() {
			if now := h.states(fmt.Sprintf("/proc/%d/root%s", pid, h.config.StatsSocket)); len(now) > 0 {
				states[name] = now
			} else {
				for server := range states[name] {
					states[name][server] = "?"
				}
			}
			for server, state := range states[name] {
				seen.tell(event{Kind: "server", Subject: name, What: server, State: state})
			}
		}
	})
}

// states asks a stats socket; none where nobody answers.
func (h *hosts) states(socket string) map[string]string {
	connection, err := net.DialTimeout("unix", socket, 50*time.Millisecond)
	if err != nil {
		return nil
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(50 * time.Millisecond))
	// where this fails, nothing can be read either
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

// A MAC address that nobody has, so that no cache learns from the answers.
var nobody = net.HardwareAddr{0x02, 0x6b, 0x63, 0x64, 0x72, 0x6c}

// answers asks by ARP who has the virtual IP, and tells whenever others answer than before.
func (h *hosts) answers(ctx context.Context) {
	client, err := arpClient(h.config.Bridge)
	// it asks for nobody (RFC 5227), so that no cache is changed by the question either
	question, invalid := arp.NewPacket(
		arp.OperationRequest, nobody, netip.IPv4Unspecified(), make(net.HardwareAddr, 6), h.config.VirtualIP)
	if err := errors.Join(err, invalid); err != nil {
		tell(event{Kind: "arp", Error: err.Error()})
		return
	}
	defer client.Close()
	seen := changes{}
	every(ctx, 50*time.Millisecond, func() {
		asked := time.Now()
		if client.WriteTo(question, ethernet.Broadcast) == nil {
			state := answersUntil(client, asked.Add(25*time.Millisecond))
			seen.tell(event{Kind: "arp", At: stamp(asked), State: state})
		}
	})
}

// arpClient hears all ARP on an interface, also what is meant for nobody.
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

// answersUntil gathers the MAC addresses that answer, in order.
func answersUntil(client *arp.Client, end time.Time) string {
	_ = client.SetReadDeadline(end)
	from := map[string]bool{}
	for {
		answer, frame, err := client.Read()
		if err != nil {
			return strings.Join(slices.Sorted(maps.Keys(from)), " ")
		}
		if answer.Operation == arp.OperationReply && bytes.Equal(frame.Destination, nobody) {
			from[answer.SenderHardwareAddr.String()] = true
		}
	}
}
