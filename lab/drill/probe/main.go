// Command probe observes the endpoint during a drill. Its clients open connections, use a persistent one, watch and write all the
// time. Its observers read which host holds the virtual IP, which hosts answer for it, and the servers' states in each HAProxy.
//
// The first line on standard input is its configuration in JSON. Each further line has new process ids of the load balancers'
// hosts. It ends at the end of standard input. It writes events to standard output, one JSON object a line, with times in
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

// Config is the probe's configuration.
type Config struct {
	// FQDN and Port of the endpoint. NameServer (host:port) resolves the name.
	FQDN       string
	Port       int
	NameServer string
	// The cluster's CA, and an administrator's certificate and key: PEM, which is base64 in the JSON.
	CA, Certificate, Key []byte
	Namespace            string
	// Run is the prefix of the ConfigMaps' names.
	Run       string
	VirtualIP netip.Addr
	// Bridge is the lab's bridge on this machine.
	Bridge string
	// Backend is HAProxy's backend for Port. StatsSocket is a path on each load balancer.
	Backend, StatsSocket string
	// LoadBalancers maps names to the process ids of their first processes.
	LoadBalancers map[string]int
}

// The number of watches, each on its own connection.
const watches = 6

func main() {
	log.SetFlags(0)
	log.SetPrefix("probe: ")
	input := json.NewDecoder(os.Stdin)
	var config Config
	if err := input.Decode(&config); err != nil {
		log.Fatalf("cannot read the configuration on standard input: %v", err)
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
	observers.Go(func() { startEvery(ctx, time.Second, client.lookUp) })
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

// event is one observation. Its kind determines which fields are set.
type event struct {
	Kind string  `json:"kind"`
	At   float64 `json:"at"`
	// Took is the duration in milliseconds.
	Took  float64 `json:"took,omitempty"`
	Error string  `json:"error,omitempty"`
	// Subject is a watch's number, a load balancer or a node.
	Subject string `json:"subject,omitempty"`
	// What is `open`, `event` or `end` for a watch, the name of a server, or the address of a lookup.
	What string `json:"what,omitempty"`
	// State is a server's status, the MAC addresses that answer, or whether a host holds the address.
	State string `json:"state,omitempty"`
	// Number of a write; for an event of a watch, the number of the write that it reports.
	Number int `json:"number,omitempty"`
	// Tries of a write. Twice: it had succeeded before a retry.
	Tries int  `json:"tries,omitempty"`
	Twice bool `json:"twice,omitempty"`
	// Renewed is the time of a lease's renewal, by its holder's clock.
	Renewed float64 `json:"renewed,omitempty"`
}

// output writes complete lines, because several goroutines use it.
var output = log.New(os.Stdout, "", 0)

// emit writes an event. Without a time, it gets the current one.
func emit(e event) {
	if e.At == 0 {
		e.At = stamp(time.Now())
	}
	line, _ := json.Marshal(e)
	output.Printf("%s", line)
}

// changes emits an event only if it differs, except in its time, from the last one with the same subject and what.
type changes map[string]event

func (c changes) emit(e event) {
	key, now := e.Subject+" "+e.What, e
	now.At = 0
	if c[key] != now {
		c[key] = now
		emit(e)
	}
}

func stamp(t time.Time) float64 { return float64(t.UnixMicro()) / 1000 }

// emitAttempt emits an attempt that began at start and has ended now.
func emitAttempt(e event, start time.Time, err error) {
	e.At, e.Took, e.Error = stamp(start), float64(time.Since(start).Microseconds())/1000, shortError(err)
	emit(e)
}

// callEvery calls work at a fixed interval until the context ends. Ticks during a call are dropped, except one.
func callEvery(ctx context.Context, interval time.Duration, work func()) {
	ticker := time.NewTicker(interval)
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

// startEvery starts work at a fixed interval, also while earlier calls still run. At the end, it waits for all of them.
func startEvery(ctx context.Context, interval time.Duration, work func()) {
	var running sync.WaitGroup
	callEvery(ctx, interval, func() { running.Go(work) })
	running.Wait()
}
