// Command probe observes the endpoint during a drill: clients open connections, keep one, watch and write, all the time; and
// it looks at who holds the virtual IP, who answers for it, and what each HAProxy thinks of its servers.
//
// Its configuration is the first line on standard input, in JSON; each further line gives new process ids of the load
// balancers' hosts; it ends when standard input does. What it sees goes to standard output, one JSON object a line, times in
// milliseconds since 1970.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/netip"
	"os"
	"sync"
	"time"
)

// Config says what to probe.
type Config struct {
	// FQDN and Port of the endpoint; NameServer (host:port) resolves it.
	FQDN       string
	Port       int
	NameServer string
	// PEM: the cluster's CA, and an administrator's certificate and key; in JSON, in base64.
	CA, Certificate, Key []byte
	Namespace            string
	// Run is part of the names of what is written.
	Run       string
	VirtualIP netip.Addr
	// Bridge of this machine on which the hosts are.
	Bridge string
	// Port's backend in HAProxy, and the path of the stats socket on each load balancer.
	Backend, StatsSocket string
	// LoadBalancers maps names to the process ids of their first processes.
	LoadBalancers map[string]int
}

// How many watches are held open, each on a connection of its own.
const watches = 6

func main() {
	log.SetFlags(0)
	log.SetPrefix("probe: ")
	input := json.NewDecoder(os.Stdin)
	var config Config
	if err := input.Decode(&config); err != nil {
		log.Fatalf("the configuration on standard input cannot be read: %v", err)
	}
	client, err := newClient(config)
	if err != nil {
		log.Fatal(err)
	}
	hosts := &hosts{config: config}
	hosts.pids.Store(&config.LoadBalancers)
	ctx, stop := context.WithCancel(context.Background())
	client.lookUp()
	var observers sync.WaitGroup
	observers.Go(func() { each(ctx, time.Second, client.lookUp) })
	for _, observe := range []func(context.Context){
		client.connect, client.request, client.write, client.leases,
		hosts.holders, hosts.servers, hosts.answers,
	} {
		observers.Go(func() { observe(ctx) })
	}
	for id := range watches {
		observers.Go(func() { client.watch(ctx, id) })
	}
	for {
		var pids map[string]int
		if input.Decode(&pids) != nil {
			break
		}
		hosts.pids.Store(&pids)
	}
	stop()
	observers.Wait()
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

// output writes whole lines: several goroutines use it.
var output = log.New(os.Stdout, "", 0)

// tell gives an event out; where it has no time yet, it is now.
func tell(e event) {
	if e.At == 0 {
		e.At = stamp(time.Now())
	}
	line, _ := json.Marshal(e)
	output.Printf("%s", line)
}

// changes gives out the events of one observer that differ, apart from their time, from the last one of the same thing.
type changes map[string]event

func (c changes) tell(e event) {
	key, now := e.Subject+" "+e.What, e
	now.At = 0
	if c[key] != now {
		c[key] = now
		tell(e)
	}
}

func stamp(t time.Time) float64 { return float64(t.UnixMicro()) / 1000 }

// tellEnd gives out what began at a time and has ended now.
func tellEnd(e event, start time.Time, err error) {
	e.At, e.Took, e.Error = stamp(start), float64(time.Since(start).Microseconds())/1000, brief(err)
	tell(e)
}

// every calls work at a steady pace until the context ends; what falls due while it works is left out, but for one call.
func every(ctx context.Context, pace time.Duration, work func()) {
	ticker := time.NewTicker(pace)
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

// each starts work at a steady pace, whether the last one has ended or not; in the end it waits for those under way.
func each(ctx context.Context, pace time.Duration, work func()) {
	var underWay sync.WaitGroup
	every(ctx, pace, func() { underWay.Go(work) })
	underWay.Wait()
}
