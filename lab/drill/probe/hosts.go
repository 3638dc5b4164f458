package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// hosts are looked at from outside, past the network: through the kernel that they share with this machine.
type hosts struct {
	config Config
	// pids are the process ids of the load balancers' first processes, which change with each start.
	pids atomic.Pointer[map[string]int]
}

// holders tells on which load balancers the virtual IP is an address.
func (h *hosts) holders(ctx context.Context) {
	local := []byte("-- " + h.config.VirtualIP + "\n")
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
	if _, err := fmt.Fprintf(connection, "show stat\n"); err != nil {
		return nil
	}
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
var nobody = [6]byte{0x02, 0x6b, 0x63, 0x64, 0x72, 0x6c}

// answers asks by ARP who has the virtual IP, and tells whenever others answer than before.
func (h *hosts) answers(ctx context.Context) {
	socket, err := arpSocket(h.config.Bridge)
	if err != nil {
		tell(event{Kind: "arp", Error: err.Error()})
		return
	}
	defer socket.Close()
	question := arpRequest(net.ParseIP(h.config.VirtualIP).To4())
	seen := changes{}
	every(ctx, 50*time.Millisecond, func() {
		asked := time.Now()
		if _, err := socket.Write(question); err == nil {
			state := answersUntil(socket, asked.Add(25*time.Millisecond))
			seen.tell(event{Kind: "arp", At: stamp(asked), State: state})
		}
	})
}

// answersUntil gathers the MAC addresses that answer, in order.
func answersUntil(socket *os.File, end time.Time) string {
	_ = socket.SetReadDeadline(end)
	from := map[string]bool{}
	frame := make([]byte, 128)
	for {
		n, err := socket.Read(frame)
		if err != nil {
			return strings.Join(slices.Sorted(maps.Keys(from)), " ")
		}
		if n >= 42 && bytes.Equal(frame[:6], nobody[:]) && frame[21] == 2 {
			from[net.HardwareAddr(frame[22:28]).String()] = true
		}
	}
}

const (
	ethernetARP = 0x0806
	solPacket   = 263
	addMember   = 1
	promiscuous = 1
)

// arpSocket hears all ARP on an interface, also what is meant for nobody.
func arpSocket(name string) (*os.File, error) {
	network, err := net.InterfaceByName(name)
	if err != nil {
		return nil, err
	}
	protocol := uint16(ethernetARP&0xff<<8 | ethernetARP>>8)
	// non-blocking, so that reading from it can have a deadline
	kind := syscall.SOCK_RAW | syscall.SOCK_CLOEXEC | syscall.SOCK_NONBLOCK
	socket, err := syscall.Socket(syscall.AF_PACKET, kind, int(protocol))
	if err != nil {
		return nil, err
	}
	member := make([]byte, 16)
	binary.LittleEndian.PutUint32(member, uint32(network.Index))
	member[4] = promiscuous
	if err := syscall.SetsockoptString(socket, solPacket, addMember, string(member)); err != nil {
		return nil, err
	}
	address := &syscall.SockaddrLinklayer{Ifindex: network.Index, Protocol: protocol}
	return os.NewFile(uintptr(socket), name), syscall.Bind(socket, address)
}

// arpRequest asks who has an address, for nobody (RFC 5227): no cache is changed by the question either.
func arpRequest(address net.IP) []byte {
	frame := make([]byte, 42)
	copy(frame, []byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	copy(frame[6:], nobody[:])
	copy(frame[12:], []byte{ethernetARP >> 8, ethernetARP & 0xff, 0, 1, 8, 0, 6, 4, 0, 1})
	copy(frame[22:], nobody[:])
	copy(frame[38:], address)
	return frame
}
