package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"gopkg.in/yaml.v3"
)

// source is one entry of a conf.yaml's `logs:`.
type source struct {
	Integration string     `yaml:"-"`
	Type        string     `yaml:"type"`
	Port        int        `yaml:"port"`
	BindHost    string     `yaml:"bind_host"`
	Path        string     `yaml:"path"`
	Service     string     `yaml:"service"`
	Source      string     `yaml:"source"`
	Tags        stringList `yaml:"tags"`
	state       *sourceState
}

// stringList: a YAML list, or one text split at commas.
type stringList []string

func (l *stringList) UnmarshalYAML(node *yaml.Node) error {
	var one string
	if node.Kind == yaml.ScalarNode && node.Decode(&one) == nil {
		*l = strings.Split(one, ",")
		return nil
	}
	return node.Decode((*[]string)(l))
}

func (s source) validate() error {
	switch s.Type {
	case "":
		return errors.New("a config must have a type")
	case "tcp", "udp":
		if s.Port == 0 {
			return fmt.Errorf("%s source must have a port", s.Type)
		}
		return nil
	default:
		return fmt.Errorf("A %s source is not served by this stand-in", s.Type)
	}
}

// configError is a file that could not be read, as `agent status` lists it.
type configError struct{ Name, Message string }

// copyCustomFiles does what the image does at its start: every YAML file under /conf.d goes to /etc/datadog-agent/conf.d.
func copyCustomFiles(from, to string) error {
	return filepath.WalkDir(from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		if entry.IsDir() || filepath.Ext(path) != ".yaml" {
			return nil
		}
		relative, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		target := filepath.Join(to, relative)
		fmt.Printf("'%s' -> '%s'\n", path, target)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		return os.WriteFile(target, data, 0o644)
	})
}

// readConfd collects the log sources of conf.d/NAME.d/*.yaml and conf.d/NAME.yaml. What is wrong with a file's YAML is a
// config error of the status; what is wrong with its `logs:` is a warning of the log only, as with the vendor's agent.
func readConfd(folder string, warn func(string)) ([]source, []configError) {
	var sources []source
	var failures []configError
	files, _ := filepath.Glob(filepath.Join(folder, "*.yaml"))
	nested, _ := filepath.Glob(filepath.Join(folder, "*.d", "*.yaml"))
	files = append(files, nested...)
	sort.Strings(files)
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		if parent := filepath.Base(filepath.Dir(file)); strings.HasSuffix(parent, ".d") && filepath.Dir(file) != filepath.Clean(folder) {
			name = strings.TrimSuffix(parent, ".d")
		}
		data, err := os.ReadFile(file)
		if err != nil {
			failures = append(failures, configError{name, err.Error()})
			continue
		}
		found, err := parseConf(data)
		var inLogs *logsError
		if errors.As(err, &inLogs) {
			warn(fmt.Sprintf("Invalid configuration: could not decode YAML logs config: %v", err))
		} else if err != nil {
			failures = append(failures, configError{name, err.Error()})
		}
		for _, s := range found {
			s.Integration = name
			s.state = &sourceState{}
			sources = append(sources, s)
		}
	}
	return sources, failures
}

type logsError struct{ cause error }

func (e *logsError) Error() string { return e.cause.Error() }

func parseConf(data []byte) ([]source, error) {
	var file struct {
		Logs      yaml.Node `yaml:"logs"`
		Instances yaml.Node `yaml:"instances"`
	}
	if err := yaml.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	if file.Logs.IsZero() {
		if file.Instances.IsZero() {
			return nil, errors.New("Configuration file contains no valid instances")
		}
		return nil, nil
	}
	var sources []source
	if err := file.Logs.Decode(&sources); err != nil {
		return nil, &logsError{err}
	}
	return sources, nil
}
