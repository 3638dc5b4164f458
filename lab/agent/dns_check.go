package main

import (
	"cmp"
	"context"
	"errors"
	"net"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

// dnsCheck is an instance of dns_check: its options, with the vendor's names and defaults.
type dnsCheck struct {
	Name       string   `yaml:"name"`
	Hostname   string   `yaml:"hostname"`
	Nameserver string   `yaml:"nameserver"`
	Port       string   `yaml:"nameserver_port"`
	RecordType string   `yaml:"record_type"`
	ResolvesAs string   `yaml:"resolves_as"`
	Timeout    float64  `yaml:"timeout"`
	Tags       []string `yaml:"tags"`

	tags []string
}

func (c *dnsCheck) prepare(settings) error {
	c.RecordType = cmp.Or(c.RecordType, "A")
	switch {
	case c.Hostname == "":
		return errors.New("A valid \"hostname\" must be specified")
	case c.RecordType != "A":
		return errors.New("this stand-in implements only record_type: A")
	}
	c.Timeout = cmp.Or(c.Timeout, 5)
	c.Port = cmp.Or(c.Port, "53")
	c.Nameserver = cmp.Or(c.Nameserver, firstNameserver("/etc/resolv.conf"))
	if c.Nameserver == "" {
		return errors.New("No DNS server was found on this host.")
	}
	c.tags = append(slices.Clone(c.Tags), "nameserver:"+c.Nameserver, "resolved_hostname:"+c.Hostname,
		"instance:"+cmp.Or(c.Name, c.Hostname), "record_type:"+c.RecordType)
	if c.ResolvesAs != "" {
		c.tags = append(c.tags, "resolved_as:"+c.ResolvesAs)
	}
	return nil
}

func firstNameserver(file string) string {
	text, _ := os.ReadFile(file)
	if found := regexp.MustCompile(`(?m)^nameserver\s+(\S+)`).FindSubmatch(text); found != nil {
		return string(found[1])
	}
	return ""
}

// run reports dns.can_resolve and the metric dns.response_time.
func (c *dnsCheck) run(r *results) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Duration(c.Timeout*float64(time.Second)))
	defer cancel()
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, net.JoinHostPort(c.Nameserver, c.Port))
	}
	begin := time.Now()
	// the dot at the end disables the search domains
	found, err := (&net.Resolver{PreferGo: true, Dial: dial}).LookupIP(ctx, "ip4", strings.TrimSuffix(c.Hostname, ".")+".")
	took := time.Since(begin)
	var failure *net.DNSError
	switch {
	case ctx.Err() != nil || errors.As(err, &failure) && failure.IsTimeout:
		r.service("dns.can_resolve", statusCritical, c.tags, "DNS resolution of "+c.Hostname+" timed out")
	case err != nil || !c.isExpected(found):
		r.service("dns.can_resolve", statusCritical, c.tags, "DNS resolution of "+c.Hostname+" has failed")
	default:
		r.gauge("dns.response_time", took.Seconds(), c.tags)
		r.service("dns.can_resolve", statusOK, c.tags, "")
	}
}

// isExpected compares an answer with resolves_as, a list of addresses in any order.
func (c *dnsCheck) isExpected(found []net.IP) bool {
	if c.ResolvesAs == "" {
		return true
	}
	wanted := strings.Split(c.ResolvesAs, ",")
	for _, text := range wanted {
		address := net.ParseIP(strings.TrimSpace(text))
		if !slices.ContainsFunc(found, func(ip net.IP) bool { return ip.Equal(address) }) {
			return false
		}
	}
	return len(found) == len(wanted)
}
