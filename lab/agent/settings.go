package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// settings come from the environment, with the vendor's names and defaults. The stand-in implements the variables that the program's
// component DatadogAgent sets, and refuses any other DD_ variable.
type settings struct {
	apiKey           string
	validateURL      string
	submitURL        string
	intake           *url.URL
	compressionLevel int
	batchWait        time.Duration
	exclude          *regexp.Regexp
	hostname         string
	tags             []string
	proxies          proxies
}

// onlyOn are switches that must be true: this stand-in does not implement false.
var onlyOn = []string{"DD_LOGS_ENABLED", "DD_LOGS_CONFIG_CONTAINER_COLLECT_ALL", "DD_LOGS_CONFIG_USE_HTTP"}

// readSettings reads an environment in the format of os.Environ.
func readSettings(environment []string) (settings, error) {
	given := map[string]string{}
	for _, variable := range environment {
		name, value, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "DD_") {
			given[name] = value
		}
	}
	take := func(name string) string {
		defer delete(given, name)
		return given[name]
	}
	for _, name := range onlyOn {
		if value := take(name); value != "true" {
			return settings{}, fmt.Errorf("%s is %q: this stand-in implements only true", name, value)
		}
	}
	s := settings{
		apiKey:    strings.TrimSpace(take("DD_API_KEY")),
		batchWait: 5 * time.Second,
		hostname:  take("DD_HOSTNAME"),
		tags:      strings.Fields(take("DD_TAGS")),
	}
	if s.apiKey == "" || s.hostname == "" {
		return s, errors.New("DD_API_KEY or DD_HOSTNAME is not set: this stand-in needs both")
	}
	site := cmp.Or(take("DD_SITE"), "datadoghq.com")
	ddURL := strings.TrimSuffix(take("DD_DD_URL"), "/")
	s.validateURL = cmp.Or(ddURL, "https://api."+site) + "/api/v1/validate"
	s.submitURL = cmp.Or(ddURL, "https://app."+site)
	const exclude = "DD_CONTAINER_EXCLUDE"
	name, known := strings.CutPrefix(cmp.Or(take(exclude), "name:^$"), "name:")
	if !known {
		return s, fmt.Errorf("%s is not name:REGEX, the only filter that this stand-in implements", exclude)
	}
	var errs [5]error
	s.exclude, errs[0] = regexp.Compile(name)
	s.compressionLevel, errs[1] = strconv.Atoi(cmp.Or(take("DD_LOGS_CONFIG_COMPRESSION_LEVEL"), "6"))
	const intake = "DD_LOGS_CONFIG_LOGS_DD_URL"
	s.intake, errs[2] = parseURL(intake, cmp.Or(take(intake), "https://agent-http-intake.logs."+site))
	s.proxies.http, errs[3] = parseURL("DD_PROXY_HTTP", take("DD_PROXY_HTTP"))
	s.proxies.https, errs[4] = parseURL("DD_PROXY_HTTPS", take("DD_PROXY_HTTPS"))
	s.proxies.noProxy = strings.Fields(take("DD_PROXY_NO_PROXY"))
	if len(given) > 0 {
		return s, fmt.Errorf("this stand-in does not implement: %s", strings.Join(slices.Sorted(maps.Keys(given)), ", "))
	}
	return s, errors.Join(errs[:]...)
}

// parseURL returns nil for an empty text.
func parseURL(name, text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || !slices.Contains([]string{"http", "https"}, u.Scheme) {
		return nil, fmt.Errorf("%s is not an http:// or https:// URL: %q", name, text)
	}
	return u, nil
}

// fixed paths of the vendor's image, and the socket between the subcommands and the running agent
const (
	mountedConfd = "/conf.d"
	confd        = "/etc/datadog-agent/conf.d"
	socket       = "/run/datadog-agent.sock"
)
