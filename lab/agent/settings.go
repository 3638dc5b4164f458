package main

import (
	"fmt"
	"log"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// settings is what the environment says, by the vendor's names and defaults.
type settings struct {
	apiKey           string
	site             string
	validateURL      string
	logsEnabled      bool
	collectAll       bool
	compressionLevel int
	compress         bool
	batchWait        time.Duration
	intake           endpoint
	containerExclude []string
	hostname         string
	tags             []string
	proxies          proxies
	confd            string
	copyFrom         string
	socket           string
}

type endpoint struct {
	host string
	port int
	tls  bool
}

func (e endpoint) url() string {
	scheme := "http"
	if e.tls {
		scheme = "https"
	}
	return fmt.Sprintf("%s://%s:%d/api/v2/logs", scheme, e.host, e.port)
}

func settingsFromEnvironment() (settings, error) {
	s := settings{
		apiKey:           strings.TrimSpace(os.Getenv("DD_API_KEY")),
		site:             text("DD_SITE", "datadoghq.com"),
		logsEnabled:      truth("DD_LOGS_ENABLED", truth("DD_LOG_ENABLED", false)),
		collectAll:       truth("DD_LOGS_CONFIG_CONTAINER_COLLECT_ALL", false),
		compressionLevel: whole("DD_LOGS_CONFIG_COMPRESSION_LEVEL", 6),
		compress:         truth("DD_LOGS_CONFIG_USE_COMPRESSION", true),
		batchWait:        time.Duration(whole("DD_LOGS_CONFIG_BATCH_WAIT", 5)) * time.Second,
		hostname:         os.Getenv("DD_HOSTNAME"),
		tags:             strings.FieldsFunc(os.Getenv("DD_TAGS"), func(r rune) bool { return r == ' ' || r == ',' }),
		// not settings of the vendor's: a test runs the agent outside an image
		confd:    text("LAB_AGENT_CONFD", "/etc/datadog-agent/conf.d"),
		copyFrom: text("LAB_AGENT_COPY_FROM", "/conf.d"),
		socket:   socketPath(),
	}
	s.containerExclude = strings.Fields(os.Getenv("DD_CONTAINER_EXCLUDE") + " " + os.Getenv("DD_AC_EXCLUDE"))
	s.validateURL = strings.TrimSuffix(text("DD_DD_URL", text("DD_URL", "https://api."+s.site)), "/") + "/api/v1/validate"
	if truth("DD_LOGS_CONFIG_FORCE_USE_TCP", false) {
		return s, fmt.Errorf("DD_LOGS_CONFIG_FORCE_USE_TCP is not served by this stand-in: it sends over HTTP only")
	}
	var err error
	if s.proxies, err = proxiesFromEnvironment(); err != nil {
		return s, err
	}
	s.intake, err = intakeEndpoint(s.site, os.Getenv("DD_LOGS_CONFIG_LOGS_DD_URL"), truth("DD_LOGS_CONFIG_LOGS_NO_SSL", false))
	return s, err
}

func socketPath() string { return text("LAB_AGENT_SOCKET", "/run/datadog-agent.sock") }

// intakeEndpoint: an override is HOST:PORT or a URL, as the vendor's agent reads it.
func intakeEndpoint(site, override string, noTLS bool) (endpoint, error) {
	if override == "" {
		return endpoint{"agent-http-intake.logs." + site, 443, true}, nil
	}
	if !strings.Contains(override, "://") {
		scheme := "https://"
		if noTLS {
			scheme = "http://"
		}
		override = scheme + override
	}
	u, err := url.Parse(override)
	if err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return endpoint{}, fmt.Errorf("could not parse %s: not HOST:PORT or a URL", override)
	}
	e := endpoint{u.Hostname(), 443, u.Scheme == "https"}
	if !e.tls {
		e.port = 80
	}
	if u.Port() != "" {
		e.port, err = strconv.Atoi(u.Port())
	}
	return e, err
}

func text(name, fallback string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return fallback
}

func truth(name string, fallback bool) bool {
	value := os.Getenv(name)
	if value == "" {
		return fallback
	}
	parsed, err := strconv.ParseBool(strings.ToLower(value))
	if err != nil {
		log.Printf("WARN | %s is not a boolean: %q", name, value)
		return fallback
	}
	return parsed
}

func whole(name string, fallback int) int {
	value := os.Getenv(name)
	if value == "" {
		return fallback
	}
	parsed, err := strconv.Atoi(value)
	if err != nil {
		log.Printf("WARN | %s is not a whole number: %q", name, value)
		return fallback
	}
	return parsed
}
