package main

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"
)

// maxDatagram is the vendor's frame size: what is beyond it is cut.
const maxDatagram = 9000

// maxLine of a TCP connection, in bytes; longer ones are cut.
const maxLine = 900 * 1000

type sourceState struct {
	mutex sync.Mutex
	text  string
}

func (s *sourceState) set(text string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.text = text
}

// get: what the status shows.
func (s *sourceState) get() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.text == "" {
		return "Pending"
	}
	return s.text
}

// listen serves one source: each line that arrives is handed on.
func listen(s source, take func(source, string)) {
	if err := s.validate(); err != nil {
		s.state.set("Error: " + err.Error())
		return
	}
	host := s.BindHost
	if host == "" {
		host = "0.0.0.0"
	}
	address := net.JoinHostPort(host, fmt.Sprint(s.Port))
	var err error
	if s.Type == "udp" {
		err = listenUDP(address, s, take)
	} else {
		err = listenTCP(address, s, take)
	}
	if err != nil {
		s.state.set("Error: " + err.Error())
		return
	}
	s.state.set("OK")
}

func listenUDP(address string, s source, take func(source, string)) error {
	connection, err := net.ListenPacket("udp", address)
	if err != nil {
		return err
	}
	go func() {
		buffer := make([]byte, maxDatagram)
		for {
			size, _, err := connection.ReadFrom(buffer)
			if err != nil {
				s.state.set("Error: " + err.Error())
				return
			}
			for _, line := range strings.Split(string(buffer[:size]), "\n") {
				takeLine(s, line, take)
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
			go readLines(connection, s, take)
		}
	}()
	return nil
}

func readLines(connection net.Conn, s source, take func(source, string)) {
	defer connection.Close()
	reader := bufio.NewReaderSize(connection, 64*1024)
	var line []byte
	for {
		// the vendor's idle_timeout; a client that is silent for so long is gone
		_ = connection.SetReadDeadline(time.Now().Add(time.Hour))
		part, prefix, err := reader.ReadLine()
		if len(line) < maxLine {
			line = append(line, part...)
		}
		if err != nil || !prefix {
			takeLine(s, string(line), take)
			line = line[:0]
		}
		if err != nil {
			return
		}
	}
}

func takeLine(s source, line string, take func(source, string)) {
	line = strings.TrimRight(line, "\r\x00")
	if strings.TrimSpace(line) != "" {
		take(s, line)
	}
}
