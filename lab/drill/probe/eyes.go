package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"sort"
	"strings"
	"sync"
	"syscall"
	"time"
)

// eyes look at the hosts from outside, past the network: through the kernel that they share with this machine.
type eyes struct {
	config Config
	lock   sync.Mutex
	pids   map[string]int
}

func newEyes(config Config) *eyes { return &eyes{config: config, pids: config.LoadBalancers} }

// follow takes the process ids of hosts that were started anew.
func (e *eyes) follow(pids map[string]int) {
	e.lock.Lock()
	defer e.lock.Unlock()
	merged := map[string]int{}
	for name, pid := range e.pids {
		merged[name] = pid
	}
	for name, pid := range pids {
		merged[name] = pid
	}
	e.pids = merged
}

func (e *eyes) hosts() map[string]int {
	e.lock.Lock()
	defer e.lock.Unlock()
	return e.pids
}

// holders tells on which load balancers the virtual IP is an address.
func (e *eyes) holders(ctx context.Context, out *output) {
	local := []byte("-- " + e.config.VirtualIP + "\n")
	last := map[string]string{}
	every(ctx, 5, func() {
		for name, pid := range e.hosts() {
			state := "no"
			if routes, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/fib_trie", pid)); err == nil && bytes.Contains(routes, local) {
				state = "yes"
			}
			if last[name] != state {
				last[name] = state
				out.tell(event{Kind: "holder", At: now(), Subject: name, State: state})
			}
		}
	})
}

// servers tells what each HAProxy thinks of each API server.
func (e *eyes) servers(ctx context.Context, out *output) {
	last := map[string]string{}
	every(ctx, 100, func() {
		for name, pid := range e.hosts() {
			states := e.states(fmt.Sprintf("/proc/%d/root%s", pid, e.config.StatsSocket))
			if states == nil {
				for key := range last {
					if lb, server, _ := strings.Cut(key, " "); lb == name && last[key] != "?" {
						last[key] = "?"
						out.tell(event{Kind: "server", At: now(), Subject: name, What: server, State: "?"})
					}
				}
			}
			for server, state := range states {
				if key := name + " " + server; last[key] != state {
					last[key] = state
					out.tell(event{Kind: "server", At: now(), Subject: name, What: server, State: state})
				}
			}
		}
	})
}

// states asks a stats socket; nil where nobody answers.
func (e *eyes) states(socket string) map[string]string {
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
		if len(fields) > 32 && fields[0] == e.config.Backend && fields[32] == "2" {
			states[fields[1]] = fields[17]
		}
	}
	if len(states) == 0 {
		return nil
	}
	return states
}

// A MAC address that nobody has, so that no cache learns from the answers.
var nobody = [6]byte{0x02, 0x6b, 0x63, 0x64, 0x72, 0x6c}

// answers asks by ARP who has the virtual IP, and tells whenever others answer than before.
func (e *eyes) answers(ctx context.Context, out *output) {
	bridge, err := net.InterfaceByName(e.config.Bridge)
	if err != nil {
		out.tell(event{Kind: "arp", At: now(), Error: err.Error()})
		return
	}
	socket, err := packetSocket(bridge.Index)
	if err != nil {
		out.tell(event{Kind: "arp", At: now(), Error: err.Error()})
		return
	}
	defer syscall.Close(socket)
	question := arpRequest(net.ParseIP(e.config.VirtualIP).To4())
	to := &syscall.SockaddrLinklayer{Ifindex: bridge.Index, Halen: 6, Addr: [8]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}}
	last := "?"
	every(ctx, 50, func() {
		asked := now()
		if syscall.Sendto(socket, question, 0, to) != nil {
			return
		}
		if state := answersWithin(socket, 25*time.Millisecond); state != last {
			last = state
			out.tell(event{Kind: "arp", At: asked, State: state})
		}
	})
}

// answersWithin gathers the MAC addresses that answer, in order.
func answersWithin(socket int, wait time.Duration) string {
	end := time.Now().Add(wait)
	from := map[string]bool{}
	frame := make([]byte, 128)
	for {
		left := time.Until(end)
		if left <= 0 {
			break
		}
		timeout := syscall.NsecToTimeval(left.Nanoseconds())
		if syscall.SetsockoptTimeval(socket, syscall.SOL_SOCKET, syscall.SO_RCVTIMEO, &timeout) != nil {
			break
		}
		n, _, err := syscall.Recvfrom(socket, frame, 0)
		if err == syscall.EINTR {
			continue
		}
		if err != nil {
			break
		}
		if n >= 42 && bytes.Equal(frame[:6], nobody[:]) && frame[21] == 2 {
			from[net.HardwareAddr(frame[22:28]).String()] = true
		}
	}
	macs := make([]string, 0, len(from))
	for mac := range from {
		macs = append(macs, mac)
	}
	sort.Strings(macs)
	return strings.Join(macs, " ")
}

const (
	ethernetARP = 0x0806
	solPacket   = 263
	addMember   = 1
	promiscuous = 1
)

// packetSocket hears all ARP on an interface, also what is meant for nobody.
func packetSocket(index int) (int, error) {
	socket, err := syscall.Socket(syscall.AF_PACKET, syscall.SOCK_RAW|syscall.SOCK_CLOEXEC, int(swapped(ethernetARP)))
	if err != nil {
		return 0, err
	}
	member := make([]byte, 16)
	for i := range 4 {
		member[i] = byte(index >> (8 * i))
	}
	member[4] = promiscuous
	if err := syscall.SetsockoptString(socket, solPacket, addMember, string(member)); err != nil {
		return 0, err
	}
	return socket, syscall.Bind(socket, &syscall.SockaddrLinklayer{Ifindex: index, Protocol: swapped(ethernetARP)})
}

func swapped(n uint16) uint16 { return n<<8 | n>>8 }

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
