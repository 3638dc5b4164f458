package main

import (
	"fmt"
	"log"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"gopkg.in/yaml.v3"
)

// Statuses of a service check.
const (
	statusOK = iota
	statusWarning
	statusCritical
	statusUnknown
)

// serviceCheck is an element of the payload of POST /api/v1/check_run.
type serviceCheck struct {
	Check     string   `json:"check"`
	Host      string   `json:"host_name"`
	Timestamp int64    `json:"timestamp"`
	Status    int      `json:"status"`
	Message   string   `json:"message"`
	Tags      []string `json:"tags"`
}

// gauge is a value of a metric.
type gauge struct {
	metric    string
	timestamp int64
	value     float64
	tags      []string
}

// results are what one run of a check reports.
type results struct {
	now    time.Time
	checks []serviceCheck
	gauges []gauge
}

// maxMessage is the API's limit of a message, in characters.
const maxMessage = 500

// service reports the status of a service check. The API stores no message with the status OK.
func (r *results) service(name string, status int, tags []string, message string) {
	if status == statusOK {
		message = ""
	}
	text := []rune(message)
	check := serviceCheck{Check: name, Timestamp: r.now.Unix(), Status: status, Tags: slices.Clone(tags)}
	check.Message = string(text[:min(len(text), maxMessage)])
	r.checks = append(r.checks, check)
}

func (r *results) gauge(metric string, value float64, tags []string) {
	r.gauges = append(r.gauges, gauge{metric, r.now.Unix(), value, slices.Clone(tags)})
}

// check is an instance of one of the vendor's checks.
type check interface {
	// prepare sets defaults. It returns an error if an option is missing or not implemented by this stand-in.
	prepare(s settings) error
	run(r *results)
}

// implemented contains the vendor's checks that this stand-in implements, by the names of their folders in conf.d.
var implemented = map[string]func() check{
	"http_check": func() check { return &httpCheck{} },
	"tls":        func() check { return &tlsCheck{} },
	"dns_check":  func() check { return &dnsCheck{} },
	"directory":  func() check { return &directoryCheck{} },
}

// defaultInterval is the vendor's default of min_collection_interval, in seconds.
const defaultInterval = 15

// instance is a check that runs at an interval.
type instance struct {
	integration, name string
	interval          time.Duration
	check             check
	runs              atomic.Int64
	state             *state
}

// common are options of every check. Each check reads its own options from the rest.
type common struct {
	Name     string  `yaml:"name"`
	Interval float64 `yaml:"min_collection_interval"`
}

// configure creates the instances of a conf.yaml.
func configure(integration string, c conf) ([]*instance, error) {
	if len(c.Instances) == 0 {
		return nil, nil
	}
	make, known := implemented[integration]
	if !known {
		return nil, fmt.Errorf("this stand-in does not implement the check %s", integration)
	}
	if len(c.InitConfig) > 0 {
		return nil, fmt.Errorf("this stand-in does not implement options of init_config")
	}
	var instances []*instance
	for index, options := range c.Instances {
		text, err := yaml.Marshal(options)
		if err != nil {
			return nil, err
		}
		shared := common{Interval: defaultInterval}
		if err := yaml.Unmarshal(text, &shared); err != nil {
			return nil, fmt.Errorf("instance %d: %w", index, err)
		}
		delete(options, "min_collection_interval")
		if text, err = yaml.Marshal(options); err != nil {
			return nil, err
		}
		one := &instance{integration: integration, name: shared.Name, check: make(), state: newState("OK")}
		one.interval = time.Duration(shared.Interval * float64(time.Second))
		if err := decodeStrictly(text, one.check); err != nil {
			return nil, fmt.Errorf("instance %d: %w", index, err)
		}
		instances = append(instances, one)
	}
	return instances, nil
}

// startChecks runs each instance at its interval.
func (a *agent) startChecks() {
	out := newForwarder(a.settings)
	go out.run()
	for _, one := range a.checks {
		if err := one.check.prepare(a.settings); err != nil {
			one.state.set("ERROR")
			log.Printf("ERROR | check %s, instance %s: %v", one.integration, one.name, err)
			continue
		}
		go one.schedule(out)
		log.Printf("INFO | check %s, instance %s: every %s", one.integration, one.name, one.interval)
	}
}

func (i *instance) schedule(out *forwarder) {
	ticker := time.NewTicker(i.interval)
	defer ticker.Stop()
	for {
		r := &results{now: time.Now()}
		i.check.run(r)
		i.runs.Add(1)
		out.take(r)
		<-ticker.C
	}
}

// normalized returns a tag's value in the form that http_check writes.
func normalized(value string) string {
	text := strings.Map(func(c rune) rune {
		if strings.ContainsRune(",+*-/()[]{} \t\n", c) {
			return '_'
		}
		return c
	}, value)
	for strings.Contains(text, "__") {
		text = strings.ReplaceAll(text, "__", "_")
	}
	return strings.Trim(text, "_")
}
