// Command probe is what a drill sees the endpoint with: clients that open connections, keep one, watch and write, all the
// time; and eyes on who holds the virtual IP, who answers for it, and what each HAProxy thinks of its servers.
//
// Its configuration is the first line on standard input, in JSON; each further line gives new process ids of the load
// balancers' hosts; it ends when standard input does. What it sees goes to standard output, one JSON object a line, times in
// milliseconds since 1970.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"sync"
	"time"
)

// Config says what to probe. Times are milliseconds.
type Config struct {
	// FQDN and Port of the endpoint; NameServer (host:port) resolves it, and an answer is good for TTL milliseconds.
	FQDN       string
	Port       int
	NameServer string
	TTL        int
	// PEM: the cluster's CA, and an administrator's certificate and key.
	CA, Certificate, Key string
	Namespace            string
	// Run is part of the names of what is written.
	Run string
	// Every how many milliseconds a connection, a request and a write begin.
	ConnectEvery, RequestEvery, WriteEvery int
	// Watches is how many watches are held open, each on a connection of its own.
	Watches int
	// VirtualIP, and the Bridge of this machine on which the hosts are.
	VirtualIP, Bridge string
	// Port's backend in HAProxy, and the path of the stats socket on each load balancer.
	Backend, StatsSocket string
	// LoadBalancers maps names to the process ids of their first processes.
	LoadBalancers map[string]int
}

func main() {
	input := bufio.NewScanner(os.Stdin)
	input.Buffer(nil, 1<<20)
	if !input.Scan() {
		fail("no configuration on standard input")
	}
	var config Config
	if err := json.Unmarshal(input.Bytes(), &config); err != nil {
		fail("the configuration cannot be read: " + err.Error())
	}
	out := newOutput()
	ctx, stop := context.WithCancel(context.Background())
	client, err := newClient(config)
	if err != nil {
		fail(err.Error())
	}
	eyes := newEyes(config)
	var lanes sync.WaitGroup
	for _, lane := range []func(context.Context, *output){
		client.resolve, client.connect, client.request, client.write, client.leases,
		eyes.holders, eyes.servers, eyes.answers,
	} {
		lanes.Go(func() { lane(ctx, out) })
	}
	for id := range config.Watches {
		lanes.Go(func() { client.watch(ctx, out, id) })
	}
	for input.Scan() {
		var pids map[string]int
		if json.Unmarshal(input.Bytes(), &pids) == nil {
			eyes.follow(pids)
		}
	}
	stop()
	lanes.Wait()
	out.close()
}

func fail(text string) {
	fmt.Fprintln(os.Stderr, "probe: "+text)
	os.Exit(1)
}

// event is one thing seen; which fields are set depends on its kind.
type event struct {
	Kind string  `json:"kind"`
	At   float64 `json:"at"`
	// Took is how long it took, in milliseconds.
	Took  float64 `json:"took,omitempty"`
	Error string  `json:"error,omitempty"`
	// Subject: a watch's number, a load balancer, a node.
	Subject string `json:"subject,omitempty"`
	// What: of a watch `open`, `event` or `end`; of a server its name; of a lookup the address.
	What string `json:"what,omitempty"`
	// State: a server's status, the MAC addresses that answer, whether an address is held.
	State string `json:"state,omitempty"`
	// Number of a write; of a watch's event, that of the write that it tells of.
	Number int `json:"number,omitempty"`
	// Tries that a write took. Twice: it had been done already when it was tried again.
	Tries int  `json:"tries,omitempty"`
	Twice bool `json:"twice,omitempty"`
	// Renewed is when a lease was renewed, by its holder's clock.
	Renewed float64 `json:"renewed,omitempty"`
}

func now() float64 { return stamp(time.Now()) }

func stamp(t time.Time) float64 { return float64(t.UnixMicro()) / 1000 }

// since gives a start and the milliseconds from it.
func since(start time.Time) (float64, float64) {
	return stamp(start), float64(time.Since(start).Microseconds()) / 1000
}

type output struct {
	lock   sync.Mutex
	buffer *bufio.Writer
	ticker *time.Ticker
}

func newOutput() *output {
	out := &output{buffer: bufio.NewWriterSize(os.Stdout, 1<<16), ticker: time.NewTicker(100 * time.Millisecond)}
	go func() {
		for range out.ticker.C {
			out.lock.Lock()
			out.buffer.Flush()
			out.lock.Unlock()
		}
	}()
	return out
}

func (o *output) tell(e event) {
	line, _ := json.Marshal(e)
	o.lock.Lock()
	defer o.lock.Unlock()
	o.buffer.Write(line)
	o.buffer.WriteByte('\n')
}

func (o *output) close() {
	o.ticker.Stop()
	o.lock.Lock()
	defer o.lock.Unlock()
	o.buffer.Flush()
}

// every calls work at a steady pace until the context ends; what falls due while it works is left out, but for one call.
func every(ctx context.Context, milliseconds int, work func()) {
	ticker := time.NewTicker(time.Duration(milliseconds) * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			work()
		}
	}
}
