package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"log"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
)

// maxDatagram is the vendor's frame size in bytes. Longer datagrams are cut.
const maxDatagram = 9000

// maxLine is in bytes. A longer line ends the stream.
const maxLine = 900 * 1000

// state is a text in the status, which several goroutines use.
type state struct{ text atomic.Pointer[string] }

func newState(text string) *state {
	s := &state{}
	s.set(text)
	return s
}

func (s *state) set(text string) { s.text.Store(&text) }

func (s *state) get() string { return *s.text.Load() }

// listen starts the listener of a source. It passes each line to take.
func listen(s source, take func(source, string)) {
	address := fmt.Sprintf("0.0.0.0:%d", s.Port)
	var err error
	for _, text := range s.AllowedIPs {
		if _, wrong := networkOf(text); wrong != nil {
			err = fmt.Errorf("allowed_ips: %w", wrong)
		}
	}
	switch {
	case err != nil:
	case s.Port == 0:
		err = fmt.Errorf("a %s source must have a port", s.Type)
	case s.Type == "udp":
		err = listenUDP(address, s, take)
	case s.Type == "tcp":
		err = listenTCP(address, s, take)
	default:
		err = fmt.Errorf("this stand-in does not implement a source of type %q", s.Type)
	}
	if err != nil {
		s.state.set("Error: " + err.Error())
		return
	}
	s.state.set("OK")
}

// allows reports whether a source accepts a sender. Without AllowedIPs, it accepts every sender.
func (s source) allows(sender net.Addr) bool {
	from, err := netip.ParseAddrPort(sender.String())
	return len(s.AllowedIPs) == 0 || err == nil && slices.ContainsFunc(s.AllowedIPs, func(text string) bool {
		network, err := networkOf(text)
		return err == nil && network.Contains(from.Addr().Unmap())
	})
}

// networkOf parses an address, or a network in CIDR notation.
func networkOf(text string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(text); err == nil {
		return netip.PrefixFrom(address, address.BitLen()), nil
	}
	return netip.ParsePrefix(text)
}

func listenUDP(address string, s source, take func(source, string)) error {
	connection, err := net.ListenPacket("udp", address)
	if err != nil {
		return err
	}
	go func() {
		buffer := make([]byte, maxDatagram)
		for {
			size, sender, err := connection.ReadFrom(buffer)
			if err != nil {
				s.state.set("Error: " + err.Error())
				return
			}
			// drop others without a message, as the vendor's agent does
			if s.allows(sender) {
				takeLines(bytes.NewReader(buffer[:size]), s, take)
			}
		}
	}()
	return nil
}

func listenTCP(address string, s source, take func(source, string)) error {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return err
	}
	go func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				s.state.set("Error: " + err.Error())
				return
			}
			go func() {
				defer connection.Close()
				if s.allows(connection.RemoteAddr()) {
					takeLines(connection, s, take)
				}
			}()
		}
	}()
	return nil
}

// takeLines passes each line of a stream to take, except blank ones, until the stream ends.
func takeLines(stream io.Reader, s source, take func(source, string)) {
	lines := bufio.NewScanner(stream)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		line := strings.TrimRight(lines.Text(), "\r\x00")
		if strings.TrimSpace(line) != "" {
			take(s, line)
		}
	}
	if err := lines.Err(); err != nil {
		log.Printf("WARN | %s: %v", s.Service, err)
	}
}
