package main

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"time"
)

// tlsCheck is an instance of the check tls: its options, with the vendor's names and defaults.
type tlsCheck struct {
	Name             string   `yaml:"name"`
	LocalCertPath    string   `yaml:"local_cert_path"`
	Server           string   `yaml:"server"`
	Port             int      `yaml:"port"`
	ServerHostname   string   `yaml:"server_hostname"`
	Timeout          float64  `yaml:"timeout"`
	TLSVerify        *bool    `yaml:"tls_verify"`
	ValidateHostname *bool    `yaml:"tls_validate_hostname"`
	DaysWarning      float64  `yaml:"days_warning"`
	DaysCritical     float64  `yaml:"days_critical"`
	Tags             []string `yaml:"tags"`
}

func (c *tlsCheck) prepare(settings) error {
	if c.LocalCertPath != "" {
		if c.ValidateHostname == nil || *c.ValidateHostname {
			return errors.New("this stand-in implements local_cert_path only with tls_validate_hostname: false")
		}
	} else if c.Server == "" {
		return errors.New("You must specify `server` in your configuration file.")
	} else if c.TLSVerify == nil || *c.TLSVerify {
		return errors.New("this stand-in implements only tls_verify: false")
	}
	for _, option := range []struct {
		value    *float64
		fallback float64
	}{{&c.Timeout, 10}, {&c.DaysWarning, 14}, {&c.DaysCritical, 7}} {
		if *option.value == 0 {
			*option.value = option.fallback
		}
	}
	if c.Port == 0 {
		c.Port = 443
	}
	if c.ServerHostname == "" {
		c.ServerHostname = c.Server
	}
	return nil
}

// run reports tls.can_connect, tls.version, tls.cert_validation, tls.cert_expiration, and the metrics tls.*_left.
func (c *tlsCheck) run(r *results) {
	tags := slices.Clone(c.Tags)
	if c.Name != "" {
		tags = append(tags, "name:"+c.Name)
	}
	if c.LocalCertPath != "" {
		c.runLocal(r, tags)
		return
	}
	tags = append(tags, "server_hostname:"+c.ServerHostname, "server:"+c.Server, "port:"+strconv.Itoa(c.Port))
	timeout := time.Duration(c.Timeout * float64(time.Second))
	connection, err := net.DialTimeout("tcp", net.JoinHostPort(c.Server, strconv.Itoa(c.Port)), timeout)
	if err != nil {
		r.service("tls.can_connect", statusCritical, tags, err.Error())
		return
	}
	defer connection.Close()
	r.service("tls.can_connect", statusOK, tags, "")
	_ = connection.SetDeadline(time.Now().Add(timeout))
	secure := tls.Client(connection, &tls.Config{ServerName: c.ServerHostname, InsecureSkipVerify: true, MinVersion: tls.VersionTLS10})
	if err := secure.Handshake(); err != nil {
		r.service("tls.cert_validation", statusCritical, tags, err.Error())
		return
	}
	state := secure.ConnectionState()
	// the vendor's default of allowed_versions
	if state.Version >= tls.VersionTLS12 {
		r.service("tls.version", statusOK, tags, "")
	} else {
		r.service("tls.version", statusCritical, tags, "Disallowed protocol version: "+tls.VersionName(state.Version))
	}
	certificate := state.PeerCertificates[0]
	validate := c.ValidateHostname == nil || *c.ValidateHostname
	if validate && certificate.VerifyHostname(c.ServerHostname) != nil {
		what := "hostname"
		if net.ParseIP(c.ServerHostname) != nil {
			what = "IP address"
		}
		message := fmt.Sprintf("The %s on the certificate does not match the given host", what)
		r.service("tls.cert_validation", statusCritical, tags, message)
	} else {
		r.service("tls.cert_validation", statusOK, tags, "")
	}
	c.reportAge(r, tags, certificate.NotAfter.Sub(r.now))
}

// runLocal reads a file. Like the vendor's check, it opens the file at each run, and reports no age if that fails.
func (c *tlsCheck) runLocal(r *results, tags []string) {
	text, err := os.ReadFile(c.LocalCertPath)
	if err != nil {
		r.service("tls.cert_validation", statusCritical, tags, "Unable to open the certificate: "+err.Error())
		return
	}
	block, _ := pem.Decode(text)
	if block == nil {
		r.service("tls.cert_validation", statusCritical, tags, "Unable to parse the certificate: no PEM")
		return
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		r.service("tls.cert_validation", statusCritical, tags, "Unable to parse the certificate: "+err.Error())
		return
	}
	r.service("tls.cert_validation", statusOK, tags, "")
	c.reportAge(r, tags, certificate.NotAfter.Sub(r.now))
}

func (c *tlsCheck) reportAge(r *results, tags []string, left time.Duration) {
	days := left.Hours() / 24
	r.gauge("tls.days_left", days, tags)
	r.gauge("tls.seconds_left", left.Seconds(), tags)
	status, message := statusOK, ""
	switch {
	case left <= 0:
		status, message = statusCritical, "Certificate has expired"
	case days < c.DaysCritical:
		status, message = statusCritical, fmt.Sprintf("Certificate will expire in only %v days", days)
	case days < c.DaysWarning:
		status, message = statusWarning, fmt.Sprintf("Certificate will expire in %v days", days)
	}
	r.service("tls.cert_expiration", status, tags, message)
}
